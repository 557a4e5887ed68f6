import { type Actor, sameActor } from './actor.ts';
import { isPassedOver } from './asked-about.ts';
import { approvalsAt } from './draft-gates.ts';
import { approvingPeople } from './gate.ts';
import { sameJson } from './json.ts';
import { type Approvals, hashedGate, isIrreversible } from './plan.ts';
import { demandWords } from './policy/demands.ts';
import { demanded, POLICY_GATE, questionOf } from './policy/waiting.ts';
import { type Policy, permit } from './policy.ts';
import type { RunRequest } from './run-event.ts';
import type { GateState, RunState } from './run-state.ts';
import { parseTime } from './time.ts';

/**
 * Judges once more, by a policy of one's own, what a record says was permitted and approved before a step. Whoever can write
 * to the store can write any event; this finds what the configuration and the known members of groups do not bear out.
 * Times are those at which the gates were settled, so that hours of the day count as they did then. Pure.
 *
 * @returns Why it does not hold, in words, people as mentions; `null`: it holds.
 */
export function unconfirmed(state: RunState, policy: Policy, index: number): string | null {
  const { request, plan } = state;
  if (request === null || plan === null) return 'The record does not say who asked for what.';
  const approved = state.gates.filter((gate) => gate.settled?.verdict === 'approved' && gate.spec.beforeStep <= index);
  const own = approved.find((gate) => gate.spec.id === POLICY_GATE);
  const atMs = parseTime(own?.settled?.at ?? state.requestedAt);
  const permission = permit(policy, questionOf(request, atMs));
  if (!permission.ok) return `<@${request.actor.user}> may not do this by the policy here: ${permission.why}`;
  const { approvals, requires } = permission;
  const asked = demanded({ approvals, requires, defaults: policy.defaultApprovals }, plan.steps);
  if (asked !== null && own === undefined)
    return `The policy here asks for ${demandWords(asked)}, and the record has no approval.`;
  if (own !== undefined && isIrreversible(plan.steps) && own.spec.expect !== request.cluster)
    return `A step cannot be taken back, and the gate "${own.spec.title}" does not ask for the name of the cluster.`;
  const left = plan.gates.find(
    (gate) =>
      gate.beforeStep <= index &&
      !isPassedOver(state, gate) &&
      !approved.some(({ spec }) => sameJson(hashedGate(spec), hashedGate(gate))),
  );
  if (left !== undefined)
    return `The plan asks "${left.title}" before this step, and the record does not have it answered as the plan asks it.`;
  const demand = { asked: asked ?? policy.defaultApprovals, allow: permission.allow };
  const policyGate = [frozenDemand(state, request), asked].filter((each) => each !== null);
  for (const gate of approved) {
    const more = gate === own ? policyGate : [approvalsAt(gate.spec, demand)];
    const why = gateUnconfirmed(request, policy, gate, [gate.spec.approvals, ...more]);
    if (why !== null) return why;
  }
  return null;
}

/** Whether what a gate waited for was seen, so that nobody had to answer. Only a *continue* gate that says what to look for can be settled so. */
function isObserved({ spec, settled }: GateState): boolean {
  return spec.kind === 'continue' && spec.watch !== undefined && settled?.observed !== undefined;
}

/**
 * Each of the demands must be met by those who decided. Not all of them together, as for a vote: a rule that names another
 * role beside the old one must not stop a run that both would have let pass.
 */
function gateUnconfirmed(
  request: RunRequest,
  policy: Policy,
  gate: GateState,
  demands: readonly Approvals[],
): string | null {
  const { by = [] } = gate.settled ?? {};
  if (by.length === 0 && isObserved(gate)) return null;
  const requesterCounts = demands.every((each) => each.requesterMayApprove);
  const counting = by.filter(
    (actor) => (requesterCounts || !sameActor(actor, request.actor)) && isVotedFor(gate, actor),
  );
  const unmet = demands.find((each) => approvingPeople(policy, each, counting, gate.escalatedAt !== null) === null);
  if (unmet === undefined) return null;
  const who = by.length === 0 ? 'nobody' : by.map((actor) => `<@${actor.user}>`).join(', ');
  return `The gate "${gate.spec.title}" asks for ${demandWords(unmet)}; the record says it was approved by ${who}.`;
}

/** What the request of the run asked for when it was made. */
function frozenDemand({ plan }: RunState, request: RunRequest): Approvals | null {
  const { approvals, requires = null, defaultApprovals: defaults } = request;
  return demanded({ approvals, requires, defaults }, plan?.steps ?? []);
}

/** Whether a decision goes back to that person's vote. An earlier approval that stands has no votes of its own. */
function isVotedFor(gate: GateState, actor: Actor): boolean {
  if (gate.votes.length === 0) return true;
  return gate.votes.some(
    (vote) =>
      vote.verdict === 'approve' &&
      sameActor(vote.actor, actor) &&
      (gate.spec.expect === null || vote.note === gate.spec.expect),
  );
}
