import type { PlannedStep } from '../core/plan.ts';
import { openAct } from '../core/run-state.ts';
import type { AnyRunbook } from '../core/runbook.ts';
import type { AnyStep } from '../core/step.ts';
import { parseTime } from '../core/time.ts';
import { type AbortKind, messageOf } from './control-flow.ts';
import type { EngineDeps } from './deps.ts';
import type { Session } from './session.ts';

/** After the step's own limit an announced call is still looked at this long, ms. */
const SETTLE_GRACE_MS = 20 * 60_000;

/** One turn of a step. */
export interface Turn {
  readonly deps: EngineDeps;
  readonly session: Session;
  /** The runbook of the run, in the version of this worker. */
  readonly runbook: AnyRunbook;
  readonly step: AnyStep;
  readonly planned: PlannedStep;
  readonly index: number;
  readonly settleOnly: boolean;
  readonly shutdown: AbortSignal;
  /** When this worker began the turn, ms since the epoch. */
  readonly beganMs: number;
}

/** Until when the step may run. An announced call is looked at beyond that, counted anew by each worker. */
export function deadlineMs(turn: Turn): number {
  const state = turn.session.state();
  const startedAt = state.steps[turn.index]?.startedAt ?? turn.deps.clock.nowIso();
  const limitMs = parseTime(startedAt) + turn.step.timeoutMs(turn.planned.input);
  return openAct(state) === null ? limitMs : Math.max(limitMs, turn.beganMs) + SETTLE_GRACE_MS;
}

/**
 * Fires the step's signal on time-out and lost lease, on cancel while no announced call is open, and on shutdown: at
 * once while nothing is open, else when the call was looked at or the grace is over. Answers a function that ends it.
 */
export function watchStep(turn: Turn, abort: AbortController): () => void {
  const { deps, session, shutdown } = turn;
  const fire = (kind: AbortKind): void => abort.abort(kind);
  const onLost = (): void => fire('lease-lost');
  let stoppingSinceMs: number | null = null;
  const judgeShutdown = (): void => {
    stoppingSinceMs ??= deps.clock.nowMs();
    const graceIsOver = deps.clock.nowMs() - stoppingSinceMs >= deps.settings.shutdownGraceMs;
    if (openAct(session.state()) === null || graceIsOver) fire('shutdown');
  };
  if (shutdown.aborted) judgeShutdown();
  shutdown.addEventListener('abort', judgeShutdown);
  session.lost.addEventListener('abort', onLost);
  const done = new AbortController();
  const look = async (): Promise<void> => {
    while (!done.signal.aborted && !abort.signal.aborted) {
      await deps.clock.sleep(deps.settings.watchMs, done.signal);
      if (deps.clock.nowMs() >= deadlineMs(turn)) fire('timeout');
      if (shutdown.aborted) judgeShutdown();
      if (!(await readAnew(turn, done.signal))) continue;
      if (session.state().cancel !== null && openAct(session.state()) === null) fire('cancelled');
    }
  };
  look().catch((thrown: unknown) => {
    if (!done.signal.aborted) deps.log.warn('a running step is not watched any more', { error: messageOf(thrown) });
  });
  return () => {
    done.abort();
    shutdown.removeEventListener('abort', judgeShutdown);
    session.lost.removeEventListener('abort', onLost);
  };
}

/** Reads the run again if others wrote to it. False: the store is away; the step's own limit still holds. */
async function readAnew({ deps, session }: Turn, done: AbortSignal): Promise<boolean> {
  try {
    const record = await deps.store.read(session.lease.runId);
    if (record !== null && record.version !== session.state().version && !done.aborted) await session.refresh();
    return true;
  } catch (thrown) {
    deps.log.warn('a running step could not be looked at', { error: messageOf(thrown) });
    return false;
  }
}
