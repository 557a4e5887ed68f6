import type { Actor } from './actor.ts';
import type { Approvals } from './plan.ts';
import { decidingRoles, demandWords, stricter, stricterOf } from './policy/demands.ts';
import { concerns, type Question, unmet } from './policy/match.ts';
import type { AllowRule, DenyRule, Policy, PolicyRule, RequireRule } from './policy/rule.ts';
import type { Reason } from './reasons.ts';

export type { Question } from './policy/match.ts';
export type * from './policy/rule.ts';

/** Answer to "may this person do that". */
export type Permission =
  | {
      readonly ok: true;
      /** The rule that permits it and those that ask for more, in words. */
      readonly rule: string;
      /** Roles that the rule permits it to. */
      readonly allow: readonly string[];
      /** What the rule asks for in any case; `null`: the defaults decide. */
      readonly approvals: Approvals | null;
      /** What the matching requirements add; `null`: nothing. */
      readonly requires: Approvals | null;
    }
  | Refused;

/** A refusal of the policy. */
export interface Refused {
  readonly ok: false;
  readonly reason: Extract<Reason, 'not-permitted' | 'denied' | 'wrong-channel' | 'foreign-team'>;
  readonly why: string;
}

/** Where and when somebody looks at a list. */
export interface Place {
  readonly channel: string | null;
  readonly nowMs: number | null;
}

const NOWHERE: Place = { channel: null, nowMs: null };

/** The roles a person has. Somebody of another team has none, whatever the id. */
export function rolesOf(policy: Policy, actor: Actor): readonly string[] {
  if (policy.homeTeam === null || actor.team !== policy.homeTeam) return [];
  return policy.roles.filter((role) => role.users.includes(actor.user)).map((role) => role.name);
}

/**
 * Decides whether a person may give a command on a cluster: a matching deny refuses, else the first matching allow permits,
 * and every matching requirement adds its demand. Default deny; the answer names the rules. What takes a run back needs what
 * the command needs and what that run would need, the stricter of both; but what says only where and when that run may be
 * asked for does not keep it from being taken back.
 */
export function permit(policy: Policy, question: Question): Permission {
  const { undoes, verb } = question;
  const own = permitVerb(policy, question);
  if (undoes === undefined || !own.ok) return own;
  const undone = permitVerb(policy, { ...question, verb: undoes }, true);
  if (undone.ok) return both(own, undone, policy.defaultApprovals);
  return { ...undone, why: `${verb} needs the right to what it takes back (${undoes}) too: ${undone.why}` };
}

type Permitted = Permission & { readonly ok: true };

function both(a: Permitted, b: Permitted, defaults: Approvals): Permitted {
  return {
    ok: true,
    rule: `${a.rule}; ${b.rule}`,
    allow: a.allow.filter((role) => b.allow.includes(role)),
    approvals: stricterRule(a.approvals, b.approvals, defaults),
    requires: stricterOf(a.requires, b.requires),
  };
}

/** Where one rule asks for people in any case, the defaults that the other one leaves it to must not be lost. */
function stricterRule(a: Approvals | null, b: Approvals | null, defaults: Approvals): Approvals | null {
  return a === null && b === null ? null : stricter(a ?? defaults, b ?? defaults);
}

function permitVerb(policy: Policy, question: Question, isTakenBack = false): Permission {
  const { actor, verb, cluster } = question;
  if (policy.homeTeam === null || actor.team !== policy.homeTeam) {
    return { ok: false, reason: 'foreign-team', why: 'You are not of the workspace that this Drydock serves.' };
  }
  const roles = rolesOf(policy, actor);
  const near = numbered(policy.rules).filter(({ rule }) => concerns(rule, question));
  const matching = near.filter(({ rule }) => unmet(rule, question) === null);
  const denied = matching.find(
    (each): each is Numbered<DenyRule> =>
      'deny' in each.rule && denies(each.rule, roles) && !(isTakenBack && hasCondition(each.rule)),
  );
  if (denied !== undefined) return { ok: false, reason: 'denied', why: denialWords(denied, question) };
  const allowed = allowing(matching, roles)[0];
  const others = isTakenBack && allowed === undefined ? allowing(near, roles) : [];
  const [first, ...further] = allowed === undefined ? others : [allowed];
  if (first === undefined) return refusal(question, roles, near);
  const required = matching.filter((each): each is Numbered<RequireRule> => 'require' in each.rule);
  const role = first.rule.allow.find((each) => roles.includes(each)) ?? '';
  const named = [first, ...further].map(({ number }) => `rule ${number}`).join(' and ');
  const anywhere = others.length === 0 ? '' : ' (to take it back, at any time and in any channel)';
  const more = required.map(({ number, rule }) => `; rule ${number} asks for ${demandWords(rule.require)}`);
  return {
    ok: true,
    rule: `${named}: ${role} may ${verb} on ${cluster}${anywhere}${more.join('')}`,
    allow: first.rule.allow,
    approvals: further.reduce(
      (sum, { rule }) => stricterRule(sum, rule.approvals, policy.defaultApprovals),
      first.rule.approvals,
    ),
    requires: required.reduce<Approvals | null>((sum, { rule }) => stricterOf(sum, rule.require), null),
  };
}

/** The allows for one of these roles. */
function allowing(rules: readonly Numbered[], roles: readonly string[]): readonly Numbered<AllowRule>[] {
  return rules.filter((each): each is Numbered<AllowRule> => 'allow' in each.rule && allows(each.rule, roles));
}

function hasCondition({ channels, when, flags }: DenyRule): boolean {
  return channels !== undefined || when !== undefined || flags !== undefined;
}

interface Numbered<R extends PolicyRule = PolicyRule> {
  /** Place in the file, from 1. */
  readonly number: number;
  readonly rule: R;
}

function numbered(rules: readonly PolicyRule[]): readonly Numbered[] {
  return rules.map((rule, index) => ({ number: index + 1, rule }));
}

function denies(rule: DenyRule, roles: readonly string[]): boolean {
  return rule.deny.includes('*') || rule.deny.some((role) => roles.includes(role));
}

function allows(rule: AllowRule, roles: readonly string[]): boolean {
  return rule.allow.some((role) => roles.includes(role));
}

function denialWords({ number, rule }: Numbered<DenyRule>, { verb, cluster }: Question): string {
  const who = rule.deny.includes('*') ? 'everybody' : rule.deny.join(' and ');
  return `rule ${number} forbids ${verb} on ${cluster}${conditionWords(rule)}, for ${who}.`;
}

/** The conditions of a rule in words, with a space before them; empty: it has none. */
function conditionWords(rule: PolicyRule): string {
  const parts: string[] = [];
  if ('flags' in rule && rule.flags !== undefined)
    parts.push(`with ${rule.flags.map((flag) => `--${flag}`).join(' or ')}`);
  if (rule.channels !== undefined) parts.push(`in ${rule.channels.map((channel) => `<#${channel}>`).join(' or ')}`);
  if (rule.when === 'outside-window') parts.push('outside its window');
  else if (rule.when !== undefined) parts.push(`at ${rule.when.hours} (${rule.when.tz})`);
  return parts.map((part) => ` ${part}`).join('');
}

/** Why no rule permits it; a rule that would permit it elsewhere or at another time is named. */
function refusal(question: Question, roles: readonly string[], near: readonly Numbered[]): Refused {
  const { verb, cluster } = question;
  const almost = near.find(({ rule }) => 'allow' in rule && allows(rule, roles));
  if (almost === undefined) return noRule(roles, question);
  return {
    ok: false,
    reason: unmet(almost.rule, question) === 'channel' ? 'wrong-channel' : 'not-permitted',
    why: `rule ${almost.number} permits ${verb} on ${cluster} only${conditionWords(almost.rule)}.`,
  };
}

/** That no rule permits it, in words that are the same whether there is such a cluster or not. */
export function noRule(roles: readonly string[], { verb, cluster }: Pick<Question, 'verb' | 'cluster'>): Refused {
  const have = roles.length === 0 ? 'You have no role' : `Your roles (${roles.join(', ')})`;
  return { ok: false, reason: 'not-permitted', why: `${have}, and no rule lets you ${verb} on ${cluster}.` };
}

/** Whether a person may see a cluster in lists: whoever may ask for its status there and then. */
export function maySee(policy: Policy, actor: Actor, cluster: string, place: Place = NOWHERE): boolean {
  return permit(policy, { actor, cluster, verb: 'status', flags: [], outsideWindow: false, ...place }).ok;
}

/** Whether a person has one of the roles that may decide at a gate. */
export function mayDecide(policy: Policy, actor: Actor, approvals: Approvals, escalated = false): boolean {
  const roles = rolesOf(policy, actor);
  return decidingRoles(approvals, escalated).some((role) => roles.includes(role));
}
