import { sameActor } from '../core/actor.ts';
import { approvingPeople } from '../core/gate.ts';
import type { GateSpec } from '../core/plan.ts';
import { askedNow } from '../core/policy/waiting.ts';
import { EVENT_VERSION, type RunEvent } from '../core/run-event.ts';
import { foldRun, type GateState, type RunState } from '../core/run-state.ts';
import { parseTime } from '../core/time.ts';
import type { EngineDeps } from './deps.ts';
import type { Session } from './session.ts';

/** Opens a gate. After a drift with the same plan hash, the approval given before still stands until it expires. */
export async function openGateOf(deps: EngineDeps, session: Session, gate: GateSpec): Promise<void> {
  const nowMs = deps.clock.nowMs();
  const at = deps.clock.nowIso();
  const hash = session.state().planHash ?? '';
  const standing = await standingApproval(deps, session, gate, hash);
  const expiresAt = standing?.expiresAt ?? new Date(nowMs + gate.approvals.expiresMs).toISOString();
  const opened: RunEvent = { v: EVENT_VERSION, at, type: 'gate-opened', gate, hash, expiresAt };
  const settled: readonly RunEvent[] =
    standing?.settled === null || standing === null
      ? []
      : [
          {
            v: EVENT_VERSION,
            at,
            type: 'gate-settled',
            gate: gate.id,
            hash,
            verdict: 'approved',
            by: [...standing.settled.by],
            note: `The plan is the same as that of ${session.state().request?.after ?? ''}, so its approval stands.`,
          },
        ];
  await session.write((state) =>
    state.gates.some((each) => each.spec.id === gate.id) ? null : { events: [opened, ...settled] },
  );
  await deps.triggers.reach('gate-opened', session.lease.runId);
}

async function standingApproval(
  deps: EngineDeps,
  session: Session,
  gate: GateSpec,
  hash: string,
): Promise<GateState | null> {
  const after = session.state().request?.after ?? null;
  const record = after === null ? null : await deps.store.read(after);
  if (record === null) return null;
  const before = foldRun(record);
  if (before.ended?.reason !== 'plan-drifted' || before.planHash !== hash) return null;
  const given = before.gates.find((each) => each.spec.id === gate.id && each.settled?.verdict === 'approved');
  if (given === undefined || deps.clock.nowMs() >= parseTime(given.expiresAt)) return null;
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
  const at = deps.clock.nowIso();
  const to = [...(gate.spec.approvals.escalate?.to ?? [])];
  await writeAt(session, gate, {
    v: EVENT_VERSION,
    at,
    type: 'gate-escalated',
    gate: gate.spec.id,
    hash: gate.hash,
    to,
  });
}

/** Writes an event of a gate unless it was decided meanwhile. */
async function writeAt(session: Session, gate: GateState, event: RunEvent): Promise<void> {
  await session.write((state) => {
    const now = state.gates.find((each) => each.spec.id === gate.spec.id);
    return now?.settled === null ? { events: [event] } : null;
  });
}
