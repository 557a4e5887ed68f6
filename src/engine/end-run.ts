import { type EndWords, endWords } from '../core/left-midway.ts';
import { type EndReason, outcomeOf } from '../core/reasons.ts';
import { EVENT_VERSION } from '../core/run-event.ts';
import { type CleanupState, type RunState, stepsDone } from '../core/run-state.ts';
import type { AnyCleanup } from '../core/runbook.ts';
import { LeaseLost, messageOf, Stopping, StoreUnreachable } from './control-flow.ts';
import type { EngineDeps } from './deps.ts';
import type { Session } from './session.ts';

/** How often a cleanup is tried before a person is asked. */
const CLEANUP_ATTEMPTS = 3;
/** How long one is tried that says that it is only for now, ms: an API server over members that restart one by one is away for minutes. */
const CLEANUP_PATIENCE_MS = 10 * 60_000;

/** Decides the end durably; cleanups follow, then the end itself. The first reason stands. */
export async function beginEnding(deps: EngineDeps, session: Session, reason: EndReason, note: string): Promise<void> {
  const at = deps.clock.nowIso();
  await session.write((state) =>
    state.ending === null ? { events: [{ v: EVENT_VERSION, at, type: 'ending', reason, note }] } : null,
  );
  await deps.triggers.reach('ending-after-store', session.lease.runId);
}

/** Puts one thing back and stores the result. Throws {@link Stopping} on shutdown: a successor begins with it anew. */
export async function cleanUp(
  deps: EngineDeps,
  session: Session,
  cleanup: CleanupState,
  shutdown: AbortSignal,
): Promise<void> {
  const definition = deps.runbooks.flatMap((runbook) => runbook.cleanups).find((each) => each.kind === cleanup.kind);
  const problem =
    definition === undefined
      ? `this version does not know ${cleanup.kind}`
      : await restore(deps, session, definition, { cleanup, shutdown });
  await deps.triggers.reach('cleanup-restored', session.lease.runId);
  const at = deps.clock.nowIso();
  await session.write((state) => {
    if (state.cleanups.find((each) => each.id === cleanup.id)?.status !== 'registered') return null;
    if (problem === null) return { events: [{ v: EVENT_VERSION, at, type: 'cleanup-done', id: cleanup.id }] };
    return { events: [{ v: EVENT_VERSION, at, type: 'cleanup-failed', id: cleanup.id, note: problem }] };
  });
  await deps.triggers.reach('cleanup-after-store', session.lease.runId);
}

interface Restoring {
  readonly cleanup: CleanupState;
  readonly shutdown: AbortSignal;
}

async function restore(
  deps: EngineDeps,
  session: Session,
  definition: AnyCleanup,
  { cleanup, shutdown }: Restoring,
): Promise<string | null> {
  const beganMs = deps.clock.nowMs();
  for (let attempt = 1; ; attempt += 1) {
    if (session.lost.aborted) throw new LeaseLost('lost during cleanup');
    const trouble = await restoreOnce(deps, session, definition, cleanup);
    if (trouble === null) return null;
    const { why, later } = trouble;
    const patienceOver = !later || deps.clock.nowMs() - beganMs >= CLEANUP_PATIENCE_MS;
    if (attempt >= CLEANUP_ATTEMPTS && patienceOver) return why;
    const pauseMs = deps.settings.retryMs * Math.min(attempt, CLEANUP_ATTEMPTS);
    deps.log.warn('something could not be put back yet; it is tried again', { cleanup: cleanup.id, why });
    await pause(deps, session, pauseMs, shutdown);
  }
}

async function restoreOnce(
  deps: EngineDeps,
  session: Session,
  definition: AnyCleanup,
  cleanup: CleanupState,
): Promise<{ readonly why: string; readonly later: boolean } | null> {
  try {
    const ports = await deps.ports(session.state().request?.cluster ?? '', definition.needs);
    const context = {
      ports,
      signal: session.lost,
      nowMs: () => deps.clock.nowMs(),
      pause: async (ms: number) => await deps.clock.sleep(ms, session.lost),
    };
    const answer = await definition.restore(context, cleanup.input);
    if (answer === null) return null;
    return typeof answer === 'string' ? { why: answer, later: false } : { why: answer.notYet, later: true };
  } catch (thrown) {
    if (thrown instanceof LeaseLost || thrown instanceof StoreUnreachable) throw thrown;
    return { why: messageOf(thrown), later: false };
  }
}

/** Whoever waits for minutes does not hold up a worker that is to end. */
async function pause(deps: EngineDeps, session: Session, ms: number, shutdown: AbortSignal): Promise<void> {
  try {
    await deps.clock.sleep(ms, AbortSignal.any([session.lost, shutdown]));
  } catch (thrown) {
    if (session.lost.aborted) throw new LeaseLost('lost during cleanup');
    if (shutdown.aborted) throw new Stopping('shutting down');
    throw thrown;
  }
}

/** Writes the end: exactly one outcome, locks released in the same script. */
export async function endRun(deps: EngineDeps, session: Session): Promise<void> {
  await deps.triggers.reach('ended-before-store', session.lease.runId);
  const at = deps.clock.nowIso();
  const final = finalReason(session.state());
  await session.write((state) => {
    if (state.ended !== null) return null;
    const counts = { stepsDone: stepsDone(state), stepsPlanned: state.steps.length };
    return {
      events: [{ v: EVENT_VERSION, at, type: 'ended', outcome: outcomeOf(final.reason), ...final, ...counts }],
      end: true,
    };
  });
  await forgetCalls(deps, session);
  deps.metrics.runEnded(session.state().request?.runbook ?? '', outcomeOf(final.reason));
  await deps.triggers.reach('ended-after-store', session.lease.runId);
}

/**
 * Only what the record has is forgotten: what contradicts it stays for the person who looks, and in the way of the next run. The run is
 * over and its lease gone, so losing the lease does not end this; the witness itself gives up after some seconds.
 */
async function forgetCalls(deps: EngineDeps, session: Session): Promise<void> {
  const { request, acts } = session.state();
  if (acts.length === 0) return;
  await deps.witness(request?.cluster ?? '')?.forget(session.lease.runId, acts, new AbortController().signal);
}

/** Why it ended, and what is not put back. A reason that calls a person anyway is not hidden behind what is left over. */
function finalReason(state: RunState): EndWords {
  const ending = state.ending ?? { reason: 'step-failed', note: '' };
  const words = endWords(state, { reason: ending.reason, note: ending.note });
  const failed = state.cleanups.filter((cleanup) => cleanup.status === 'failed');
  if (failed.length === 0) return words;
  const left = failed.map((cleanup) => `${cleanup.summary}: ${cleanup.note}`).join('; ');
  if (outcomeOf(words.reason) === 'needs-a-person')
    return { reason: words.reason, note: `${words.note} Not put back: ${left}`.trimStart() };
  return {
    reason: 'cleanup-failed',
    note: `${left}. The run itself ended with "${ending.reason}"${ending.note === '' ? '' : `: ${ending.note}`}`,
  };
}
