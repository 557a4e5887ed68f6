import type { HostPort, HostResult } from '../core/ports/hosts.ts';

/** A port where there is no access to hosts: every call answers `not-configured` with the words given. */
export function createNoHosts(why: string): HostPort {
  return {
    facts: null,
    run: async (): Promise<HostResult<never>> =>
      await Promise.resolve({ ok: false, error: { code: 'not-configured', message: why } }),
    close: async () => await Promise.resolve(),
  };
}
