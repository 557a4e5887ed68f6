import { z } from 'zod';
import { formatBytes } from '../bytes.ts';

const MIB = 1024 ** 2;

/** Size of a member's database file and how much of it is in use, bytes. */
export const DbSize = z.object({ size: z.number().int().min(0), inUse: z.number().int().min(0) });
export type DbSize = z.infer<typeof DbSize>;

/** What the call itself answered: success, a definite refusal, or nothing that can be relied on. */
export type CallAnswer = 'ok' | 'refused' | 'unknown';

/** What was seen of a defragmentation. `done`: its effect is there; `not-done`: it is not. */
export interface DefragOutcome {
  readonly result: 'done' | 'not-done';
  readonly text: string;
}

/**
 * Judges a defragmentation by the file before and after, not by what the call returned. A database file shrinks in no
 * other way, so a smaller file is proof; a file that has nothing left to free is as asked, whoever did it.
 */
export function judgeDefrag(before: DbSize, after: DbSize, answer: CallAnswer): DefragOutcome {
  const sizes = `${formatBytes(before.size)} before, ${formatBytes(after.size)} after`;
  if (clearlyFell(before, after)) return { result: 'done', text: sizes };
  // Without a trusted answer a small file is no proof: only one with nothing to free at all is as asked.
  const slack = answer === 'ok' ? MIB : MIB / 16;
  if (answer !== 'refused' && isCompact(after, slack))
    return { result: 'done', text: `${sizes}: nothing was left to free` };
  return { result: 'not-done', text: `the file did not shrink: ${sizes}, ${formatBytes(after.inUse)} in use` };
}

/** Whether a file is about as small as its content allows: a tenth and `slackBytes` (default 1 MiB) may be free. */
export function isCompact(size: DbSize, slackBytes: number = MIB): boolean {
  return size.size <= size.inUse * 1.1 + slackBytes;
}

/** Whether a file is so much smaller that only a defragmentation can have done it. */
export function clearlyFell(before: DbSize, after: DbSize): boolean {
  return after.size < before.size * 0.95 && before.size - after.size >= Math.min(MIB, before.size * 0.1);
}
