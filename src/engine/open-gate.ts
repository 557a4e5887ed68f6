import { sameActor } from '../core/actor.ts';
import { approvingPeople } from '../core/gate.ts';
import type { GateSpec } from '../core/plan.ts';
import { askedNow } from '../core/policy/waiting.ts';
import { EVENT_VERSION, type RunEvent, type RunEventOf } from '../core/run-event.ts';
import { foldRun, type GateState, type RunState } from '../core/run-state.ts';
import type { InAdvance } from '../core/standing-use.ts';
import { parseTime } from '../core/time.ts';
import type { EngineDeps } from './deps.ts';
import type { Session } from './session.ts';
import { type StandingAt, standingAt } from './standing-gate.ts';

/**
 * Opens a gate. After a drift with the same plan hash, the approval given before still stands until it expires; a standing approval of
 * a schedule that counts decides it in the same write.
 */
export async function openGateOf(deps: EngineDeps, session: Session, gate: GateSpec): Promise<void> {
  const before = await approvalBeforeDrift(deps, session, gate, session.state().planHash ?? '');
  if (before !== null && before.settled?.inAdvance === undefined) await openAsBefore(deps, session, gate, before);
  else await openStanding(deps, session, gate, before?.settled?.inAdvance ?? null);
  await deps.triggers.reach('gate-opened', session.lease.runId);
}

async function openAsBefore(deps: EngineDeps, session: Session, gate: GateSpec, before: GateState): Promise<void> {
  const { expiresAt } = before;
  const after = session.state().request?.after ?? '';
  const note = `The plan is the same as that of ${after}, so its approval stands.`;
  const events = [
    openedAt(deps, session, gate, { expiresAt }),
    ...escalatedAs(deps, session, gate, before.escalatedAt !== null),
    approvedAt(deps, session, gate, { by: [...(before.settled?.by ?? [])], note }),
  ];
  await session.write((state) => (isOpened(state, gate) ? null : { events }));
}

/** `used`: a run before this one was approved in advance and drifted; then people are asked anew. */
async function openStanding(deps: EngineDeps, session: Session, gate: GateSpec, used: InAdvance | null): Promise<void> {
  for (;;) {
    const standing = used === null ? await standingAt(deps, session, gate) : drifted(used);
    const expiresAt = new Date(deps.clock.nowMs() + gate.approvals.expiresMs).toISOString();
    const opened = openedAt(deps, session, gate, {
      expiresAt,
      ...(standing?.not === undefined ? {} : { notInAdvance: standing.not }),
    });
    const settled =
      standing?.met === undefined
        ? []
        : [
            ...escalatedAs(deps, session, gate, standing.escalated === true),
            approvedAt(deps, session, gate, standing.met),
          ];
    const guard = standing?.guard === undefined ? {} : { guard: standing.guard };
    await deps.triggers.reach('gate-judged', session.lease.runId);
    const written = await session.write((state) =>
      isOpened(state, gate) ? null : { events: [opened, ...settled], ...guard },
    );
    // The standing approval was revoked, ended or renewed meanwhile: it is judged as it is now.
    if (written.kind !== 'unguarded') return;
  }
}

function drifted({ schedule }: InAdvance): StandingAt {
  return { not: { schedule, why: 'the cluster changed after a plan that was approved in advance' } };
}

function isOpened(state: RunState, gate: GateSpec): boolean {
  return state.gates.some((each) => each.spec.id === gate.id);
}

function openedAt(
  deps: EngineDeps,
  session: Session,
  gate: GateSpec,
  more: Pick<RunEventOf<'gate-opened'>, 'expiresAt' | 'notInAdvance'>,
): RunEvent {
  const hash = session.state().planHash ?? '';
  return { v: EVENT_VERSION, at: deps.clock.nowIso(), type: 'gate-opened', gate, hash, ...more };
}

/** A gate that opens decided by who stood in says so itself: whoever confirms the decision has only its own record. */
function escalatedAs(deps: EngineDeps, session: Session, gate: GateSpec, escalated: boolean): readonly RunEvent[] {
  return escalated && gate.approvals.escalate !== undefined
    ? [escalatedAt(deps, { spec: gate, hash: session.state().planHash ?? '' })]
    : [];
}

function escalatedAt(deps: EngineDeps, { spec, hash }: Pick<GateState, 'spec' | 'hash'>): RunEvent {
  const to = [...(spec.approvals.escalate?.to ?? [])];
  return { v: EVENT_VERSION, at: deps.clock.nowIso(), type: 'gate-escalated', gate: spec.id, hash, to };
}

function approvedAt(
  deps: EngineDeps,
  session: Session,
  gate: GateSpec,
  more: Pick<RunEventOf<'gate-settled'>, 'by' | 'note' | 'inAdvance'>,
): RunEvent {
  const hash = session.state().planHash ?? '';
  const at = deps.clock.nowIso();
  return { v: EVENT_VERSION, at, type: 'gate-settled', gate: gate.id, hash, verdict: 'approved', ...more };
}

async function approvalBeforeDrift(
  deps: EngineDeps,
  session: Session,
  gate: GateSpec,
  hash: string,
): Promise<GateState | null> {
  const after = session.state().request?.after ?? null;
  const record = after === null ? null : await deps.store.read(after);
  if (record === null) return null;
  const before = foldRun(record);
  const given = before.gates.find((each) => each.spec.id === gate.id && each.settled?.verdict === 'approved');
  if (before.ended?.reason !== 'plan-drifted' || given === undefined) return null;
  // That work outside was done for the run before, or what came up in it, says nothing of this one.
  if (gate.kind === 'continue' || gate.about !== undefined) return null;
  if (given.settled?.inAdvance !== undefined) return given;
  if (before.planHash !== hash || deps.clock.nowMs() >= parseTime(given.expiresAt)) return null;
  return stillCounts(deps, session.state(), { ...given, spec: gate }) ? given : null;
}

/** Whether those who approved before still meet what the policy asks for now, for who asks now. */
function stillCounts(deps: EngineDeps, state: RunState, gate: GateState): boolean {
  const policy = deps.policy();
  const { permission, approvals } = askedNow(state, policy, gate, deps.clock.nowMs());
  const requester = state.request?.actor;
  if (permission?.ok !== true || requester === undefined) return false;
  const by = (gate.settled?.by ?? []).filter((actor) => approvals.requesterMayApprove || !sameActor(actor, requester));
  return approvingPeople(policy, approvals, by, gate.escalatedAt !== null) !== null;
}

/** Settles a gate that nobody decided in time: no answer means no. */
export async function expireGate(deps: EngineDeps, session: Session, gate: GateState): Promise<void> {
  const event: RunEvent = {
    v: EVENT_VERSION,
    at: deps.clock.nowIso(),
    type: 'gate-settled',
    gate: gate.spec.id,
    hash: gate.hash,
    verdict: 'expired',
    by: [],
    note: null,
  };
  await writeAt(session, gate, event);
}

/** Records that those who can still decide are reminded; the projector tells them. */
export async function remindGate(deps: EngineDeps, session: Session, gate: GateState): Promise<void> {
  const at = deps.clock.nowIso();
  await writeAt(session, gate, { v: EVENT_VERSION, at, type: 'gate-reminded', gate: gate.spec.id, hash: gate.hash });
}

/** From here on the roles that the gate escalates to may decide too; the projector tells them. */
export async function escalateGate(deps: EngineDeps, session: Session, gate: GateState): Promise<void> {
  await writeAt(session, gate, escalatedAt(deps, gate));
}

/** Writes an event of a gate unless it was decided meanwhile. */
async function writeAt(session: Session, gate: GateState, event: RunEvent): Promise<void> {
  await session.write((state) => {
    const now = state.gates.find((each) => each.spec.id === gate.spec.id);
    return now?.settled === null ? { events: [event] } : null;
  });
}
