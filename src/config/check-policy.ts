import type { Approvals } from '../core/plan.ts';
import { ruleWordsOf } from '../core/policy/verb.ts';
import { completeApprovals, defaultApprovals } from './build.ts';
import { checkDemands, checkTogether } from './check-demands.ts';
import { checkRules } from './check-rules.ts';
import type { Findings } from './findings.ts';
import { describeFound, nearest } from './problem.ts';
import type { ReadableParts } from './readable-parts.ts';
import type { ApprovalsEntry, RuleEntry } from './schema.ts';

/** What the configuration needs to know of a command: its first word, and what policy rules call it. */
export interface NamedCommand {
  readonly name: string;
  /** `null`: no rule is needed or heeded. */
  readonly policyVerb: string | null;
  readonly policyKinds?: readonly string[];
  /** Left out: its flags are not known. */
  readonly arguments?: { readonly flags: Readonly<Record<string, unknown>> };
}

/**
 * Words of the command grammar that are fixed but not carried out by this version. A rule may already name them.
 */
const LATER_VERBS: readonly string[] = (
  'backups, nodegroups, compact, move-leader, replace, backup, drill, restore, encrypt, drain, uncordon, ' +
  'upgrade, upgrade controlplane, upgrade nodegroup, upgrade addon, upgrade all, configure, configure ' +
  'nodegroup, migrate, migrate nodegroup, recover, undo, continue, incident, incident open, incident link, ' +
  'incident update, incident resolve, incident list'
).split(', ');

/** Checks roles, rules and approvals against each other, against the clusters and against the commands. */
export function checkPolicy(parts: ReadableParts, commands: readonly NamedCommand[], findings: Findings): void {
  checkRoles(parts, findings);
  for (const { index, entry } of parts.rules) {
    const at = ['policy', index];
    checkNames([...at, 'clusters'], entry.clusters, ['*', ...parts.clusterNames], 'cluster', findings);
    checkNames([...at, 'allow'], entry.allow ?? [], parts.roleNames, 'role', findings);
    checkNames([...at, 'deny'], entry.deny ?? [], ['*', ...parts.roleNames], 'role', findings);
    checkCommands([...at, 'commands'], entry, commands, findings);
    checkApprovalRoles([...at, 'approvals'], entry.approvals, parts, findings);
    checkApprovalRoles([...at, 'require'], entry.require, parts, findings);
  }
  checkRules(parts, commands, findings);
  if (parts.rules.length === 0) findings.warning(['policy'], 'has no rule, so nobody may do anything');
  checkApprovals(parts, findings);
}

function checkRoles(parts: ReadableParts, findings: Findings): void {
  for (const { name, entry } of parts.roles) {
    if (entry.users.length === 0 && entry.groups.length === 0) {
      findings.warning(['roles', name], 'nobody has this role');
    }
    for (const [index, user] of entry.users.entries()) {
      if (entry.users.indexOf(user) < index) findings.warning(['roles', name, 'users', index], 'is listed twice', user);
    }
    for (const [index, group] of entry.groups.entries()) {
      if (entry.groups.indexOf(group) < index)
        findings.warning(['roles', name, 'groups', index], 'is listed twice', group);
    }
  }
}

function checkNames(
  path: readonly PropertyKey[],
  given: readonly string[],
  known: readonly string[],
  what: string,
  findings: Findings,
): void {
  for (const [index, name] of given.entries()) {
    if (known.includes(name)) continue;
    const near = nearest(name, known);
    const hint = near === null ? `there is ${listed(known, what)}` : `did you mean ${near}?`;
    findings.problem(
      [...path, index],
      `there is no ${what} of this name; ${hint}`,
      describeFound(path, name) ?? undefined,
    );
  }
}

function checkApprovalRoles(
  path: readonly PropertyKey[],
  entry: ApprovalsEntry | undefined,
  parts: ReadableParts,
  findings: Findings,
): void {
  checkNames([...path, 'from'], entry?.from ?? [], parts.roleNames, 'role', findings);
  for (const [index, demand] of (entry?.also ?? []).entries())
    checkNames([...path, 'also', index, 'from'], demand.from, parts.roleNames, 'role', findings);
  checkNames([...path, 'escalate', 'to'], entry?.escalate?.to ?? [], parts.roleNames, 'role', findings);
}

function listed(known: readonly string[], what: string): string {
  const names = known.filter((name) => name !== '*');
  return names.length === 0 ? `no ${what} at all` : names.join(', ');
}

function checkCommands(
  path: readonly PropertyKey[],
  rule: RuleEntry,
  commands: readonly NamedCommand[],
  findings: Findings,
): void {
  const verbs = commands.flatMap(ruleWordsOf);
  for (const [index, verb] of rule.commands.entries()) {
    if (verbs.includes(verb) || (verb === '*' && rule.deny !== undefined)) continue;
    const at = [...path, index];
    if (commands.some((command) => command.name === verb)) {
      findings.warning(at, 'needs no rule: it is for everyone, or decided for each run', `"${verb}"`);
    } else if (LATER_VERBS.includes(verb)) {
      findings.warning(at, 'is not built yet; the rule has no effect for it', `"${verb}"`);
    } else if (verb === '*') {
      findings.problem(at, 'name each command; only a deny may stand for all of them', '"*"');
    } else {
      const near = nearest(verb, [...verbs, ...LATER_VERBS]);
      const hint = near === null ? `commands are ${verbs.join(', ')}` : `did you mean ${near}?`;
      findings.problem(at, `there is no such command; ${hint}`, describeFound(at, verb) ?? undefined);
    }
  }
}

function checkApprovals(parts: ReadableParts, findings: Findings): void {
  if (parts.defaultApprovals === null) return;
  const fallback = defaultApprovals({ defaults: { approvals: parts.defaultApprovals } });
  if (parts.rules.length > 0) {
    checkDefaultRoles(parts, fallback, findings);
    checkApprovalRoles(['defaults', 'approvals'], { ...parts.defaultApprovals, from: undefined }, parts, findings);
    checkDemands(['defaults', 'approvals'], fallback, parts, findings);
  }
  for (const { index, entry } of parts.rules) {
    for (const field of ['approvals', 'require'] as const) {
      const given = entry[field];
      if (given === undefined) continue;
      checkDemands(['policy', index, field], completeApprovals(given, fallback), parts, findings);
    }
  }
  checkTogether(parts, fallback, findings);
}

function checkDefaultRoles(parts: ReadableParts, fallback: Approvals, findings: Findings): void {
  if (parts.defaultApprovals?.from !== undefined)
    return checkNames(['defaults', 'approvals', 'from'], fallback.from, parts.roleNames, 'role', findings);
  for (const name of fallback.from.filter((each) => !parts.roleNames.includes(each)))
    findings.problem(
      ['roles'],
      `the default role ${name} is not defined; define it, or name other roles in defaults.approvals.from`,
    );
}
