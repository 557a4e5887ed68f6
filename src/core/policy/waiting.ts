import { type Approvals, needsApproval, type PlannedStep } from '../plan.ts';
import { type Permission, type Policy, permit, type Question } from '../policy.ts';
import type { RunRequest } from '../run-event.ts';
import type { GateState, RunState } from '../run-state.ts';
import { stricter, stricterOf } from './demands.ts';

/** Id of the gate that policy and defaults ask for; runbooks name theirs otherwise. */
export const POLICY_GATE = 'approve';

/** What the request of a run asks of the policy, at a time. */
export function questionOf(request: RunRequest, nowMs: number): Question {
  return {
    actor: request.actor,
    // Runs from before channels were kept: where the card is.
    channel: request.channel === undefined ? request.origin.channel : request.channel,
    cluster: request.cluster,
    verb: request.policyVerb,
    ...(request.undoes === undefined ? {} : { undoes: request.undoes }),
    flags: request.flags ?? [],
    nowMs,
    outsideWindow: request.outsideWindow ?? false,
  };
}

/** What is asked for in all: by the rule that permits it, else by the defaults where a plan disrupts, and by requirements. */
export function demanded(
  asked: { readonly approvals: Approvals | null; readonly requires: Approvals | null; readonly defaults: Approvals },
  steps: readonly PlannedStep[],
): Approvals | null {
  return stricterOf(asked.approvals ?? (needsApproval(steps) ? asked.defaults : null), asked.requires);
}

/** What a gate asks for under the policy as it is now. */
export interface AskedNow {
  /** Whether the person who asked for the run may still do that; `null`: the record does not say who it was. */
  readonly permission: Permission | null;
  /** The gate's own demands, with what the policy asks for now. Never weaker than the gate's own. */
  readonly approvals: Approvals;
}

/** Judges a waiting gate by the policy as it is now. */
export function askedNow(state: RunState, policy: Policy, gate: GateState, nowMs: number): AskedNow {
  const own = gate.spec.approvals;
  if (state.request === null) return { permission: null, approvals: own };
  const permission = permit(policy, questionOf(state.request, nowMs));
  // Work outside was done or not, whatever the policy says by now of asking for such a run.
  if (!permission.ok || gate.spec.kind === 'continue') return { permission, approvals: own };
  const { approvals, requires } = permission;
  const now = demanded({ approvals, requires, defaults: policy.defaultApprovals }, state.plan?.steps ?? []);
  return { permission, approvals: now === null ? own : stricter(own, now) };
}

/** Why a word to a run does not count where it was said; `null`: it does. Only rules that name channels speak of that. */
export function wrongChannel(
  state: RunState,
  policy: Policy,
  said: { readonly channel: string | null; readonly nowMs: number },
): string | null {
  if (state.request === null) return null;
  const question = questionOf(state.request, said.nowMs);
  if (!permit(policy, question).ok) return null;
  const there = permit(policy, { ...question, channel: said.channel });
  return there.ok ? null : there.why;
}
