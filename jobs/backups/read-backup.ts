import { z } from 'zod';
import type { BackupManifest } from '../../src/core/backup/manifest.ts';
import type { DrillRecord } from '../../src/core/backup/records.ts';
import type { VaultError } from '../../src/core/ports/backup-vault.ts';
import type { StepContext } from '../../src/core/step.ts';
import { saysDamaged, wasRemoved } from '../steps/read-backups.ts';

/** What reading one backup to its end found; `words` without a period. */
export const Found = z.strictObject({
  id: z.string(),
  result: z.enum(['whole', 'damaged', 'unread']),
  words: z.string(),
});
export type Found = z.infer<typeof Found>;

/** Reads every file of a backup, compares it with its manifest, and stores beside it what was found. Of one that was removed meanwhile nothing is. */
export async function readBackup(
  context: StepContext<'backups'>,
  manifest: BackupManifest,
  signal: AbortSignal,
): Promise<Found> {
  const { backups } = context.ports;
  const { id } = manifest;
  const checked = await backups.check(manifest, { signal });
  if (!checked.ok && !saysDamaged(checked.error)) return unread(id, checked.error);
  if (!checked.ok && (await wasRemoved(context, id)))
    return { id, result: 'unread', words: 'it was removed while it was read' };
  const words = checked.ok ? 'every file was read to its end and is as the manifest says' : checked.error.message;
  const result = checked.ok ? 'whole' : 'damaged';
  const found: DrillRecord = {
    version: 1,
    at: context.nowIso(),
    run: context.runId,
    how: 'read',
    result: checked.ok ? 'passed' : 'failed',
    found: words,
  };
  const stored = await backups.recordDrill(id, found, { signal: context.signal });
  return { id, result, words: stored.ok ? words : `${words}; that could not be stored: ${stored.error.message}` };
}

/** One that could not be read. */
export function unread(id: string, { message }: Pick<VaultError, 'message'>): Found {
  return { id, result: 'unread', words: `it could not be read: ${message}` };
}
