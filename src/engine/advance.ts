import { admit, needsAdmission } from '../core/admission.ts';
import { holderInWords, type LockEntry } from '../core/lock.ts';
import type { Next } from '../core/next.ts';
import { nextFor } from '../core/next.ts';
import { EVENT_VERSION } from '../core/run-event.ts';
import type { RunState } from '../core/run-state.ts';
import type { AnyRunbook } from '../core/runbook.ts';
import { admissionNow } from './admission.ts';
import { LeaseLost, messageOf, Stopping, StoreUnreachable } from './control-flow.ts';
import type { EngineDeps } from './deps.ts';
import { beginEnding, endRun } from './end-run.ts';
import { escalateGate, expireGate, openGateOf, remindGate } from './open-gate.ts';
import { planRun } from './plan-run.ts';
import { putBack } from './put-back.ts';
import { runStep } from './run-step.ts';
import { openSession, type Session } from './session.ts';
import { stillInAdvance } from './standing-gate.ts';
import { watchGate } from './watch-gate.ts';

/** Waiting time of a run that needs a newer worker, ms. */
const NEWER_WORKER_MS = 30_000;

/** How often a run that waits for its window looks at it again, ms. */
const WINDOW_LOOK_MS = 5 * 60_000;

/** How a wake-up ended. */
export type Advanced = 'held' | 'parked' | 'ended' | 'lost' | 'shutdown' | 'failed';

/** Advances one run as far as it goes now. A wake-up that finds the lease held ends at once. Never throws. */
export async function advance(given: EngineDeps, runId: string, shutdown: AbortSignal): Promise<Advanced> {
  let deps = { ...given, log: given.log.with({ run: runId }) };
  let session: Session | null = null;
  let how: Advanced;
  try {
    const lease = await deps.store.claim(runId, deps.settings.worker, deps.settings.leaseMs, deps.clock.nowMs());
    if (lease === null) return 'held';
    session = await openSession(deps, lease);
    deps = { ...deps, log: deps.log.with({ cluster: session.state().request?.cluster ?? '' }) };
    await deps.triggers.reach('claimed', runId);
    how = await drive(deps, session, shutdown);
  } catch (thrown) {
    how = await giveUp(deps, session, thrown, shutdown);
  } finally {
    session?.close();
  }
  deps.log.info('run was advanced', { how });
  return how;
}

async function giveUp(
  deps: EngineDeps,
  session: Session | null,
  thrown: unknown,
  shutdown: AbortSignal,
): Promise<Advanced> {
  if (thrown instanceof LeaseLost) return 'lost';
  if (thrown instanceof Stopping && shutdown.aborted && session !== null) {
    await deps.store.release(session.lease, deps.clock.nowMs()).catch(() => undefined);
    return 'shutdown';
  }
  if (thrown instanceof StoreUnreachable)
    deps.log.warn('the run store is away; the run goes on when it is back', { error: thrown.message });
  else
    deps.log.error('advancing a run threw', {
      error: messageOf(thrown),
      stack: thrown instanceof Error ? (thrown.stack ?? '') : '',
    });
  // The lease runs out by itself; the sweep finds the run then.
  return 'failed';
}

async function drive(deps: EngineDeps, session: Session, shutdown: AbortSignal): Promise<Advanced> {
  for (;;) {
    if (shutdown.aborted) throw new Stopping('shutting down');
    const state = session.state();
    const next = await stillApproved(deps, session, await admitted(deps, session, nextFor(state, deps.clock.nowMs())));
    if (next.do === 'nothing') return 'ended';
    const parkUntil = await turn(deps, session, next, shutdown);
    if (parkUntil === null) continue;
    const parked = await deps.store.park(session.lease, session.state().version, parkUntil);
    if (parked === 'lost-lease') return 'lost';
    if (parked === 'ok') {
      await deps.triggers.reach('parked', session.lease.runId);
      return 'parked';
    }
    await session.refresh();
  }
}

/** What comes next with freeze and window as they are now. The control store must answer: nothing is begun on a guess. */
async function admitted(deps: EngineDeps, session: Session, next: Next): Promise<Next> {
  const state = session.state();
  if (!needsAdmission(state, next)) return next;
  const cluster = state.request?.cluster ?? '';
  const admission = await session.ask(async () => await admissionNow(deps, cluster));
  return admit(session.state(), next, admission);
}

/** A run that waits, or is to take locks, ends when the standing approval that decided its gate stands no more. A step looks by itself. */
async function stillApproved(deps: EngineDeps, session: Session, next: Next): Promise<Next> {
  if (next.do !== 'hold' && next.do !== 'take-locks') return next;
  const { why } = await stillInAdvance(deps, session);
  return why === null ? next : { do: 'begin-ending', reason: 'approval-stale', note: why };
}

/** Says that the run waits, once for each opening, and parks: openings, freezes and clocks are looked at anew before long. */
async function waitForWindow(
  deps: EngineDeps,
  session: Session,
  { opensMs, tz }: Extract<Next, { do: 'hold' }>,
): Promise<number> {
  const at = deps.clock.nowIso();
  const opensAt = new Date(opensMs).toISOString();
  const words = deps.admission.calendar.words(opensMs, tz);
  await session.write((state) =>
    state.windowWait?.over === false && state.windowWait.opensAt === opensAt
      ? null
      : { events: [{ v: EVENT_VERSION, at, type: 'window-waiting', opensAt, words }] },
  );
  return Math.min(opensMs, deps.clock.nowMs() + WINDOW_LOOK_MS);
}

/** Does what is next. Answers when to park until, or `null` to go on. */
async function turn(
  deps: EngineDeps,
  session: Session,
  next: Exclude<Next, { do: 'nothing' }>,
  shutdown: AbortSignal,
): Promise<number | null> {
  switch (next.do) {
    case 'park-unknown':
      deps.log.warn('the run needs a newer worker', { what: next.what });
      return deps.clock.nowMs() + NEWER_WORKER_MS;
    case 'wait':
      return next.untilMs;
    case 'hold':
      return await waitForWindow(deps, session, next);
    case 'plan':
    case 'step':
    case 'watch-gate':
      return await withRunbook(deps, session, next, shutdown);
    case 'open-gate':
      await openGateOf(deps, session, next.gate);
      return null;
    case 'expire-gate':
      await expireGate(deps, session, next.gate);
      return null;
    case 'remind-gate':
      await remindGate(deps, session, next.gate);
      return null;
    case 'escalate-gate':
      await escalateGate(deps, session, next.gate);
      return null;
    case 'take-locks':
      return await takeLocks(deps, session, next.locks);
    case 'begin-ending':
      await beginEnding(deps, session, next.reason, next.note);
      return null;
    case 'clean-up':
      await putBack(deps, session, shutdown);
      return null;
    case 'end':
      await endRun(deps, session);
      return null;
  }
}

async function withRunbook(
  deps: EngineDeps,
  session: Session,
  next: Extract<Next, { do: 'plan' | 'step' | 'watch-gate' }>,
  shutdown: AbortSignal,
): Promise<number | null> {
  const runbook = runbookOf(deps, session);
  if (runbook === null) {
    deps.log.warn('this worker does not know the runbook, or only an older version of it');
    return deps.clock.nowMs() + NEWER_WORKER_MS;
  }
  if (next.do === 'plan') {
    await planRun(deps, session, runbook, shutdown);
    return null;
  }
  if (next.do === 'watch-gate') return await watchGate(deps, session, runbook, next, shutdown);
  const { plan, steps } = session.state();
  const approved = plan?.runbookVersion ?? runbook.version;
  // Once begun, the versions in the step kinds guard the meaning of what was approved.
  if (runbook.version > approved && steps.every((step) => step.status === 'pending')) {
    const note = `The runbook is version ${runbook.version} now, the plan was made by version ${approved}.`;
    await beginEnding(deps, session, 'plan-drifted', note);
    return null;
  }
  const turned = await runStep({ ...deps, log: deps.log.with({ step: next.index }) }, session, runbook, next, shutdown);
  if (turned.kind === 'continue') return null;
  deps.log.warn('the run needs a newer worker', { what: turned.what });
  return deps.clock.nowMs() + NEWER_WORKER_MS;
}

function runbookOf(deps: EngineDeps, session: Session): AnyRunbook | null {
  const { request, plan } = session.state();
  const runbook = deps.runbooks.find((each) => each.id === request?.runbook);
  if (runbook === undefined || request === null) return null;
  return runbook.version >= Math.max(request.runbookVersion, plan?.runbookVersion ?? 0) ? runbook : null;
}

async function takeLocks(deps: EngineDeps, session: Session, locks: readonly string[]): Promise<number | null> {
  const at = deps.clock.nowIso();
  const { request } = session.state();
  const entries = locks.map((name) => ({
    name,
    runId: session.lease.runId,
    owner: request?.actor.user ?? '',
    reason: request?.text ?? '',
    since: at,
  }));
  const taken = await session.write((state) =>
    state.locks === null
      ? { events: [{ v: EVENT_VERSION, at, type: 'locks-taken', locks: [...locks] }], takeLocks: entries }
      : null,
  );
  if (taken.kind !== 'lock-held') {
    await deps.triggers.reach('locks-taken', session.lease.runId);
    return null;
  }
  const { lock } = taken;
  if (request?.waitForLock !== true) {
    const reason = lock.holder === 'person' ? 'locked-by-hand' : 'lock-held';
    await beginEnding(deps, session, reason, lockNote(lock));
    return null;
  }
  await session.write((state) =>
    waitsFor(state, lock)
      ? null
      : {
          events: [
            { v: EVENT_VERSION, at, type: 'lock-waiting', lock: lock.name, heldBy: lock.runId, ...byHand(lock) },
          ],
        },
  );
  return deps.clock.nowMs() + deps.settings.lockPollMs;
}

function lockNote(lock: LockEntry): string {
  return lock.holder === 'person' ? holderInWords(lock) : `${lock.name} is held by ${lock.runId} since ${lock.since}`;
}

function byHand(lock: LockEntry): { byHand?: { user: string; reason: string; since: string } } {
  return lock.holder === 'person' ? { byHand: { user: lock.owner, reason: lock.reason, since: lock.since } } : {};
}

function waitsFor(state: RunState, lock: LockEntry): boolean {
  const { lockWait } = state;
  return (
    lockWait?.heldBy === lock.runId &&
    lockWait.lock === lock.name &&
    lockWait.byHand?.since === byHand(lock).byHand?.since
  );
}
