import { z } from 'zod';
import type { DrillRecord } from '../../src/core/backup/records.ts';
import { StateReport } from '../../src/core/state-report.ts';
import { defineStep, type StepAnswer } from '../../src/core/step.ts';
import { parseTime } from '../../src/core/time.ts';
import { wasRemoved } from '../steps/read-backups.ts';
import { snapshotOf } from './checks.ts';
import { type DrillContext, DrillEnd, restoreBackup } from './restore-backup.ts';

const Input = z.strictObject({
  id: z.string().min(1),
  /** Seal of the manifest that the plan was made with. */
  sha256: z.string(),
  /** Of the snapshot, bytes. */
  bytes: z.int().min(0),
});
type Input = z.infer<typeof Input>;
/** `end`: how the drill ended, before it is recorded; `tries`: to record it. */
const State = z.strictObject({ end: DrillEnd.nullable(), tries: z.int().min(0) });
type State = z.infer<typeof State>;
const Output = z.object({ report: StateReport, recordedAt: z.string() });
type Output = z.infer<typeof Output>;
type Answer = StepAnswer<State, Output>;

const GIB = 1024 ** 3;
const MOST_TRIES = 3;
const BETWEEN_TRIES_MS = 10_000;

/**
 * Restores one backup in a throw-away etcd, judges it, and records what was found. The finding is stored with the run before it is recorded, so that
 * a worker that dies in between repeats no drill.
 */
export const restoreStep = defineStep({
  kind: 'drill.restore@1',
  input: Input,
  state: State,
  output: Output,
  needs: ['backups', 'drill'],
  risk: 'read',
  effect: 'touches no cluster',
  timeoutMs: ({ bytes }) => 30 * 60_000 + Math.ceil((bytes / GIB) * 15 * 60_000),
  retry: { attempts: 2, backoffMs: 5000 },
  describe: ({ id }) => `Restore ${id} in a throw-away etcd on the worker, open it, count it, and remove it again`,
  items: ({ id }) => [id],
  initial: () => ({ end: null, tries: 0 }),
  check: async () => await Promise.resolve({ kind: 'go' }),
  run: async (context, input, { end, tries }): Promise<Answer> => {
    if (end !== null) return await recorded(context, input, end, tries);
    const found = await drilled(context, input);
    if ('kind' in found) return found;
    return { kind: 'again', afterMs: 0, state: { end: found, tries: 0 }, note: `${saidOf(input, found)}.` };
  },
  verify: async (context, { id }, output) => {
    const listed = await context.ports.backups.list({ signal: context.signal });
    const drill = listed.ok ? (listed.value.find((each) => each.id === id)?.drill ?? null) : null;
    // Another drill of the same backup may have come to its end since.
    if (drill?.how === 'drill' && parseTime(drill.at) >= parseTime(output.recordedAt))
      return { kind: 'done', output, note: output.report.summary };
    const why = listed.ok ? 'the record of the drill is not in the store' : listed.error.message;
    return stop('backups-unavailable', `${output.report.summary} Not verified: ${why}.`);
  },
});

/** The drill itself. A backup that is not the one of the plan is not drilled. */
async function drilled(
  context: DrillContext,
  { id, sha256 }: Input,
): Promise<DrillEnd | Extract<Answer, { kind: 'stop' }>> {
  const listed = await context.ports.backups.list({ signal: context.signal });
  if (!listed.ok) return stop('drill-aborted', `${listed.error.message}.`);
  const backup = listed.value.find((each) => each.id === id);
  const manifest = backup?.manifest ?? null;
  const file = manifest === null ? null : snapshotOf(manifest);
  if (manifest === null || file === null)
    return stop('drill-aborted', `${id} is not in the store any more, or its manifest cannot be read.`);
  if (manifest.sha256 !== sha256)
    return stop('backup-damaged', `The manifest of ${id} is another one than the plan was made with.`);
  const found = await restoreBackup(context, manifest, file);
  if (found.result === 'failed' && (await wasRemoved(context, id)))
    return stop('drill-aborted', `${id} was removed while it was drilled.`);
  return found;
}

async function recorded(context: DrillContext, input: Input, end: DrillEnd, tries: number): Promise<Answer> {
  const stored = await record(context, input, end);
  if ('at' in stored && end.report !== null) {
    const { report } = end;
    return { kind: 'done', output: { report, recordedAt: stored.at }, note: report.summary };
  }
  const said = saidOf(input, end);
  const mayTryAgain = end.result !== 'aborted' && tries + 1 < MOST_TRIES;
  if ('why' in stored && mayTryAgain) {
    const note = `${said}. Recording that failed and is tried again: ${stored.why}.`;
    return { kind: 'again', afterMs: BETWEEN_TRIES_MS, state: { end, tries: tries + 1 }, note };
  }
  const told = 'why' in stored ? ` That could not be recorded beside the backup: ${stored.why}.` : '';
  if (end.result === 'passed') return stop('backups-unavailable', `${said}.${told}`);
  return stop(end.result === 'failed' ? 'backup-damaged' : 'drill-aborted', `${said}.${told}`);
}

/** Records it once: what this run has recorded already is not recorded again. */
async function record(
  context: DrillContext,
  { id }: Input,
  { result, words }: DrillEnd,
): Promise<{ readonly at: string } | { readonly why: string }> {
  const { backups } = context.ports;
  const call = { signal: context.signal };
  const listed = await backups.list(call);
  const before = listed.ok ? listed.value.find((each) => each.id === id)?.drill : undefined;
  if (before?.run === context.runId && before.result === result) return { at: before.at };
  const found: DrillRecord = {
    version: 1,
    at: context.nowIso(),
    run: context.runId,
    how: 'drill',
    result,
    found: words,
  };
  const stored = await backups.recordDrill(id, found, call);
  return stored.ok ? { at: found.at } : { why: stored.error.message };
}

/** How it ended, without a period. */
function saidOf({ id }: Input, { result, words }: DrillEnd): string {
  const said = { passed: 'passed its drill', failed: 'failed its drill', aborted: 'could not be drilled' } as const;
  return `${id} ${said[result]}: ${words}`;
}

function stop(
  reason: 'backup-damaged' | 'drill-aborted' | 'backups-unavailable',
  note: string,
): Extract<Answer, { kind: 'stop' }> {
  return { kind: 'stop', reason, note };
}
