import { EVENT_VERSION, type RunEvent } from '../core/run-event.ts';
import { foldRun, openAct } from '../core/run-state.ts';
import { formatSpan } from '../core/time.ts';
import { UNTOLD_MS, whenUntold } from '../core/untold.ts';
import type { Withheld } from '../core/withheld.ts';
import { hasCall, type KnownRun, type WitnessNote } from '../core/witness.ts';
import { GateTooOld, Stopping, WitnessAway, WitnessRefused } from './control-flow.ts';
import type { EngineDeps } from './deps.ts';
import type { Session } from './session.ts';

/** What the witness is told of. */
export interface Testimony {
  readonly deps: EngineDeps;
  readonly session: Session;
  readonly cluster: string;
  readonly signal: AbortSignal;
  readonly shutdown: AbortSignal;
  /** The step may only look at what is open. */
  readonly settleOnly: boolean;
}

/** A step looks whether a call is safe, then calls. When the announcement takes longer than this, it must look again, ms. */
const FRESH_MS = 5000;

/** Beside the call; what the cluster said stands with the end of the run. */
const NOT_MADE = {
  'witness-contradiction': 'what the cluster remembers speaks against it',
  'witness-unavailable': 'the cluster could not be told of it',
} as const satisfies Readonly<Record<WitnessRefused['reason'], string>>;

const UNNOTED = 'the cluster could take no note of this call, because its etcd is full';

/** What a call that may be made is told with afterwards. */
export interface Testified {
  /** The cluster took note of it. */
  readonly noted: boolean;
  /** What people must be told beside its outcome; empty: nothing. */
  readonly beside: string;
}

/** Nobody was asked, or nobody asked yet. */
export const NOT_TOLD: Testified = { noted: false, beside: '' };

/**
 * Has the cluster remember the announced call before it is made. Where the cluster remembers something else, or nothing can be
 * written to it, the call is stored as not made together with the run's end, in one write. It is also stored as not made
 * when somebody cancelled meanwhile or this worker stops, and when nothing can be written and the run has committed itself: then it waits.
 *
 * @throws WitnessRefused, Stopping, WitnessAway accordingly.
 */
export async function testify(given: Testimony): Promise<Testified> {
  const { deps, session, cluster, signal } = given;
  const witness = deps.witness(cluster);
  const note = noteOfOpenCall(session);
  if (witness === null || note === null) return NOT_TOLD;
  const record = session.state().acts.map(({ item, action, at, observed }) => {
    return { item, action, at, noted: observed?.noted === true };
  });
  const known = whatIsKnown.bind(null, deps);
  const answer = await witness.announce({ note, record, known }, signal);
  if (answer.kind === 'go') {
    await stillWanted(given);
    if (answer.unnoted === undefined) return { noted: true, beside: '' };
    deps.log.warn('the cluster could not note a call; nothing it remembers speaks against it', {
      error: answer.unnoted,
    });
    return { noted: false, beside: UNNOTED };
  }
  // The announcement stays open: the successor, or this run's end, looks at it.
  if (signal.aborted) throw new Stopping('stopped while the cluster was told of the call');
  if (answer.kind === 'unavailable') return await notTold(given, answer.why);
  return await refuse(given, 'witness-contradiction', answer.why);
}

/** Ends the run, or, when it has committed itself, has the step come back. */
async function notTold(given: Testimony, why: string): Promise<never> {
  const { deps, session } = given;
  const untold = whenUntold(session.state(), deps.clock.nowMs());
  if (untold.kind === 'end') return await refuse(given, 'witness-unavailable', why);
  if (untold.kind === 'over')
    return await refuse(given, 'witness-unavailable', `${why} (tried for ${formatSpan(untold.triedMs)})`);
  const words = `${NOT_MADE['witness-unavailable']}: ${why}`;
  const goesOn = `it is tried for up to ${UNTOLD_MS / 60_000} min, because stopping here would leave the cluster worse off`;
  await storeNotMade(
    given,
    untold.first ? `${words}; ${goesOn}` : words,
    untold.first ? 'untold' : 'still-untold',
    null,
  );
  throw new WitnessAway(untold.afterMs, `Waiting, nothing is called: ${words}; ${goesOn}.`);
}

async function refuse(given: Testimony, reason: WitnessRefused['reason'], note: string): Promise<never> {
  const at = given.deps.clock.nowIso();
  const withheld = reason === 'witness-unavailable' ? 'untold' : undefined;
  await storeNotMade(given, NOT_MADE[reason], withheld, { v: EVENT_VERSION, at, type: 'ending', reason, note });
  throw new WitnessRefused(reason, note);
}

/** What a cancel and a shutdown mean for a call that was announced and not made yet. */
async function stillWanted(given: Testimony): Promise<void> {
  const { session, signal, shutdown, settleOnly } = given;
  await session.refresh();
  if (signal.aborted || shutdown.aborted) {
    await storeNotMade(given, 'this worker was stopped before it', 'stopped', null);
    throw new Stopping('stopped right before the call');
  }
  const { cancel, ending } = session.state();
  if (settleOnly || cancel !== null || ending !== null) {
    await storeNotMade(given, 'the run was cancelled before it', 'stopped', null);
    throw new Stopping('cancelled before the call');
  }
}

/**
 * A step looked before it announced. What it saw may be old when storing, telling and renewing took long, or this worker stood still: then
 * the call is stored as not made, and the step looks again.
 *
 * @param beganMs when the step asked for the call
 * @throws GateTooOld
 */
export async function mustBeFresh(given: Testimony, beganMs: number): Promise<void> {
  const tookMs = given.deps.clock.nowMs() - beganMs;
  if (tookMs <= FRESH_MS) return;
  const why = `it took ${Math.round(tookMs / 1000)} s to announce it, so the step looks again first`;
  await storeNotMade(given, why, 'late', null);
  throw new GateTooOld(why);
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

async function whatIsKnown(deps: EngineDeps, run: string, remembered: WitnessNote | null): Promise<KnownRun> {
  const record = await deps.store.read(run);
  if (record === null) return 'unknown';
  const { ended, acts } = foldRun(record);
  if (ended === null) return 'unfinished';
  return remembered === null || hasCall(acts, remembered) ? 'ended' : 'ended-without-it';
}

async function storeNotMade(
  { deps, session }: Testimony,
  why: string,
  withheld: Withheld | undefined,
  ending: RunEvent | null,
): Promise<void> {
  const at = deps.clock.nowIso();
  await session.write((state) => {
    const open = openAct(state);
    if (open === null) return null;
    const { index, item, action } = open;
    const seen = { result: 'not-done', note: `The call was not made: ${why}`, evidence: null } as const;
    const more = withheld === undefined ? {} : { withheld };
    const observed: RunEvent = { v: EVENT_VERSION, at, type: 'observed', index, item, action, ...seen, ...more };
    return { events: ending === null || state.ending !== null ? [observed] : [observed, ending] };
  });
}
