import { openCleanups, patientUntilMs, withWaiting } from '../core/put-back.ts';
import { EVENT_VERSION } from '../core/run-event.ts';
import type { CleanupState } from '../core/run-state.ts';
import type { AnyCleanup } from '../core/runbook.ts';
import { LeaseLost, messageOf, Stopping, StoreUnreachable } from './control-flow.ts';
import type { EngineDeps } from './deps.ts';
import type { Session } from './session.ts';

/** How often a cleanup is tried before a person is asked. */
const ATTEMPTS = 3;

interface Round {
  readonly deps: EngineDeps;
  readonly session: Session;
  readonly shutdown: AbortSignal;
  /** Until when it is tried what cannot be put back for now, ms since the epoch. */
  readonly untilMs: number;
  /** How often each was tried, by id. */
  readonly tried: Map<string, number>;
}

interface Trouble {
  readonly why: string;
  /** It says that it is only for now. */
  readonly later: boolean;
}

/**
 * Puts back what is still open, what was registered last first, and stores each result. One that cannot be put back for now is passed over
 * and has its turn again, so it does not hold up the others; the time for that is one for all, from the beginning of the ending. Throws
 * {@link Stopping} on shutdown: a successor begins anew with what is open then.
 */
export async function putBack(deps: EngineDeps, session: Session, shutdown: AbortSignal): Promise<void> {
  const untilMs = patientUntilMs(session.state()) ?? 0;
  const round: Round = { deps, session, shutdown, untilMs, tried: new Map() };
  for (let nth = 1; ; nth += 1) {
    for (const cleanup of openCleanups(session.state())) {
      if (shutdown.aborted) throw new Stopping('shutting down');
      await takeTurn(round, cleanup);
    }
    if (openCleanups(session.state()).length === 0) return;
    await pause(round, deps.settings.retryMs * Math.min(nth, ATTEMPTS));
  }
}

/** Tries one until it is put back, given up, or says that it cannot be for now. */
async function takeTurn(round: Round, cleanup: CleanupState): Promise<void> {
  const { deps, session, untilMs, tried } = round;
  const definition = deps.runbooks.flatMap((runbook) => runbook.cleanups).find((each) => each.kind === cleanup.kind);
  if (definition === undefined) return await settle(round, cleanup, `this version does not know ${cleanup.kind}`);
  for (;;) {
    if (session.lost.aborted) throw new LeaseLost('lost during cleanup');
    const trouble = await restoreOnce(deps, session, definition, cleanup);
    if (trouble === null) return await settle(round, cleanup, null);
    const attempt = (tried.get(cleanup.id) ?? 0) + 1;
    tried.set(cleanup.id, attempt);
    const { why, later } = trouble;
    const patienceOver = !later || deps.clock.nowMs() >= untilMs;
    if (attempt >= ATTEMPTS && patienceOver) return await settle(round, cleanup, why);
    deps.log.warn('something could not be put back yet; it is tried again', { cleanup: cleanup.id, why });
    if (later) return await tellWaiting(round, cleanup, why);
    await pause(round, deps.settings.retryMs * Math.min(attempt, ATTEMPTS));
  }
}

/** Stores that it is put back, or why it is given up. */
async function settle({ deps, session }: Round, { id }: CleanupState, problem: string | null): Promise<void> {
  await deps.triggers.reach('cleanup-restored', session.lease.runId);
  const at = deps.clock.nowIso();
  await session.write((state) => {
    if (state.cleanups.find((each) => each.id === id)?.status !== 'registered') return null;
    if (problem === null) return { events: [{ v: EVENT_VERSION, at, type: 'cleanup-done', id }] };
    return { events: [{ v: EVENT_VERSION, at, type: 'cleanup-failed', id, note: problem }] };
  });
  await deps.triggers.reach('cleanup-after-store', session.lease.runId);
}

/** So that the card says what is still open, and what to type, while it is waited for. */
async function tellWaiting({ deps, session }: Round, { id }: CleanupState, why: string): Promise<void> {
  const at = deps.clock.nowIso();
  await session.write((state) => {
    const scratch = withWaiting(state, id, why, at);
    return scratch === null ? null : { scratch };
  });
}

async function restoreOnce(
  deps: EngineDeps,
  session: Session,
  definition: AnyCleanup,
  cleanup: CleanupState,
): Promise<Trouble | null> {
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
async function pause({ deps, session, shutdown }: Round, ms: number): Promise<void> {
  try {
    await deps.clock.sleep(ms, AbortSignal.any([session.lost, shutdown]));
  } catch (thrown) {
    if (session.lost.aborted) throw new LeaseLost('lost during cleanup');
    if (shutdown.aborted) throw new Stopping('shutting down');
    throw thrown;
  }
}
