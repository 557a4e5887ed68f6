import type { ClusterProfile } from '../core/cluster-profile.ts';
import type { PortName, Ports } from '../core/ports/ports.ts';
import { EVENT_VERSION, type RunEvent, type Scratch } from '../core/run-event.ts';
import { type ActState, openAct, type RunState } from '../core/run-state.ts';
import type { AnyRunbook } from '../core/runbook.ts';
import type { Observation, StepContext } from '../core/step.ts';
import { keptTree } from '../core/tree.ts';
import { freezeNow } from './admission.ts';
import { backupIntervals } from './backup-intervals.ts';
import { LeaseLost, Stopping, UndeclaredCleanup, WouldRepeat } from './control-flow.ts';
import type { EngineDeps } from './deps.ts';
import type { Session } from './session.ts';
import { mustBeFresh, NOT_TOLD, testify } from './testify.ts';

/** What a step context is made of. */
export interface StepSetting {
  readonly deps: EngineDeps;
  readonly session: Session;
  readonly runbook: AnyRunbook;
  readonly cluster: ClusterProfile;
  readonly ports: Ports;
  readonly index: number;
  readonly signal: AbortSignal;
  readonly settleOnly: boolean;
  readonly shutdown: AbortSignal;
}

/** Makes the context of one step; every write goes through the session and so through the lease. */
export function stepContext(setting: StepSetting): StepContext<PortName> {
  const { deps, session, index, signal } = setting;
  const actsOfStep = (): readonly ActState[] =>
    session.state().acts.filter((act) => act.index === index && act.observed?.withheld === undefined);
  let told = NOT_TOLD;
  return {
    ports: setting.ports,
    cluster: setting.cluster,
    runId: session.lease.runId,
    idempotencyKey: `${session.lease.runId}/${index}`,
    signal,
    get stopping() {
      return setting.settleOnly || session.state().cancel !== null;
    },
    get open() {
      return openAct(session.state());
    },
    get acts() {
      return actsOfStep();
    },
    get outputs() {
      return session.state().steps.map((step) => step.output);
    },
    nowMs: () => deps.clock.nowMs(),
    nowIso: () => deps.clock.nowIso(),
    pause: async (ms) => await deps.clock.sleep(ms, signal),
    act: async (intent, call) => {
      const beganMs = deps.clock.nowMs();
      await announce(setting, intent);
      const { shutdown, settleOnly } = setting;
      const testimony = { deps, session, cluster: setting.cluster.name, signal, shutdown, settleOnly };
      told = await testify(testimony);
      await session.assertMargin();
      if (signal.aborted) throw new Stopping('stopped right before the call');
      await mustBeFresh(testimony, beganMs);
      const answer = await call(signal);
      await deps.triggers.reach('call-made', session.lease.runId);
      return answer;
    },
    observed: async ({ note, ...seen }) => {
      const { noted, beside } = told;
      const words = [note, beside].filter((each) => each !== '').join('; ');
      told = NOT_TOLD;
      await storeObserved(setting, { ...seen, note: words }, noted);
    },
    frozen: async () => (await freezeNow(deps, setting.cluster.name)) !== null,
    backupIntervalsMs: async () => await backupIntervals(deps.admission, setting.cluster.name),
    progress: async (note, tree) => await noteProgress(setting, note, tree),
    registerCleanup: async (cleanup) => await register(setting, cleanup),
    cleanedUp: async (id) => await markCleanedUp(setting, id),
  };
}

async function storeObserved(setting: StepSetting, observation: Observation, noted: boolean): Promise<void> {
  const { deps, session, signal } = setting;
  // What could not be seen because this worker stops is not unknown: its successor looks.
  const stopped = signal.aborted && (signal.reason === 'shutdown' || signal.reason === 'lease-lost');
  if (stopped && observation.result === 'unknown') throw new Stopping('stopped while looking');
  const at = deps.clock.nowIso();
  await session.write((state) => {
    const open = openAct(state);
    if (open === null) return null;
    const { index, item, action } = open;
    const event: RunEvent = { v: EVENT_VERSION, at, type: 'observed', index, item, action, ...observation };
    return { events: [noted ? { ...event, noted } : event] };
  });
  await deps.triggers.reach('observed-after-store', session.lease.runId);
  await deps.witness(setting.cluster.name)?.observed(session.lease.runId, signal);
}

/** Only what the runbook declares, so that its list says everything a worker must know to put it back. */
async function register(
  { deps, session, runbook }: StepSetting,
  cleanup: Parameters<StepContext<PortName>['registerCleanup']>[0],
): Promise<void> {
  if (!runbook.cleanups.some(({ kind }) => kind === cleanup.kind)) {
    const why = `runbook ${runbook.id} does not declare the cleanup ${cleanup.kind}`;
    throw new UndeclaredCleanup(`${why}, so ${cleanup.summary} was not begun`);
  }
  const event: RunEvent = { v: EVENT_VERSION, at: deps.clock.nowIso(), type: 'cleanup-registered', ...cleanup };
  await session.write((state) =>
    state.cleanups.some((each) => each.id === cleanup.id && each.status === 'registered') ? null : { events: [event] },
  );
}

async function markCleanedUp({ deps, session }: StepSetting, id: string): Promise<void> {
  const event: RunEvent = { v: EVENT_VERSION, at: deps.clock.nowIso(), type: 'cleanup-done', id };
  await session.write((state) =>
    state.cleanups.some((each) => each.id === id && each.status === 'registered') ? { events: [event] } : null,
  );
}

async function announce(setting: StepSetting, intent: Parameters<StepContext<PortName>['act']>[0]): Promise<void> {
  const { deps, session, index } = setting;
  const runId = session.lease.runId;
  await deps.triggers.reach('intent-before-store', runId);
  await session.refresh();
  if (setting.signal.aborted || setting.shutdown.aborted) throw new Stopping('stopped before the announcement');
  const at = deps.clock.nowIso();
  const event: RunEvent = { v: EVENT_VERSION, at, type: 'intent', index, ...intent };
  let mine = false;
  await session.write((state) => {
    // The answer of our own write was lost: it is there.
    const written = openAct(state);
    if (mine && written !== null && written.at === at && written.item === intent.item) return null;
    mine = true;
    refuseRepeat(state, index, intent);
    if (setting.settleOnly || state.cancel !== null || state.ending !== null)
      throw new Stopping('cancelled before the call');
    return { events: [event] };
  });
  await deps.triggers.reach('intent-after-store', runId);
  if (session.lost.aborted) throw new LeaseLost('lost after the announcement');
}

/** No destructive call is repeated blindly: only one that was seen not to have happened may be made again. */
function refuseRepeat(
  state: RunState,
  index: number,
  intent: { readonly item: string; readonly action: string },
): void {
  const open = openAct(state);
  if (open !== null) throw new WouldRepeat(`${open.action} of ${open.item} was announced and not looked at yet`);
  const before = state.acts.findLast(
    (act) => act.index === index && act.item === intent.item && act.action === intent.action,
  );
  if (before !== undefined && before.observed?.result !== 'not-done') {
    throw new WouldRepeat(`${intent.action} of ${intent.item} was made before (${before.observed?.result ?? 'open'})`);
  }
}

async function noteProgress(setting: StepSetting, note: string, tree: readonly string[] | undefined): Promise<void> {
  const { deps, session, index } = setting;
  const at = deps.clock.nowIso();
  await session.write((state) => {
    const scratch = scratchOf(state, index, at);
    const now = worded(scratch, note, tree);
    const isSame = scratch.note === note && JSON.stringify(scratch.tree) === JSON.stringify(now.tree);
    return isSame ? null : { scratch: { ...now, at } };
  });
}

/** A scratch with another last word, and with what stands below it. */
export function worded({ tree: _before, ...scratch }: Scratch, note: string, tree?: readonly string[]): Scratch {
  return { ...scratch, note, ...(tree === undefined || tree.length === 0 ? {} : { tree: keptTree(tree) }) };
}

/** The scratch of a step as it stands, or a fresh one. */
export function scratchOf(state: RunState, index: number, at: string): Scratch {
  if (state.scratch?.index === index) return state.scratch;
  return { index, state: null, note: '', at, notBefore: null, failures: 0 };
}
