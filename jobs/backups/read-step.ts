import { z } from 'zod';
import type { DrillRecord } from '../../src/core/backup/records.ts';
import type { VaultError } from '../../src/core/ports/backup-vault.ts';
import { StateReport } from '../../src/core/state-report.ts';
import { defineStep, type StepAnswer, type StepContext } from '../../src/core/step.ts';
import { saysDamaged } from '../steps/read-backups.ts';
import { reportOn } from './list-step.ts';

const Input = z.strictObject({
  backups: z.array(z.strictObject({ id: z.string().min(1), bytes: z.int().min(0) })).min(1),
});
type Input = z.infer<typeof Input>;
const Found = z.strictObject({ id: z.string(), result: z.enum(['whole', 'damaged', 'unread']), words: z.string() });
type Found = z.infer<typeof Found>;
const State = z.strictObject({ found: z.array(Found) });
type State = z.infer<typeof State>;
const Output = z.object({ report: StateReport });
type Output = z.infer<typeof Output>;
type Context = StepContext<'backups'>;

const GIB = 1024 ** 3;

/** Reads every file of every backup from its beginning to its end, one backup a turn, and stores what it found. */
export const readFilesStep = defineStep({
  kind: 'backups.read@1',
  input: Input,
  state: State,
  output: Output,
  needs: ['backups'],
  risk: 'read',
  timeoutMs: ({ backups }) => 30 * 60_000 + backups.reduce((sum, { bytes }) => sum + msFor(bytes), 0),
  retry: { attempts: 3, backoffMs: 5000 },
  describe: ({ backups }) =>
    `Read every file of ${backups.length === 1 ? '1 backup' : `${backups.length} backups`} to its end and compare it with its manifest`,
  items: ({ backups }) => backups.map(({ id }) => id),
  initial: () => ({ found: [] }),
  check: async () => await Promise.resolve({ kind: 'go' }),
  run: async (context, input, { found }): Promise<StepAnswer<State, Output>> => {
    const next = input.backups[found.length];
    if (next === undefined) return await ending(context, found);
    await context.progress(`Reading ${next.id}, ${found.length + 1} of ${input.backups.length}.`);
    const now = await readOne(context, next.id);
    return { kind: 'again', afterMs: 0, state: { found: [...found, now] }, note: `${now.id}: ${now.words}.` };
  },
  verify: async (_context, _input, output) =>
    await Promise.resolve({ kind: 'done', output, note: output.report.summary }),
});

/** How long reading so much may take, with the smallest files: 10 min for each GiB and 1 min for each backup, ms. */
function msFor(bytes: number): number {
  return 60_000 + Math.ceil((bytes / GIB) * 600_000);
}

async function readOne(context: Context, id: string): Promise<Found> {
  const { backups } = context.ports;
  const call = { signal: context.signal };
  const listed = await backups.list(call);
  if (!listed.ok) return unread(id, listed.error);
  const manifest = listed.value.find((each) => each.id === id)?.manifest ?? null;
  if (manifest === null) return { id, result: 'unread', words: 'it is not in the store any more, or has no manifest' };
  const checked = await backups.check(manifest, call);
  if (!checked.ok && !saysDamaged(checked.error)) return unread(id, checked.error);
  const words = checked.ok ? 'every file was read to its end and is as the manifest says' : checked.error.message;
  const record: DrillRecord = {
    version: 1,
    at: context.nowIso(),
    run: context.runId,
    how: 'read',
    result: checked.ok ? 'passed' : 'failed',
    found: words,
  };
  const stored = await backups.recordDrill(id, record, call);
  const told = stored.ok ? words : `${words}; that could not be stored: ${stored.error.message}`;
  return { id, result: checked.ok ? 'whole' : 'damaged', words: told };
}

function unread(id: string, { message }: VaultError): Found {
  return { id, result: 'unread', words: `it could not be read: ${message}` };
}

async function ending(context: Context, found: readonly Found[]): Promise<StepAnswer<State, Output>> {
  const wordsOf = (result: Found['result']): readonly string[] =>
    found.filter((each) => each.result === result).map(({ id, words }) => `${id}: ${words}.`);
  const [damaged, left] = [wordsOf('damaged'), wordsOf('unread')];
  if (damaged.length > 0) return { kind: 'stop', reason: 'backup-damaged', note: [...damaged, ...left].join(' ') };
  if (left.length > 0) return { kind: 'stop', reason: 'backups-unavailable', note: left.join(' ') };
  const listed = await context.ports.backups.list({ signal: context.signal });
  if (!listed.ok) return { kind: 'stop', reason: 'backups-unavailable', note: `${listed.error.message}.` };
  const report = reportOn(context, listed.value);
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
