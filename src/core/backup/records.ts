import { z } from 'zod';

const At = z.iso.datetime();
const Person = z.string().min(1);

/** Beside a manifest: nobody may remove this backup until the hold is gone. */
export const BackupHold = z.strictObject({ version: z.literal(1), at: At, by: Person, why: z.string() });
export type BackupHold = z.infer<typeof BackupHold>;

/** Beside a manifest: retention found it superfluous at that time. It is removed a day later, if it still is. */
export const BackupMark = z.strictObject({ version: z.literal(1), at: At, why: z.string() });
export type BackupMark = z.infer<typeof BackupMark>;

/**
 * What one drill found, or (`read`) a reading of its files from beginning to end, which proves less. `passed`: restored, opened, counted, and all as the manifest says. `failed`: the backup is not what it should be. `aborted`: the
 * drill could not be carried to its end, which says nothing of the backup.
 */
export const DrillRecord = z.strictObject({
  version: z.literal(1),
  at: At,
  run: z.string().min(1),
  how: z.enum(['drill', 'read']).default('drill'),
  result: z.enum(['passed', 'failed', 'aborted']),
  /** What was found, in words. */
  found: z.string(),
});
export type DrillRecord = z.infer<typeof DrillRecord>;
