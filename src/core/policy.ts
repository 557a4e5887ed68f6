import type { Actor } from './actor.ts';
import type { Approvals } from './plan.ts';
import type { Reason } from './reasons.ts';

/** A role: who has it, by Slack user id. */
export interface Role {
  readonly name: string;
  readonly users: readonly string[];
}

/** One rule. The first rule that permits decides; nothing permits by default. */
export interface PolicyRule {
  /** Cluster names; `*` stands for all. */
  readonly clusters: readonly string[];
  /** Verbs, or verb and kind (`upgrade nodegroup`). */
  readonly commands: readonly string[];
  /** Role names. */
  readonly allow: readonly string[];
  /** Asked for in any case, also for plans that change nothing; `null`: the defaults decide. */
  readonly approvals: Approvals | null;
}

/** The policy of an installation. */
export interface Policy {
  /** Slack team whose people may act. `null` until Slack has told it: then nobody may. */
  readonly homeTeam: string | null;
  readonly roles: readonly Role[];
  readonly rules: readonly PolicyRule[];
  readonly defaultApprovals: Approvals;
}

/** Answer to "may this person do that". */
export type Permission =
  | { readonly ok: true; readonly rule: string; readonly approvals: Approvals | null }
  | { readonly ok: false; readonly reason: Extract<Reason, 'not-permitted' | 'foreign-team'>; readonly why: string };

/** The roles a person has. Somebody of another team has none, whatever the id. */
export function rolesOf(policy: Policy, actor: Actor): readonly string[] {
  if (policy.homeTeam === null || actor.team !== policy.homeTeam) return [];
  return policy.roles.filter((role) => role.users.includes(actor.user)).map((role) => role.name);
}

/** Decides whether a person may give a command on a cluster. Default deny; the answer names the rule. */
export function permit(policy: Policy, actor: Actor, cluster: string, command: string): Permission {
  if (policy.homeTeam === null || actor.team !== policy.homeTeam) {
    return { ok: false, reason: 'foreign-team', why: 'You are not of the workspace that this Drydock serves.' };
  }
  const roles = rolesOf(policy, actor);
  for (const [index, rule] of policy.rules.entries()) {
    if (!covers(rule.clusters, cluster) || !rule.commands.includes(command)) continue;
    const role = rule.allow.find((each) => roles.includes(each));
    if (role !== undefined) {
      return { ok: true, rule: `rule ${index + 1}: ${role} may ${command} on ${cluster}`, approvals: rule.approvals };
    }
  }
  const have = roles.length === 0 ? 'You have no role' : `Your roles (${roles.join(', ')})`;
  return { ok: false, reason: 'not-permitted', why: `${have}, and no rule lets you ${command} on ${cluster}.` };
}

/** Whether a person may see a cluster in lists: whoever may ask for its status. */
export function maySee(policy: Policy, actor: Actor, cluster: string): boolean {
  return permit(policy, actor, cluster, 'status').ok;
}

/** Whether a person has one of the roles that may decide at a gate. */
export function mayDecide(policy: Policy, actor: Actor, approvals: Approvals): boolean {
  const roles = rolesOf(policy, actor);
  return approvals.from.some((role) => roles.includes(role));
}

function covers(patterns: readonly string[], cluster: string): boolean {
  return patterns.includes('*') || patterns.includes(cluster);
}

/** The stricter of two demands for approval: more votes, only roles both name (or those of `a`), shorter time. */
export function stricter(a: Approvals, b: Approvals): Approvals {
  const common = a.from.filter((role) => b.from.includes(role));
  return {
    required: Math.max(a.required, b.required),
    from: common.length > 0 ? common : a.from,
    requesterMayApprove: a.requesterMayApprove && b.requesterMayApprove,
    expiresMs: Math.min(a.expiresMs, b.expiresMs),
  };
}
