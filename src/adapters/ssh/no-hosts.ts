import type { HostPort } from '../../core/ports/hosts.ts';

/** A port where no access to hosts is configured: every call answers `not-configured` with the words given. */
export function createNoHosts(why: string): HostPort {
  return {
    facts: null,
    run: async () => await Promise.resolve({ ok: false, error: { code: 'not-configured', message: why } }),
    close: async () => await Promise.resolve(),
  };
}
