import type { EtcdPort, EtcdResult } from '../../core/ports/etcd.ts';

/** A port where there is no way to the ring: every call answers `not-available` with the words given. */
export function createNoAccess(why: string): EtcdPort {
  const none = async (): Promise<EtcdResult<never>> =>
    await Promise.resolve({ ok: false, error: { code: 'not-available', message: why } });
  return {
    members: none,
    status: none,
    alarms: none,
    disarm: none,
    compact: none,
    defragment: none,
    moveLeader: none,
    promote: none,
    hash: none,
    range: none,
    put: none,
    deleteKey: none,
    defragInflight: none,
    quota: none,
    freeDisk: none,
    close: async () => await Promise.resolve(),
  };
}
