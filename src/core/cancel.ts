import { type Actor, sameActor } from './actor.ts';
import { mayDecide, type Policy } from './policy.ts';
import type { RunState } from './run-state.ts';

/** Whether a person may cancel a run: who asked for it, and whoever may decide at its gates or by what the policy asked for. */
export function mayCancel(policy: Policy, state: RunState, actor: Actor): boolean {
  const { request } = state;
  if (request === null || policy.homeTeam === null || policy.homeTeam !== actor.team) return false;
  if (sameActor(request.actor, actor)) return true;
  const escalated = state.gates.some((gate) => gate.escalatedAt !== null);
  const demands = [...state.gates.map((gate) => gate.spec.approvals), request.approvals ?? request.defaultApprovals];
  const more = request.requires === undefined || request.requires === null ? [] : [request.requires];
  return [...demands, ...more].some((approvals) => mayDecide(policy, actor, approvals, escalated));
}
