import { type EndWords, endWords } from '../core/left-midway.ts';
import { type EndReason, outcomeOf } from '../core/reasons.ts';
import { EVENT_VERSION } from '../core/run-event.ts';
import { type RunState, stepsDone } from '../core/run-state.ts';
import type { EngineDeps } from './deps.ts';
import type { Session } from './session.ts';

/** Decides the end durably; cleanups follow, then the end itself. The first reason stands. */
export async function beginEnding(deps: EngineDeps, session: Session, reason: EndReason, note: string): Promise<void> {
  const at = deps.clock.nowIso();
  await session.write((state) =>
    state.ending === null ? { events: [{ v: EVENT_VERSION, at, type: 'ending', reason, note }] } : null,
  );
  await deps.triggers.reach('ending-after-store', session.lease.runId);
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
    note: `${left}. The run itself ended with "${words.reason}"${words.note === '' ? '' : `: ${words.note}`}`,
  };
}
