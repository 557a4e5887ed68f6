import { unconfirmed } from '../core/confirm.ts';
import type { Json } from '../core/json.ts';
import type { Next } from '../core/next.ts';
import { hashedPart } from '../core/plan.ts';
import type { PortName } from '../core/ports/ports.ts';
import type { Guard } from '../core/ports/run-store.ts';
import { EVENT_VERSION } from '../core/run-event.ts';
import { openAct, type StepState } from '../core/run-state.ts';
import type { AnyRunbook } from '../core/runbook.ts';
import type { StepAnswer, StepContext } from '../core/step.ts';
import { parseTime } from '../core/time.ts';
import {
  GateTooOld,
  LeaseLost,
  messageOf,
  Stopping,
  StoreUnreachable,
  WitnessAway,
  WitnessRefused,
} from './control-flow.ts';
import type { EngineDeps } from './deps.ts';
import { beginEnding } from './end-run.ts';
import type { Session } from './session.ts';
import { stillInAdvance } from './standing-gate.ts';
import { scratchOf, stepContext, worded } from './step-context.ts';
import { deadlineMs, type Turn, watchStep } from './watch-step.ts';

/** How often an announced call is looked at again after unexpected errors. */
const LOOKS = 5;

/** What running a step led to: go round again, or leave the run to a newer worker. */
export type StepTurn = { readonly kind: 'continue' } | { readonly kind: 'unknown-kind'; readonly what: string };

/** Gives a step one turn: check, run, verify, each answer stored before the next. */
export async function runStep(
  deps: EngineDeps,
  session: Session,
  runbook: AnyRunbook,
  at: Pick<Extract<Next, { do: 'step' }>, 'index' | 'settleOnly' | 'despite'>,
  shutdown: AbortSignal,
): Promise<StepTurn> {
  const planned = session.state().plan?.steps[at.index];
  const step = runbook.steps.find((each) => each.kind === planned?.kind);
  if (planned === undefined || step === undefined)
    return { kind: 'unknown-kind', what: `step kind ${planned?.kind ?? '?'}` };
  const { index, settleOnly, despite } = at;
  const turn: Turn = {
    deps,
    session,
    runbook,
    step,
    planned,
    index,
    settleOnly,
    shutdown,
    beganMs: deps.clock.nowMs(),
  };
  if ((await tampered(turn)) || (await unconfirmedApproval(turn))) return { kind: 'continue' };
  const standing = begins(turn) ? await stillInAdvance(deps, session) : { why: null };
  if (standing.why !== null) await beginEnding(deps, session, 'approval-stale', standing.why);
  if (standing.why !== null || !(await startStep(turn, standing.guard, despite))) return { kind: 'continue' };
  const abort = new AbortController();
  const stop = watchStep(turn, abort);
  try {
    const answer = worth(turn, await askStep(turn, abort.signal), abort.signal);
    if (answer !== null) await storeAnswer(turn, answer);
  } catch (thrown) {
    await storeThrow(turn, thrown, abort.signal);
  } finally {
    stop();
  }
  return { kind: 'continue' };
}

/** What runs is what was approved: the stored plan must still have the hash that every gate was settled for. */
async function tampered(turn: Turn): Promise<boolean> {
  const { deps, session } = turn;
  const state = session.state();
  const hash = state.plan === null ? null : deps.digest.of(hashedPart(state.plan));
  if (hash === state.planHash && state.gates.every((gate) => gate.hash === hash)) return false;
  await markUnknown(turn, 'not looked at: the stored plan was changed');
  await beginEnding(deps, session, 'plan-tampered', '');
  return true;
}

/**
 * Before a step that changes something begins, this worker judges by its own configuration what the record says was
 * permitted and approved: a decision that somebody wrote into the store is not believed for being there.
 */
async function unconfirmedApproval(turn: Turn): Promise<boolean> {
  const { deps, session, index } = turn;
  if (!begins(turn)) return false;
  const policy = await session.ask(async () => await (deps.recordedPolicy?.() ?? Promise.resolve(deps.policy())));
  const why = unconfirmed(session.state(), policy, index);
  if (why === null) return false;
  await beginEnding(deps, session, 'approval-unconfirmed', why);
  return true;
}

/** Whether a step that changes something is to begin. */
function begins({ session, planned, index, settleOnly }: Turn): boolean {
  return planned.risk !== 'read' && !settleOnly && session.state().steps[index]?.status === 'pending';
}

/** `false`: what the guard names has changed since it was read, so nothing was begun. */
async function startStep(turn: Turn, guard: Guard | undefined, despite: string | undefined): Promise<boolean> {
  const at = turn.deps.clock.nowIso();
  const { index } = turn;
  const more = despite === undefined ? {} : { despite };
  const written = await turn.session.write((state) =>
    state.steps[index]?.status === 'pending'
      ? {
          events: [{ v: EVENT_VERSION, at, type: 'step-started', index, attempt: 1, ...more }],
          scratch: null,
          ...(guard === undefined ? {} : { guard }),
        }
      : null,
  );
  if (written.kind === 'written') await turn.deps.triggers.reach('step-started', turn.session.lease.runId);
  return written.kind !== 'unguarded';
}

function stepOf(turn: Turn): StepState | undefined {
  return turn.session.state().steps[turn.index];
}

/**
 * What an answer is worth after the signal fired: ports answer `cancelled` then, and a step may take that for silence.
 * Announced calls are durable and steps come back, so dropping such an answer loses nothing. `null`: dropped.
 */
function worth(turn: Turn, answer: StepAnswer<Json, Json>, signal: AbortSignal): StepAnswer<Json, Json> | null {
  if (turn.session.lost.aborted) throw new LeaseLost('lost while the step ran');
  if (!signal.aborted) return answer;
  if (signal.reason === 'shutdown') throw new Stopping('shutting down');
  if (signal.reason === 'cancelled') return openAct(turn.session.state()) === null ? null : answer;
  return answer.kind === 'done' ? answer : { kind: 'stop', reason: 'step-timed-out', note: '' };
}

async function askStep(turn: Turn, signal: AbortSignal): Promise<StepAnswer<Json, Json>> {
  const { deps, session, runbook, step, planned, index } = turn;
  if (deps.clock.nowMs() >= deadlineMs(turn)) return { kind: 'stop', reason: 'step-timed-out', note: '' };
  const state = session.state();
  const cluster = deps.cluster(state.request?.cluster ?? '');
  if (cluster === null) throw new Error('the cluster is not configured on this worker');
  const ports = await deps.ports(cluster.name, step.needs);
  const context = stepContext({
    deps,
    session,
    runbook,
    cluster,
    ports,
    index,
    signal,
    settleOnly: turn.settleOnly,
    shutdown: turn.shutdown,
  });
  const own = state.scratch?.index === index ? state.scratch.state : null;
  const checked = await step.check(context, planned.input, own);
  const answer = checked.kind === 'go' ? await step.run(context, planned.input, own) : checked;
  await deps.triggers.reach('step-run', session.lease.runId);
  if (answer.kind !== 'done') return answer;
  return await verified(turn, context, answer.output);
}

async function verified(turn: Turn, context: StepContext<PortName>, output: Json): Promise<StepAnswer<Json, Json>> {
  const answer = await turn.step.verify(context, turn.planned.input, output);
  await turn.deps.triggers.reach('step-verified', turn.session.lease.runId);
  return answer;
}

async function storeAnswer(turn: Turn, answer: StepAnswer<Json, Json>): Promise<void> {
  const { deps, session, index } = turn;
  const at = deps.clock.nowIso();
  switch (answer.kind) {
    case 'done': {
      const open = openAct(session.state());
      if (open !== null) {
        const note = `the step said it was done, but never looked at ${open.action} of ${open.item}`;
        return await stopAt(turn, 'outcome-unknown', note);
      }
      const startedAt = stepOf(turn)?.startedAt ?? at;
      await session.write((state) =>
        state.steps[index]?.status === 'done'
          ? null
          : {
              events: [{ v: EVENT_VERSION, at, type: 'step-done', index, output: answer.output, note: answer.note }],
              scratch: null,
            },
      );
      deps.metrics.stepDone(turn.step.kind, (parseTime(at) - parseTime(startedAt)) / 1000);
      await deps.triggers.reach('step-done-after-store', session.lease.runId);
      return;
    }
    case 'again': {
      const notBefore = new Date(deps.clock.nowMs() + answer.afterMs).toISOString();
      await session.write((state) => ({
        scratch: {
          ...worded(scratchOf(state, index, at), answer.note, answer.tree),
          state: answer.state,
          at,
          notBefore,
          failures: 0,
        },
      }));
      await deps.triggers.reach('again-after-store', session.lease.runId);
      return;
    }
    case 'stop':
      await stopAt(turn, answer.reason, answer.note);
  }
}

async function stopAt(turn: Turn, reason: Parameters<typeof beginEnding>[2], note: string): Promise<void> {
  const open = openAct(turn.session.state());
  if (open === null) return await beginEnding(turn.deps, turn.session, reason, note);
  await markUnknown(turn, note);
  const known = reason === 'member-silent' || reason === 'outcome-unknown';
  await beginEnding(turn.deps, turn.session, known ? reason : 'outcome-unknown', note);
}

async function markUnknown(turn: Turn, note: string): Promise<void> {
  const at = turn.deps.clock.nowIso();
  await turn.session.write((state) => {
    const open = openAct(state);
    if (open === null) return null;
    const { index, item, action } = open;
    return {
      events: [
        { v: EVENT_VERSION, at, type: 'observed', index, item, action, result: 'unknown', note, evidence: null },
      ],
    };
  });
}

/** A throw means "unknown": look again at what is open; repeat only what reads; else end. */
async function storeThrow(turn: Turn, thrown: unknown, signal: AbortSignal): Promise<void> {
  const { deps, session, index } = turn;
  if (thrown instanceof LeaseLost || thrown instanceof StoreUnreachable) throw thrown;
  // Its end is stored already.
  if (thrown instanceof WitnessRefused) return;
  if (session.lost.aborted) throw new LeaseLost('lost while the step ran');
  if (turn.shutdown.aborted && (thrown instanceof Stopping || signal.aborted)) throw new Stopping('shutting down');
  await session.refresh();
  if (thrown instanceof GateTooOld) return await lookAgain(turn, thrown.message, deps.settings.retryMs);
  if (thrown instanceof WitnessAway) return await lookAgain(turn, thrown.message, thrown.afterMs);
  const open = openAct(session.state());
  const cancelled = session.state().cancel !== null;
  if (cancelled && open === null) return;
  if (signal.aborted && signal.reason === 'timeout') return await stopAt(turn, 'step-timed-out', '');
  const note = messageOf(thrown);
  deps.log.error('a step threw', { kind: turn.planned.kind, error: note });
  const failures = scratchOf(session.state(), index, '').failures + 1;
  const limit = open === null ? turn.step.retry.attempts : LOOKS;
  if (failures >= limit) {
    // What nobody could tell of a call stays untold when its step fails later, for instance because it would make it again.
    const isTold = session.state().acts.every((act) => act.index !== index || act.observed?.result !== 'unknown');
    return await stopAt(turn, open === null && isTold ? 'step-failed' : 'outcome-unknown', note);
  }
  const at = deps.clock.nowIso();
  const waitMs = Math.max(turn.step.retry.backoffMs, deps.settings.retryMs) * failures;
  const notBefore = new Date(deps.clock.nowMs() + waitMs).toISOString();
  await session.write((state) => ({
    scratch: {
      ...scratchOf(state, index, at),
      failures,
      notBefore,
      at,
      note: `unexpected error, looking again: ${note}`,
    },
  }));
}

/** Nothing went wrong: the step is asked again, and looks before it acts. The step's own limit bounds how often. */
async function lookAgain({ deps, session, index }: Turn, note: string, afterMs: number): Promise<void> {
  const at = deps.clock.nowIso();
  const notBefore = new Date(deps.clock.nowMs() + afterMs).toISOString();
  await session.write((state) => ({ scratch: { ...scratchOf(state, index, at), notBefore, at, note } }));
}
