import type { Frozen, Said, Told } from '../core/control-desk.ts';
import { type Freeze, freezeInWords, isInForce, readUntil } from '../core/freeze.ts';
import { foldRun, type RunState } from '../core/run-state.ts';
import { parseTime } from '../core/time.ts';
import { readFreeze } from './admission.ts';
import { type ControlDeps, controlEntry, zoneOf } from './control-deps.ts';
import { messageOf } from './control-flow.ts';

/** The freezes that hold now. */
export async function listFreezes(deps: ControlDeps): Promise<readonly Freeze[]> {
  const records = await deps.admission.control.list('freeze');
  return records.map(readFreeze).filter((each) => isInForce(each, deps.clock.nowMs()));
}

/** Freezes a cluster. A freeze that holds is only ever prolonged: to end it sooner is another right. */
export async function freezeCluster(
  deps: ControlDeps,
  said: Said,
  { cluster, until, reason }: { readonly cluster: string; readonly until: string; readonly reason: string },
): Promise<Told<Frozen>> {
  const { control, calendar } = deps.admission;
  const zone = zoneOf(deps, cluster);
  const nowMs = deps.clock.nowMs();
  const meant = readUntil(until, nowMs, zone, calendar);
  if (!meant.ok) return { ok: false, reason: 'mistake', why: meant.text };
  const record = await control.read('freeze', cluster);
  const before = record === null ? null : readFreeze(record);
  if (before?.request === said.idempotencyKey) return { ok: true, value: await withRuns(deps, before) };
  if (before !== null && isInForce(before, nowMs) && endsSooner(meant.untilMs, before))
    return { ok: false, reason: 'cluster-frozen', why: `${freezeInWords(before)}. To end it sooner, thaw it first.` };
  const value: Freeze = {
    cluster,
    by: said.actor,
    at: deps.clock.nowIso(),
    until: meant.untilMs === null ? null : new Date(meant.untilMs).toISOString(),
    untilWords: meant.untilMs === null ? '' : calendar.words(meant.untilMs, zone),
    reason,
    request: said.idempotencyKey,
  };
  const detail = { until: value.until, words: value.untilWords, reason, before: before === null ? null : before.until };
  const audit = [controlEntry(deps, 'freeze', said, cluster, detail)];
  const written = await control.write({ kind: 'freeze', key: cluster, seen: record?.revision ?? null, value, audit });
  if (written.kind === 'stale') return await changedMeanwhile(deps, said, cluster);
  return { ok: true, value: await withRuns(deps, value) };
}

/** Somebody else was faster, or this very word over another process: then it stands. */
async function changedMeanwhile(deps: ControlDeps, said: Said, cluster: string): Promise<Told<Frozen>> {
  const record = await deps.admission.control.read('freeze', cluster);
  const now = record === null ? null : readFreeze(record);
  if (now?.request === said.idempotencyKey) return { ok: true, value: await withRuns(deps, now) };
  return { ok: false, reason: 'changed-meanwhile', why: now === null ? '' : `${freezeInWords(now)}.` };
}

function endsSooner(untilMs: number | null, before: Freeze): boolean {
  if (untilMs === null) return false;
  return before.until === null || untilMs < parseTime(before.until);
}

/** The runs that are under way, each rung so that one that waits for its window ends now and not at the opening. */
async function withRuns(deps: ControlDeps, value: Freeze): Promise<Frozen> {
  const underWay: RunState[] = [];
  for (const id of await deps.store.unfinished()) {
    const record = await deps.store.read(id);
    const state = record === null ? null : foldRun(record);
    if (state?.request?.cluster !== value.cluster || !changesSomething(state)) continue;
    underWay.push(state);
    await deps.doorbell.ring(id).catch((thrown: unknown) => {
      deps.log.warn('a doorbell could not be rung; the run looks by itself', { run: id, error: messageOf(thrown) });
    });
  }
  return { freeze: value, underWay };
}

function changesSomething(state: RunState): boolean {
  return state.plan === null || state.plan.steps.some((step) => step.risk !== 'read');
}

/** Ends a freeze as it was read. */
export async function thawCluster(deps: ControlDeps, said: Said, cluster: string): Promise<Told<Freeze>> {
  const { control } = deps.admission;
  const record = await control.read('freeze', cluster);
  const before = record === null ? null : readFreeze(record);
  if (record === null || before === null || !isInForce(before, deps.clock.nowMs()))
    return { ok: false, reason: 'not-frozen', why: '' };
  const detail = { until: before.until, frozenBy: before.by.user, since: before.at, reason: before.reason };
  const audit = [controlEntry(deps, 'thaw', said, cluster, detail)];
  const written = await control.write({ kind: 'freeze', key: cluster, seen: record.revision, value: null, audit });
  if (written.kind === 'ok') return { ok: true, value: before };
  const why =
    written.current === null ? 'It is not frozen any more.' : `${freezeInWords(readFreeze(written.current))}.`;
  return { ok: false, reason: 'changed-meanwhile', why };
}
