import { type Actor, sameActor } from './actor.ts';
import { type Approvals, type GateSpec, isIrreversible, type PlannedStep } from './plan.ts';
import { decidingRoles, stricterOf, tally } from './policy/demands.ts';
import { type AskedNow, askedNow, demanded, POLICY_GATE, wrongChannel } from './policy/waiting.ts';
import { mayDecide, type Policy, rolesOf } from './policy.ts';
import type { Reason } from './reasons.ts';
import { EVENT_VERSION, type RunEvent, type RunRequest } from './run-event.ts';
import { type GateState, openGate, type RunState, type Vote } from './run-state.ts';
import type { StandingQuestion } from './standing-use.ts';
import { parseTime } from './time.ts';

/** A click or a command that answers a gate. `hash` is the plan hash the person saw (prefix allowed, at least 12 characters). */
export interface Ballot {
  readonly gate: string;
  readonly hash: string;
  readonly actor: Actor;
  readonly verdict: 'approve' | 'reject';
  /** Why (rejection), the typed text, or the choice. */
  readonly note: string | null;
  /** Slack channel it was cast in; left out: not known, which counts against it where rules name channels. */
  readonly channel?: string | null;
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
  const now = askedNow(state, policy, gate, nowMs);
  if (nowMs >= deadlineOf(gate, now.approvals)) return no('gate-expired', '');
  const counting: Counting = {
    policy,
    gate,
    ballot,
    approvals: now.approvals,
    requester: state.request?.actor ?? null,
  };
  const refusal =
    entitled(counting) ??
    misplaced(state, policy, ballot, nowMs) ??
    (ballot.verdict === 'reject' ? null : (countable(counting) ?? dismissed(gate, now)));
  if (refusal !== null) return refusal;
  return { ok: true, ...settle(counting, nowIso) };
}

type No = BallotResult & { readonly ok: false };

/** What a ballot is judged by. */
interface Counting {
  readonly policy: Policy;
  readonly gate: GateState;
  readonly ballot: Ballot;
  /** What is asked for now; never weaker than what the gate was opened with. */
  readonly approvals: Approvals;
  /** `null`: the record does not say who it was. */
  readonly requester: Actor | null;
}

function no(reason: Reason, why: string): No {
  return { ok: false, reason, why };
}

/** When the question ends, ms: as it was told, or sooner by the policy as it is now. */
function deadlineOf(gate: GateState, approvals: Approvals): number {
  return Math.min(parseTime(gate.expiresAt), parseTime(gate.openedAt) + approvals.expiresMs);
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

function entitled({ policy, gate, ballot, approvals }: Counting): No | null {
  const escalated = gate.escalatedAt !== null;
  if (mayDecide(policy, ballot.actor, approvals, escalated)) return null;
  return no('not-an-approver', `${decidingRoles(approvals, escalated).join(' or ')} may decide.`);
}

function misplaced(state: RunState, policy: Policy, { channel = null }: Ballot, nowMs: number): No | null {
  const why = wrongChannel(state, policy, { channel, nowMs });
  return why === null ? null : no('wrong-channel', why);
}

/** Nobody can approve for a person who may not ask any more. That work outside is done can still be said: nothing new is approved by it. */
function dismissed({ spec }: GateState, { permission }: AskedNow): No | null {
  if (spec.kind === 'continue') return null;
  return permission === null || permission.ok ? null : no('requester-not-permitted', '');
}

function countable({ gate, ballot, approvals, requester }: Counting): No | null {
  if (!approvals.requesterMayApprove && (requester === null || sameActor(requester, ballot.actor))) {
    return no('requester-may-not-approve', '');
  }
  if (gate.votes.some((vote) => vote.verdict === 'approve' && sameActor(vote.actor, ballot.actor)))
    return no('already-voted', '');
  if (gate.spec.expect !== null && ballot.note !== gate.spec.expect) {
    return no('wrong-answer', `Type exactly: ${gate.spec.expect}`);
  }
  if (gate.spec.kind === 'choice' && !gate.spec.choices.some((choice) => choice === ballot.note)) {
    return no('wrong-answer', `Choose one of: ${gate.spec.choices.join(', ')}${chosenWords(gate)}`);
  }
  return null;
}

/** What others chose before: only the same choice counts together. Empty: nobody chose. */
function chosenWords({ votes }: GateState): string {
  const chosen = votes.filter(({ verdict }) => verdict === 'approve');
  if (chosen.length === 0) return '';
  const each = chosen.map(({ actor, note }) => `<@${actor.user}> chose ${note ?? ''}`).join(', ');
  return `. ${each}; only the same choice counts together`;
}

function settle(
  counting: Counting,
  at: string,
): { events: readonly RunEvent[]; settled: 'approved' | 'rejected' | null } {
  const { gate, ballot } = counting;
  const { actor, verdict, note } = ballot;
  const same = { v: EVENT_VERSION, at, gate: gate.spec.id, hash: gate.hash, note } as const;
  const voted: RunEvent = { ...same, type: 'voted', actor, verdict };
  const settled = { ...same, type: 'gate-settled' } as const;
  if (verdict === 'reject') {
    return { events: [voted, { ...settled, verdict: 'rejected', by: [actor] }], settled: 'rejected' };
  }
  const by = whoSettles(counting);
  if (by === null) return { events: [voted], settled: null };
  return { events: [voted, { ...settled, verdict: 'approved', by: [...by] }], settled: 'approved' };
}

/**
 * The people who count, with this ballot, in the order of their votes; `null`: not enough. Somebody who lost the role since
 * voting no longer counts; nor, at a choice, who chose otherwise.
 */
function whoSettles({ policy, gate, ballot, approvals, requester }: Counting): readonly Actor[] | null {
  const agrees = (vote: Vote): boolean => gate.spec.kind !== 'choice' || vote.note === ballot.note;
  const counts = (actor: Actor): boolean =>
    approvals.requesterMayApprove || requester === null || !sameActor(requester, actor);
  const approvers = [...gate.votes.filter((vote) => vote.verdict === 'approve' && agrees(vote)), ballot]
    .map((vote) => vote.actor)
    .filter(counts);
  return approvingPeople(policy, approvals, approvers, gate.escalatedAt !== null);
}

/** The people who count for demands, in the given order; `null`: not enough. One person counts once. */
export function approvingPeople(
  policy: Policy,
  approvals: Approvals,
  approvers: readonly Actor[],
  escalated: boolean,
): readonly Actor[] | null {
  const home = approvers.filter((actor) => actor.team === policy.homeTeam);
  const users = home.map((actor) => actor.user);
  const rolesNow = (user: string): readonly string[] => rolesOf(policy, { team: policy.homeTeam ?? '', user });
  const { met, counted } = tally(approvals, users, rolesNow, escalated);
  if (!met) return null;
  const counting = new Set(counted.flat());
  return home.filter((actor, index) => counting.has(actor.user) && users.indexOf(actor.user) === index);
}

/**
 * The gate that policy and defaults demand for a plan, before its first step that changes anything; `null`: none. `added`: what
 * the policy asks for in addition when the plan is made. What cannot be taken back asks for the name of the cluster. `gateFirst`: it comes
 * before the first step, whatever that does.
 */
export function standardGate(
  request: RunRequest,
  steps: readonly PlannedStep[],
  added: Approvals | null = null,
  gateFirst = false,
): GateSpec | null {
  const { approvals: own, requires = null, defaultApprovals: defaults } = request;
  const asked = demanded({ approvals: own, requires: stricterOf(requires, added), defaults }, steps);
  if (asked === null || steps.length === 0) return null;
  const first = steps.findIndex((step) => step.risk !== 'read');
  const final = isIrreversible(steps);
  const question = request.standingQuestion;
  return {
    id: POLICY_GATE,
    kind: final ? 'typed' : 'approve',
    // The gate of a question comes before everything: nothing of its plan is executed.
    beforeStep: question === undefined && !gateFirst ? Math.max(0, first) : 0,
    title: question === undefined ? 'Approve this plan' : questionTitle(question),
    approvals: asked,
    expect: final ? request.cluster : null,
    choices: [],
  };
}

function questionTitle({ schedule, words }: StandingQuestion): string {
  return `Approve in advance every run of ${schedule} that is planned like this, until ${words}`;
}
