import type { DrillPort, DrillResult } from '../../core/ports/drill.ts';

/** A drill port that has no programs: every call answers `no-program` with the words given. */
export function createNoDrill(why: string): DrillPort {
  const none = async (): Promise<DrillResult<never>> =>
    await Promise.resolve({ ok: false, error: { code: 'no-program', message: why } });
  return { programsFor: none, restore: none };
}
