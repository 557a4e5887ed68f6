import { z } from 'zod';
import { StateReport } from '../../src/core/state-report.ts';
import { defineStep, type StepAnswer, type StepContext } from '../../src/core/step.ts';
import { reportOn } from './list-step.ts';
import { Found, readBackup, unread } from './read-backup.ts';

const Input = z.strictObject({
  backups: z.array(z.strictObject({ id: z.string().min(1), bytes: z.int().min(0) })).min(1),
});
type Input = z.infer<typeof Input>;
const State = z.strictObject({ found: z.array(Found) });
type State = z.infer<typeof State>;
const Output = z.object({ report: StateReport });
type Output = z.infer<typeof Output>;
type Context = StepContext<'backups'>;

const GIB = 1024 ** 3;
/** What was found is stored with the run after so long at the latest, or after one backup that takes longer, ms. */
const TURN_MS = 60_000;

/** Reads every file of every backup from its beginning to its end, some backups a turn, and stores what it found. */
export const readFilesStep = defineStep({
  kind: 'backups.read@1',
  input: Input,
  state: State,
  output: Output,
  needs: ['backups'],
  risk: 'read',
  effect: 'reads the store, keeps there what it finds',
  timeoutMs: ({ backups }) => 30 * 60_000 + backups.reduce((sum, { bytes }) => sum + msFor(bytes), 0),
  retry: { attempts: 3, backoffMs: 5000 },
  describe: ({ backups }) =>
    `Read every file of ${backups.length === 1 ? '1 backup' : `${backups.length} backups`} to its end and compare it with its manifest`,
  items: ({ backups }) => backups.map(({ id }) => id),
  initial: () => ({ found: [] }),
  check: async () => await Promise.resolve({ kind: 'go' }),
  run: async (context, input, { found }): Promise<StepAnswer<State, Output>> => {
    const left = input.backups.slice(found.length).map(({ id }) => id);
    if (left.length === 0) return await ending(context, found);
    const now = await readSome(context, left, found.length, input.backups.length);
    const note = now.map(({ id, words }) => `${id}: ${words}.`).join(' ');
    return { kind: 'again', afterMs: 0, state: { found: [...found, ...now] }, note };
  },
  verify: async (_context, _input, output) =>
    await Promise.resolve({ kind: 'done', output, note: output.report.summary }),
});

/** How long reading so much may take, with the smallest files: 10 min for each GiB and 1 min for each backup, ms. */
function msFor(bytes: number): number {
  return 60_000 + Math.ceil((bytes / GIB) * 600_000);
}

/** As many as fit into a turn, of one list: whoever goes on after a crash begins with the first that is not known. */
async function readSome(
  context: Context,
  ids: readonly string[],
  done: number,
  all: number,
): Promise<readonly Found[]> {
  const listed = await context.ports.backups.list({ signal: context.signal });
  if (!listed.ok) return ids.slice(0, 1).map((id) => unread(id, listed.error));
  const found: Found[] = [];
  const endMs = context.nowMs() + TURN_MS;
  for (const id of ids) {
    await context.progress(`Reading ${id}, ${done + found.length + 1} of ${all}.`);
    const manifest = listed.value.find((each) => each.id === id)?.manifest ?? null;
    found.push(
      manifest === null
        ? { id, result: 'unread', words: 'it is not in the store any more, or has no manifest' }
        : await readBackup(context, manifest, context.signal),
    );
    context.signal.throwIfAborted();
    if (context.nowMs() >= endMs) break;
  }
  return found;
}

async function ending(context: Context, found: readonly Found[]): Promise<StepAnswer<State, Output>> {
  const wordsOf = (result: Found['result']): readonly string[] =>
    found.filter((each) => each.result === result).map(({ id, words }) => `${id}: ${words}.`);
  const [damaged, left] = [wordsOf('damaged'), wordsOf('unread')];
  if (damaged.length > 0) return { kind: 'stop', reason: 'backup-damaged', note: [...damaged, ...left].join(' ') };
  if (left.length > 0) return { kind: 'stop', reason: 'backups-unavailable', note: left.join(' ') };
  const listed = await context.ports.backups.list({ signal: context.signal });
  if (!listed.ok) return { kind: 'stop', reason: 'backups-unavailable', note: `${listed.error.message}.` };
  const report = reportOn(context, listed.value, new Set(found.map(({ id }) => id)));
  const summary = `Every file of ${found.length === 1 ? 'it' : `${found.length} backups`} was read and is as its manifest says. ${report.summary}`;
  const opened = context.ports.backups.facts?.snapshot.canOpen === false ? [UNOPENED] : [];
  return {
    kind: 'done',
    output: { report: { ...report, summary, notes: [...opened, ...report.notes] } },
    note: summary,
  };
}

const UNOPENED =
  'This worker has no key that opens encrypted files, so those were compared as they are stored, and not opened.';
