import type { GateSpec } from '../core/plan.ts';
import { mayDecide } from '../core/policy.ts';
import { EVENT_VERSION, type RunEvent } from '../core/run-event.ts';
import { foldRun, type GateState } from '../core/run-state.ts';
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
  const requester = session.state().request?.actor;
  const still = given.settled?.by.filter(
    (actor) =>
      mayDecide(deps.policy(), actor, gate.approvals) &&
      (gate.approvals.requesterMayApprove || actor.user !== requester?.user || actor.team !== requester.team),
  );
  return (still?.length ?? 0) >= gate.approvals.required ? given : null;
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
  await session.write((state) => {
    const now = state.gates.find((each) => each.spec.id === gate.spec.id);
    return now?.settled === null ? { events: [event] } : null;
  });
}
