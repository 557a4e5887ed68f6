import { DrillFailed } from './failed.ts';
import type { Ended } from './tethered.ts';
import { lastWords } from './words.ts';

/** As shells tell that a signal ended a program: 128 and its number. */
const SIGNALLED = 128;
const KILLED = 137;
/** What an operating system says of itself, and Go of it. */
const FULL = /no space left on device|disk quota exceeded/i;
const SHORT =
  /cannot allocate memory|out of memory|too many open files|failed to create new OS thread|resource temporarily unavailable|input\/output error|read-only file system|permission denied|operation not permitted|address already in use|SIG(?:BUS|TERM|INT|HUP|QUIT|XCPU)\b|signal: ?terminated|received signal/i;

/** How a program ended by the doing of this worker, which says nothing of the backup; `null`: nothing shows that. `who`: begins a sentence. */
export function workersTrouble(
  { code, stderr }: Ended,
  { who, when, folder }: { readonly who: string; readonly when: string; readonly folder: string },
): DrillFailed | null {
  if (FULL.test(stderr)) return new DrillFailed('no-room', `The disk of this worker became full while ${when}`);
  if (code === KILLED)
    return new DrillFailed('failed', `${who} was killed, by whom cannot be told; it may have had too little memory`);
  if (code === 126 || code === 127)
    return new DrillFailed('failed', `${who} does not run: ${lastWords(stderr, folder)}`);
  if (code > SIGNALLED) return new DrillFailed('failed', `${who} was ended by signal ${code - SIGNALLED}`);
  return SHORT.test(stderr)
    ? new DrillFailed('failed', `${who} ended for want of something on this worker: ${lastWords(stderr, folder)}`)
    : null;
}
