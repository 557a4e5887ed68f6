import { z } from 'zod';
import { Actor, sameActor } from './actor.ts';
import { approvingPeople } from './gate.ts';
import { JsonObject, sameJson } from './json.ts';
import { Approvals, type GateSpec, isIrreversible, type Plan, Risk } from './plan.ts';
import { demandsOf, demandWords, stricter, stricterOf } from './policy/demands.ts';
import { demanded, POLICY_GATE, questionOf } from './policy/waiting.ts';
import { type Policy, permit } from './policy.ts';
import type { RunRequest } from './run-event.ts';
import type { PeopleLook } from './standing-use.ts';
import { parseTime } from './time.ts';

/** What of a plan people approved in advance: a later plan must be like this. */
export const StandingShape = z.object({
  identity: z.string(),
  runbook: z.string(),
  runbookVersion: z.number().int(),
  params: JsonObject,
  /** Sorted. */
  flags: z.array(z.string()),
  steps: z.array(z.object({ kind: z.string(), risk: Risk })),
  /** Warnings that were shown: id and title. */
  warnings: z.array(z.string()),
});
export type StandingShape = z.infer<typeof StandingShape>;

/** A standing approval that is asked for. Times are ISO. */
export const StandingAsked = z.object({
  by: Actor,
  at: z.string(),
  /** When it will end if it is granted: stated before anybody decides. */
  until: z.string(),
  /** Tells this question from earlier ones of the schedule. */
  key: z.string(),
  /** The run that asks; `null`: not proposed yet. */
  run: z.string().nullable(),
});
export type StandingAsked = z.infer<typeof StandingAsked>;

/** A standing approval that was granted. It stays when it is over, so that runs can say why it does not count. */
export const StandingGrant = z.object({
  /** The run in which it was granted. */
  question: z.string(),
  shape: StandingShape,
  /** What was demanded of those who granted it. */
  approvals: Approvals,
  escalated: z.boolean(),
  by: z.array(Actor).min(1),
  askedAt: z.string(),
  at: z.string(),
  until: z.string(),
  /** The channel was reminded that it ends. */
  reminded: z.boolean(),
  over: z.object({ why: z.enum(['expired', 'revoked']), at: z.string(), by: Actor.nullable() }).nullable(),
});
export type StandingGrant = z.infer<typeof StandingGrant>;

/** All about the standing approval of one schedule, as it is stored. */
export const StandingApproval = z.object({
  schedule: z.string(),
  cluster: z.string(),
  asked: StandingAsked.nullable(),
  granted: StandingGrant.nullable(),
});
export type StandingApproval = z.infer<typeof StandingApproval>;

/** The flag with which questions are put to the policy, beside those of the command: rules may ask for more, or forbid it. */
export const STANDING_FLAG = 'standing';
/** The longest a standing approval may last where nothing else is configured, ms. */
export const LONGEST_STANDING_MS = 90 * 86_400_000;
/** The shortest, ms: a shorter one would end before its schedule comes twice. */
export const LEAST_STANDING_MS = 60 * 60_000;
/** How old the bot's look at people may be when the worker judges, ms: as old as lists of user groups may be. */
export const LOOK_STANDS_MS = 10 * 60_000;
/** How long before its end the channel is reminded, ms; half its time where that is shorter. */
const REMIND_MS = 7 * 86_400_000;

/** The longest a standing approval may last by this policy, ms. */
export function longestStanding(policy: Policy): number {
  return policy.longestStandingMs ?? LONGEST_STANDING_MS;
}

/** When a grant ends by the policy as it is now, ms: a limit that was lowered since counts. */
export function endOfGrant({ askedAt, until }: StandingGrant, policy: Policy): number {
  return Math.min(parseTime(until), parseTime(askedAt) + longestStanding(policy));
}

/** When the channel is to be reminded that a grant ends, ms. */
export function remindOfGrant(grant: StandingGrant, policy: Policy): number {
  const endMs = endOfGrant(grant, policy);
  return endMs - Math.min(REMIND_MS, (endMs - parseTime(grant.at)) / 2);
}

/** What of a plan is compared. */
export function shapeOf(plan: Plan, flags: readonly string[]): StandingShape {
  return {
    identity: plan.identity,
    runbook: plan.runbook,
    runbookVersion: plan.runbookVersion,
    params: plan.params,
    flags: [...new Set(flags)].filter((flag) => flag !== STANDING_FLAG).toSorted(),
    steps: plan.steps.map(({ kind, risk }) => ({ kind, risk })),
    warnings: [
      ...new Set(plan.checks.filter(({ verdict }) => verdict !== 'pass').map(({ id, title }) => `${id}: ${title}`)),
    ],
  };
}

/** Whether plans like this can be approved in advance: one gate, the policy's own, answered by a click, and nothing final. */
export function canBeStanding(plan: Plan): boolean {
  const [gate, ...further] = plan.gates;
  return gate !== undefined && further.length === 0 && answeredInAdvance(gate, plan);
}

function answeredInAdvance(gate: GateSpec, plan: Plan): boolean {
  return gate.id === POLICY_GATE && gate.kind === 'approve' && gate.expect === null && !isIrreversible(plan.steps);
}

/** What a standing approval is judged by, at the gate of a run. */
export interface StandingCase {
  /** The record as it is now; `null`: there is none, or it cannot be read. */
  readonly record: StandingApproval | null;
  readonly request: RunRequest;
  readonly plan: Plan;
  readonly gate: GateSpec;
  readonly policy: Policy;
  readonly nowMs: number;
}

/** Whether it meets the gate, and by whom; or why it does not, in words that follow "because". */
export type StandingVerdict =
  | { readonly counts: true; readonly by: readonly Actor[]; readonly grant: StandingGrant }
  | { readonly counts: false; readonly why: string };

/** Judges whether a standing approval meets a gate. Pure; in doubt it does not. */
export function judgeStanding(given: StandingCase): StandingVerdict {
  const { request, record, plan, gate, policy, nowMs } = given;
  const grant = record?.granted ?? null;
  const use = request.standing;
  if (use === undefined || grant === null || record?.schedule !== use.schedule) return no('there is none');
  if (grant.question !== use.question) return no('another one was granted since this run was proposed');
  const ended = endWords(grant, policy, nowMs);
  if (ended !== null) return no(ended);
  if (request.after !== null) return no('the cluster changed since it was planned');
  if (!answeredInAdvance(gate, plan)) return no('a plan like this must be approved each time');
  const other = differenceOf(grant.shape, shapeOf(plan, request.flags ?? []));
  if (other !== null) return no(other);
  const { look } = use;
  if (look === null || Math.abs(nowMs - parseTime(look.at)) >= LOOK_STANDS_MS)
    return no('it could not be looked up in time whether those who granted it still may');
  return judgePeople(given, grant, asSeen(policy, look));
}

function judgePeople(
  { request, plan, gate, nowMs }: StandingCase,
  grant: StandingGrant,
  policy: Policy,
): StandingVerdict {
  const question = questionOf(request, nowMs);
  // A rule may forbid or tighten approvals in advance themselves, also those that are granted already.
  const permission = permit(policy, { ...question, flags: [...question.flags, STANDING_FLAG] });
  if (!permission.ok)
    return no(`the person who scheduled it may not ask for it now: ${permission.why.replace(/\.$/, '')}`);
  const { approvals, requires } = permission;
  const now = demanded({ approvals, requires, defaults: policy.defaultApprovals }, plan.steps);
  const asked = stricterOf(gate.approvals, now) ?? gate.approvals;
  const all = stricter(grant.approvals, asked);
  if (demandKey(all) !== demandKey(stricter(grant.approvals, grant.approvals)))
    return no(`the policy asks for more now: ${demandWords(all)}`);
  const others = grant.by.filter((actor) => all.requesterMayApprove || !sameActor(actor, request.actor));
  const by = approvingPeople(policy, all, others, grant.escalated);
  return by === null ? no('those who granted it do not meet what is asked for any more') : { counts: true, by, grant };
}

function no(why: string): StandingVerdict {
  return { counts: false, why };
}

/** Why a grant is over, in words; `null`: it is not. */
function endWords(grant: StandingGrant, policy: Policy, nowMs: number): string | null {
  const { over } = grant;
  if (over?.why === 'revoked')
    return `it was revoked${over.by === null ? '' : ` by <@${over.by.user}>`}, ${stamp(over.at)}`;
  if (over !== null) return `it is over since ${stamp(over.at)}`;
  return nowMs < endOfGrant(grant, policy) ? null : 'it is over';
}

function stamp(iso: string): string {
  return `${iso.slice(0, 16).replace('T', ' ')} UTC`;
}

/** What differs between the plan that was shown and one of now; `null`: nothing that matters. */
function differenceOf(shown: StandingShape, now: StandingShape): string | null {
  if (now.identity === '' || shown.identity !== now.identity)
    return 'it is another cluster than the one it was granted for';
  if (shown.runbook !== now.runbook || shown.runbookVersion !== now.runbookVersion)
    return 'the runbook is another one, or of another version';
  if (!sameJson(shown.params, now.params) || !sameJson(shown.flags, now.flags)) return 'the command is another one';
  if (!sameJson(shown.steps, now.steps)) return 'the plan has other steps or risks than the one that was shown';
  const fresh = now.warnings.filter((warning) => !shown.warnings.includes(warning));
  return fresh.length === 0 ? null : `the plan warns of what was not shown then: ${fresh.join('; ')}`;
}

/** Who has a role must have it by the bot's look as well, as far as that looked. */
function asSeen(policy: Policy, look: PeopleLook): Policy {
  const seen = new Map(look.people.map(({ user, roles }) => [user, roles]));
  const roles = policy.roles.map((role) => ({
    ...role,
    users: role.users.filter((user) => seen.get(user)?.includes(role.name) === true),
  }));
  return { ...policy, roles };
}

function demandKey(approvals: Approvals): string {
  return JSON.stringify(demandsOf(approvals));
}
