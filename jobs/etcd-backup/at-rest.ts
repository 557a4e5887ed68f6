import { atRestOf, recalledEncryption } from '../../src/core/backup/encryption-state.ts';
import type { BackupBody } from '../../src/core/backup/manifest.ts';
import type { StepContext } from '../../src/core/step.ts';
import type { PlatformReading } from './read-platform.ts';

/** What the manifest says of encryption by the API server, and what cannot be told of it, as sentences. */
export interface AtRest {
  readonly atRest: BackupBody['encryptionAtRest'];
  readonly notes: readonly string[];
}

/** Reads it beside what earlier backups were taken with, as the plan does: the types are what is asked for, and values may still be of others. */
export async function readAtRest(context: StepContext<'backups'>, { encryption }: PlatformReading): Promise<AtRest> {
  const { ports, signal } = context;
  const atRest = encryption === null ? 'none' : atRestOf(encryption);
  if (encryption === null || typeof atRest === 'string') return { atRest, notes: [] };
  const listed = await ports.backups.list({ signal });
  const earlier = listed.ok ? listed.value.flatMap(({ manifest }) => (manifest === null ? [] : [manifest])) : [];
  const recalled = recalledEncryption(encryption, earlier, context.nowMs());
  const why = recalled.kind === 'unknown' ? recalled.why : null;
  const untold = listed.ok ? why : `earlier backups could not be listed: ${listed.error.message}`;
  if (untold === null) return { atRest, notes: [] };
  return {
    atRest: { types: atRest.types, rewritten: 'unknown' },
    notes: [`Warning: it cannot be told whether all values are encrypted with ${atRest.types.join(', ')}: ${untold}.`],
  };
}
