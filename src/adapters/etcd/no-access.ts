import type { EtcdError, EtcdErrorCode, EtcdPort, EtcdResult } from '../../core/ports/etcd.ts';
import { withoutSecrets } from '../../core/secrets.ts';

/** A port where there is no way to the ring: every call answers `code` with the words given. */
export function createNoAccess(why: string, code: EtcdErrorCode = 'not-available'): EtcdPort {
  return createFailedAccess({ code, message: why });
}

/** A port over a way that did not come about: every call answers that error. */
export function createFailedAccess(failure: EtcdError): EtcdPort {
  const error = { ...failure, message: withoutSecrets(failure.message) };
  const none = async (): Promise<EtcdResult<never>> => await Promise.resolve({ ok: false, error });
  return {
    members: none,
    status: none,
    alarms: none,
    disarm: none,
    compact: none,
    defragment: none,
    snapshot: none,
    moveLeader: none,
    addMember: none,
    removeMember: none,
    promote: none,
    hash: none,
    range: none,
    put: none,
    deleteKey: none,
    defragInflight: none,
    startedAt: none,
    peers: none,
    fsyncP99Ms: none,
    certificateEnd: none,
    quota: none,
    freeDisk: none,
    close: async () => await Promise.resolve(),
  };
}
