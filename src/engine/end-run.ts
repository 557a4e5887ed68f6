import { type EndWords, endWords } from '../core/left-midway.ts';
import { type EndReason, outcomeOf } from '../core/reasons.ts';
import { EVENT_VERSION } from '../core/run-event.ts';
import { type CleanupState, type RunState, stepsDone } from '../core/run-state.ts';
import type { AnyCleanup } from '../core/runbook.ts';
import { LeaseLost, messageOf, StoreUnreachable } from './control-flow.ts';
import type { EngineDeps } from './deps.ts';
import type { Session } from './session.ts';

/** How often a cleanup is tried before a person is asked. */
const CLEANUP_ATTEMPTS = 3;

/** Decides the end durably; cleanups follow, then the end itself. The first reason stands. */
export async function beginEnding(deps: EngineDeps, session: Session, reason: EndReason, note: string): Promise<void> {
  const at = deps.clock.nowIso();
  await session.write((state) =>
    state.ending === null ? { events: [{ v: EVENT_VERSION, at, type: 'ending', reason, note }] } : null,
  );
  await deps.triggers.reach('ending-after-store', session.lease.runId);
}

/** Puts one thing back and stores the result. */
export async function cleanUp(deps: EngineDeps, session: Session, cleanup: CleanupState): Promise<void> {
  const definition = deps.runbooks.flatMap((runbook) => runbook.cleanups).find((each) => each.kind === cleanup.kind);
  const problem =
    definition === undefined
      ? `this version does not know ${cleanup.kind}`
      : await restore(deps, session, definition, cleanup);
  await deps.triggers.reach('cleanup-restored', session.lease.runId);
  const at = deps.clock.nowIso();
  await session.write((state) => {
    if (state.cleanups.find((each) => each.id === cleanup.id)?.status !== 'registered') return null;
    if (problem === null) return { events: [{ v: EVENT_VERSION, at, type: 'cleanup-done', id: cleanup.id }] };
    return { events: [{ v: EVENT_VERSION, at, type: 'cleanup-failed', id: cleanup.id, note: problem }] };
  });
  await deps.triggers.reach('cleanup-after-store', session.lease.runId);
}

async function restore(
  deps: EngineDeps,
  session: Session,
  definition: AnyCleanup,
  cleanup: CleanupState,
): Promise<string | null> {
  const cluster = session.state().request?.cluster ?? '';
  let problem = '';
  for (let attempt = 1; attempt <= CLEANUP_ATTEMPTS; attempt += 1) {
    if (session.lost.aborted) throw new LeaseLost('lost during cleanup');
    try {
      const ports = await deps.ports(cluster, definition.needs);
      const context = {
        ports,
        signal: session.lost,
        nowMs: () => deps.clock.nowMs(),
        pause: async (ms: number) => await deps.clock.sleep(ms, session.lost),
      };
      const answer = await definition.restore(context, cleanup.input);
      if (answer === null) return null;
      problem = answer;
    } catch (thrown) {
      if (thrown instanceof LeaseLost || thrown instanceof StoreUnreachable) throw thrown;
      problem = messageOf(thrown);
    }
    if (attempt < CLEANUP_ATTEMPTS) await deps.clock.sleep(deps.settings.retryMs * attempt, session.lost);
  }
  return problem;
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

function finalReason(state: RunState): EndWords {
  const ending = state.ending ?? { reason: 'step-failed', note: '' };
  const failed = state.cleanups.filter((cleanup) => cleanup.status === 'failed');
  if (failed.length === 0) return endWords(state, { reason: ending.reason, note: ending.note });
  const left = failed.map((cleanup) => `${cleanup.summary}: ${cleanup.note}`).join('; ');
  return {
    reason: 'cleanup-failed',
    note: `${left}. The run itself ended with "${ending.reason}"${ending.note === '' ? '' : `: ${ending.note}`}`,
  };
}
