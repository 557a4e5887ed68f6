import { EVENT_VERSION } from '../core/run-event.ts';
import { foldRun, openAct } from '../core/run-state.ts';
import type { KnownRun, WitnessNote } from '../core/witness.ts';
import { Stopping, WitnessRefused } from './control-flow.ts';
import type { EngineDeps } from './deps.ts';
import type { Session } from './session.ts';

/** What the witness is told of. */
export interface Testimony {
  readonly deps: EngineDeps;
  readonly session: Session;
  readonly cluster: string;
  readonly signal: AbortSignal;
}

/**
 * Has the cluster remember the announced call before it is made. Where the cluster remembers something else, or nothing can be
 * written to it, the call is stored as not made.
 *
 * @throws WitnessRefused then; Stopping when the signal fired meanwhile.
 */
export async function testify({ deps, session, cluster, signal }: Testimony): Promise<void> {
  const witness = deps.witness(cluster);
  const note = noteOfOpenCall(session);
  if (witness === null || note === null) return;
  const answer = await witness.announce(note, async (run) => await whatIsKnown(deps, run), signal);
  if (answer.kind === 'go') return;
  // The announcement stays open: the successor, or this run's end, looks at it.
  if (signal.aborted) throw new Stopping('stopped while the cluster was told of the call');
  const reason = answer.kind === 'contradiction' ? 'witness-contradiction' : 'witness-unavailable';
  await storeNotMade(deps, session, answer.why);
  throw new WitnessRefused(reason, answer.why);
}

function noteOfOpenCall(session: Session): WitnessNote | null {
  const state = session.state();
  const open = openAct(state);
  if (open === null) return null;
  const { index: step, item, action, at } = open;
  const { runId: run, epoch } = session.lease;
  return {
    run,
    locks: [...(state.locks ?? [])],
    epoch,
    acts: state.acts.length,
    step,
    item,
    action,
    at,
    observed: false,
  };
}

async function whatIsKnown(deps: EngineDeps, run: string): Promise<KnownRun> {
  const record = await deps.store.read(run);
  if (record === null) return 'unknown';
  return foldRun(record).ended === null ? 'unfinished' : 'ended';
}

async function storeNotMade(deps: EngineDeps, session: Session, why: string): Promise<void> {
  const at = deps.clock.nowIso();
  await session.write((state) => {
    const open = openAct(state);
    if (open === null) return null;
    const { index, item, action } = open;
    const seen = { result: 'not-done', note: `The call was not made: ${why}`, evidence: null } as const;
    return { events: [{ v: EVENT_VERSION, at, type: 'observed', index, item, action, ...seen }] };
  });
}
