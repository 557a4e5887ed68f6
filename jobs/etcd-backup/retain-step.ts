import { z } from 'zod';
import type { CataloguedBackup } from '../../src/core/backup/catalogue.ts';
import type { BackupManifest } from '../../src/core/backup/manifest.ts';
import { type RetentionVerdict, retain, SETTLING_MS } from '../../src/core/backup/retention.ts';
import type { VaultResult } from '../../src/core/ports/backup-vault.ts';
import { StateReport } from '../../src/core/state-report.ts';
import { defineStep, type StepAnswer, type StepContext } from '../../src/core/step.ts';
import { spanAsSet } from '../../src/core/time.ts';
import { outputOf, PublishOutput, RetainInput, TakeOutput } from './input.ts';
import { backupReport, type RetentionDone } from './report.ts';

/** `removing`: what is being removed, stored before the first is, so that whoever goes on can name all of them. `null`: not decided yet. */
const RetainState = z.object({ removing: z.array(z.string()).nullable() });
type RetainState = z.infer<typeof RetainState>;
const RetainOutput = z.object({ report: StateReport });
type RetainOutput = z.infer<typeof RetainOutput>;
type RetainContext = StepContext<'etcd' | 'backups'>;
type RetainAnswer = StepAnswer<RetainState, RetainOutput>;

/** Marks what is superfluous, removes what has been so for a day, and reports the backup. */
export const retainStep = defineStep({
  kind: 'backup.retain@1',
  input: RetainInput,
  state: RetainState,
  output: RetainOutput,
  needs: ['etcd', 'backups'],
  risk: 'read',
  effect: 'changes the store only',
  timeoutMs: () => 3_600_000,
  retry: { attempts: 3, backoffMs: 5000 },
  describe: (input) => `Retention: ${limitWords(input)}`,
  items: () => [],
  initial: () => ({ removing: null }),
  check: async () => await Promise.resolve({ kind: 'go' }),
  run: async (context, input, { removing }) => {
    const { published } = outputOf(context.outputs, PublishOutput, 'a backup');
    const listed = await context.ports.backups.list({ signal: context.signal });
    context.signal.throwIfAborted();
    // The backup is there and good, whatever becomes of older ones.
    if (!listed.ok) {
      const begun = removing === null ? '' : `; begun to be removed: ${removing.join(', ')}`;
      const why = `The store could not be listed, so it was not gone on with${begun}: ${listed.error.message}`;
      return await reported(context, published, { ...NOTHING_DONE, failed: [why] });
    }
    const verdicts = retain(listed.value, published.id, input, context.nowMs());
    const due = verdicts.filter(({ does }) => does === 'remove').map(({ id }) => id);
    const frozen = await context.frozen();
    if (removing === null && due.length > 0 && !frozen) {
      const note = `Removing what is superfluous since a day: ${due.join(', ')}.`;
      return { kind: 'again', afterMs: 1, state: { removing: due }, note };
    }
    return await carryOut(context, published, { backups: listed.value, verdicts, removing: removing ?? [], frozen });
  },
  verify: async (_context, _input, output) =>
    await Promise.resolve({ kind: 'done', output, note: output.report.summary }),
});

interface Decided {
  readonly backups: readonly CataloguedBackup[];
  readonly verdicts: readonly RetentionVerdict[];
  /** What was announced. */
  readonly removing: readonly string[];
  /** Then nothing is removed: a step that reads is not held up by a freeze, so it has to look itself. */
  readonly frozen: boolean;
}

async function carryOut(
  context: RetainContext,
  published: BackupManifest,
  { backups, verdicts, removing, frozen }: Decided,
): Promise<RetainAnswer> {
  // Gone already: whoever was here before has done it.
  const removed = removing.filter((id) => !backups.some((each) => each.id === id));
  const marked: string[] = [];
  const failed: string[] = [];
  const kept: string[] = [];
  for (const verdict of verdicts) {
    const backup = backups.find(({ id }) => id === verdict.id);
    // What became due only now was not announced: it goes with the next backup.
    if (backup === undefined || (verdict.does === 'remove' && (frozen || !removing.includes(verdict.id)))) continue;
    const done = await follow(context, backup, verdict);
    context.signal.throwIfAborted();
    if (done === null) continue;
    // The store does what it is there for, and a later backup removes it.
    if (!done.ok && done.error.store === 'retained') kept.push(`Kept for now: ${done.error.message}.`);
    else if (!done.ok) failed.push(`${verdict.id}: ${done.error.message}`);
    else if (verdict.does === 'remove') removed.push(verdict.id);
    else if (verdict.does === 'mark') marked.push(verdict.id);
  }
  const begunBefore = new Date(context.nowMs() - SETTLING_MS).toISOString();
  const swept = frozen ? NOT_SWEPT : await context.ports.backups.sweep(begunBefore, { signal: context.signal });
  context.signal.throwIfAborted();
  if (!swept.ok) failed.push(`What takes that died left behind: ${swept.error.message}`);
  const remaining = backups.filter(({ id }) => !removed.includes(id));
  const good = remaining.filter(({ state }) => state === 'good').length;
  const left = { good, other: remaining.length - good };
  const does = { removed, marked, failed, swept: swept.ok ? swept.value : 0, verdicts, frozen, left };
  return await reported(context, published, does, kept);
}

const NOT_SWEPT: VaultResult<number> = { ok: true, value: 0 };
const NOTHING_DONE: RetentionDone = {
  removed: [],
  marked: [],
  failed: [],
  swept: 0,
  verdicts: [],
  frozen: false,
  left: null,
};

/** `kept`: what the store keeps itself, as sentences. */
async function reported(
  context: RetainContext,
  published: BackupManifest,
  done: RetentionDone,
  kept: readonly string[] = [],
): Promise<RetainAnswer> {
  const taken = outputOf(context.outputs, TakeOutput, 'a snapshot');
  const { notes } = outputOf(context.outputs, PublishOutput, 'a backup');
  const report = await backupReport(context, published, [...taken.notes, ...notes, ...kept], done);
  return { kind: 'done', output: { report }, note: report.summary };
}

/** Does what retention says of one backup; `null`: there is nothing to do. */
async function follow(
  context: RetainContext,
  backup: CataloguedBackup,
  { does, why }: RetentionVerdict,
): Promise<VaultResult<null> | null> {
  const { signal } = context;
  const { backups } = context.ports;
  switch (does) {
    case 'remove':
      return await backups.remove(backup, { signal });
    case 'mark':
      return await backups.mark(backup.id, { version: 1, at: context.nowIso(), why }, { signal });
    case 'unmark':
      return await backups.mark(backup.id, null, { signal });
    case 'keep':
    case 'wait':
      return null;
  }
}

function limitWords({ keepLast, maxAgeMs }: RetainInput): string {
  const kept = [
    ...(keepLast === null ? [] : [`the last ${keepLast}`]),
    ...(maxAgeMs === null ? [] : [`those younger than ${spanAsSet(maxAgeMs)}`]),
  ];
  if (kept.length === 0)
    return 'no limit is set, every backup is kept; what was never finished is marked, and removed a day later';
  return `keep ${kept.join(' and ')}; mark what is beyond that, and remove it a day later`;
}
