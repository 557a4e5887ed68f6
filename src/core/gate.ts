import { type Actor, sameActor } from './actor.ts';
import { type GateSpec, needsApproval, type PlannedStep } from './plan.ts';
import { mayDecide, type Policy } from './policy.ts';
import type { Reason } from './reasons.ts';
import { EVENT_VERSION, type RunEvent, type RunRequest } from './run-event.ts';
import { type GateState, openGate, type RunState, type Vote } from './run-state.ts';
import { parseTime } from './time.ts';

/** A click or a command that answers a gate. `hash` is the plan hash the person saw (prefix allowed, at least 12 characters). */
export interface Ballot {
  readonly gate: string;
  readonly hash: string;
  readonly actor: Actor;
  readonly verdict: 'approve' | 'reject';
  /** Why (rejection), the typed text, or the choice. */
  readonly note: string | null;
}

/** What a ballot leads to: events to store, or a reason for the person. */
export type BallotResult =
  | { readonly ok: true; readonly events: readonly RunEvent[]; readonly settled: 'approved' | 'rejected' | null }
  | { readonly ok: false; readonly reason: Reason; readonly why: string };

/** Judges one ballot against the run as it is now. Pure; the store makes it atomic by compare-and-set. */
export function castBallot(
  state: RunState,
  policy: Policy,
  ballot: Ballot,
  nowMs: number,
  nowIso: string,
): BallotResult {
  if (state.ended !== null) return no('run-ended', '');
  if (state.ending !== null || state.cancel !== null) return no('run-stopping', '');
  const gate = state.gates.find((each) => each.spec.id === ballot.gate);
  if (gate === undefined) return no('no-gate-open', '');
  if (!hashMatches(gate.hash, ballot.hash)) return no('plan-changed', '');
  if (gate.settled !== null) return no('gate-settled', describeSettled(gate));
  if (openGate(state) !== gate) return no('no-gate-open', '');
  if (nowMs >= parseTime(gate.expiresAt)) return no('gate-expired', '');
  const refusal = entitled(state, policy, gate, ballot);
  if (refusal !== null) return refusal;
  return { ok: true, ...settle(gate, policy, ballot, nowIso) };
}

function no(reason: Reason, why: string): BallotResult & { readonly ok: false } {
  return { ok: false, reason, why };
}

function hashMatches(full: string, given: string): boolean {
  return given.length >= 12 && full.startsWith(given);
}

function describeSettled(gate: GateState): string {
  const who = gate.settled?.by.map((actor) => `<@${actor.user}>`).join(', ') ?? '';
  return who === ''
    ? `It was ${gate.settled?.verdict ?? 'settled'}.`
    : `It was ${gate.settled?.verdict ?? 'settled'} by ${who}.`;
}

function entitled(
  state: RunState,
  policy: Policy,
  gate: GateState,
  ballot: Ballot,
): (BallotResult & { readonly ok: false }) | null {
  const { approvals } = gate.spec;
  if (!mayDecide(policy, ballot.actor, approvals)) {
    return no('not-an-approver', `${approvals.from.join(' or ')} may decide.`);
  }
  if (ballot.verdict === 'reject') return null;
  const requester = state.request?.actor;
  if (!approvals.requesterMayApprove && (requester === undefined || sameActor(requester, ballot.actor))) {
    return no('requester-may-not-approve', '');
  }
  if (gate.votes.some((vote) => vote.verdict === 'approve' && sameActor(vote.actor, ballot.actor)))
    return no('already-voted', '');
  if (gate.spec.expect !== null && ballot.note !== gate.spec.expect) {
    return no('broken-button', `Type exactly: ${gate.spec.expect}`);
  }
  if (gate.spec.kind === 'choice' && !gate.spec.choices.some((choice) => choice === ballot.note)) {
    return no('broken-button', `Choose one of: ${gate.spec.choices.join(', ')}`);
  }
  return null;
}

function settle(
  gate: GateState,
  policy: Policy,
  ballot: Ballot,
  at: string,
): { events: readonly RunEvent[]; settled: 'approved' | 'rejected' | null } {
  const voted: RunEvent = {
    v: EVENT_VERSION,
    at,
    type: 'voted',
    gate: gate.spec.id,
    hash: gate.hash,
    actor: ballot.actor,
    verdict: ballot.verdict,
    note: ballot.note,
  };
  const settled = {
    v: EVENT_VERSION,
    at,
    type: 'gate-settled',
    gate: gate.spec.id,
    hash: gate.hash,
    note: ballot.note,
  } as const;
  if (ballot.verdict === 'reject') {
    return { events: [voted, { ...settled, verdict: 'rejected', by: [ballot.actor] }], settled: 'rejected' };
  }
  // Somebody who lost the role since voting no longer counts; nor, at a choice, who chose otherwise.
  const agrees = (vote: Vote): boolean => gate.spec.kind !== 'choice' || vote.note === ballot.note;
  const approvers = gate.votes
    .filter((vote) => vote.verdict === 'approve' && agrees(vote))
    .filter((vote) => mayDecide(policy, vote.actor, gate.spec.approvals))
    .map((vote) => vote.actor);
  const by = [...approvers, ballot.actor];
  if (by.length < gate.spec.approvals.required) return { events: [voted], settled: null };
  return { events: [voted, { ...settled, verdict: 'approved', by }], settled: 'approved' };
}

/** The gate that policy and defaults demand for a plan, before its first step that changes anything; `null`: none. */
export function standardGate(request: RunRequest, steps: readonly PlannedStep[]): GateSpec | null {
  const disruptive = needsApproval(steps);
  const approvals = request.approvals ?? (disruptive ? request.defaultApprovals : null);
  if (approvals === null || steps.length === 0) return null;
  const first = steps.findIndex((step) => step.risk !== 'read');
  return {
    id: 'approve',
    kind: 'approve',
    beforeStep: Math.max(0, first),
    title: 'Approve this plan',
    approvals,
    expect: null,
    choices: [],
  };
}
