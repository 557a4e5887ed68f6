import type { Approvals } from '../core/plan.ts';
import { completeApprovals, defaultApprovals } from './build.ts';
import type { Findings } from './findings.ts';
import { describeFound, nearest } from './problem.ts';
import type { ReadableParts } from './readable-parts.ts';

/** What the configuration needs to know of a command: its first word, and what policy rules call it. */
export interface NamedCommand {
  readonly name: string;
  /** `null`: no rule is needed or heeded. */
  readonly policyVerb: string | null;
}

/**
 * Words of the command grammar that are fixed but not carried out by this version. A rule may already name them.
 */
const LATER_VERBS: readonly string[] = (
  'backups, nodegroups, locks, schedules, audit, compact, move-leader, replace, backup, drill, restore, ' +
  'encrypt, drain, uncordon, upgrade, upgrade controlplane, upgrade nodegroup, upgrade addon, upgrade ' +
  'all, configure, configure nodegroup, migrate, migrate nodegroup, recover, undo, continue, lock, ' +
  'unlock, freeze, thaw, schedule, unschedule, can-i, incident, incident open, incident link, incident ' +
  'update, incident resolve, incident list'
).split(', ');

/** Checks roles, rules and approvals against each other, against the clusters and against the commands. */
export function checkPolicy(parts: ReadableParts, commands: readonly NamedCommand[], findings: Findings): void {
  checkRoles(parts, findings);
  for (const { index, entry } of parts.rules) {
    const at = ['policy', index];
    checkNames([...at, 'clusters'], entry.clusters, ['*', ...parts.clusterNames], 'cluster', findings);
    checkNames([...at, 'allow'], entry.allow, parts.roleNames, 'role', findings);
    checkCommands([...at, 'commands'], entry.commands, commands, findings);
    checkNames([...at, 'approvals', 'from'], entry.approvals?.from ?? [], parts.roleNames, 'role', findings);
  }
  if (parts.rules.length === 0) findings.warning(['policy'], 'has no rule, so nobody may do anything');
  checkApprovals(parts, findings);
}

function checkRoles(parts: ReadableParts, findings: Findings): void {
  for (const name of parts.rolesWithGroups)
    findings.problem(['roles', name, 'groups'], 'Slack user groups cannot be resolved yet; list users');
  for (const { name, entry } of parts.roles) {
    if (entry.users.length === 0 && entry.groups.length === 0) {
      findings.warning(['roles', name], 'nobody has this role');
    }
    for (const [index, user] of entry.users.entries()) {
      if (entry.users.indexOf(user) < index) findings.warning(['roles', name, 'users', index], 'is listed twice', user);
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

function listed(known: readonly string[], what: string): string {
  const names = known.filter((name) => name !== '*');
  return names.length === 0 ? `no ${what} at all` : names.join(', ');
}

function checkCommands(
  path: readonly PropertyKey[],
  given: readonly string[],
  commands: readonly NamedCommand[],
  findings: Findings,
): void {
  const verbs = commands.flatMap((command) => (command.policyVerb === null ? [] : [command.policyVerb]));
  for (const [index, verb] of given.entries()) {
    if (verbs.includes(verb)) continue;
    const at = [...path, index];
    if (commands.some((command) => command.name === verb)) {
      findings.warning(at, 'needs no rule: it is for everyone, or decided for each run', `"${verb}"`);
    } else if (LATER_VERBS.includes(verb)) {
      findings.warning(at, 'is not built yet; the rule has no effect for it', `"${verb}"`);
    } else if (verb === '*') {
      findings.problem(at, 'name each command; there is no sign for all of them', '"*"');
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
    checkEnough(['defaults', 'approvals'], fallback, parts, findings);
  }
  for (const { index, entry } of parts.rules) {
    if (entry.approvals === undefined) continue;
    checkEnough(['policy', index, 'approvals'], completeApprovals(entry.approvals, fallback), parts, findings);
  }
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

function checkEnough(
  path: readonly PropertyKey[],
  approvals: Approvals,
  parts: ReadableParts,
  findings: Findings,
): void {
  const roles = parts.roles.filter((role) => approvals.from.includes(role.name));
  // A role that is missing or has a mistake of its own is reported there; people who cannot be counted yet too.
  if (roles.length < new Set(approvals.from).size || roles.some((role) => role.entry.groups.length > 0)) return;
  const people = new Set(roles.flatMap((role) => role.entry.users)).size;
  if (approvals.required > people) {
    findings.problem(
      [...path, 'required'],
      `${approvals.required} ${approvals.required === 1 ? 'approval' : 'approvals'} from ${approvals.from.join(' or ')}, which has ${people} ${people === 1 ? 'person' : 'people'}`,
    );
  } else if (!approvals.requesterMayApprove && approvals.required === people) {
    const may = new Set(parts.rules.flatMap((rule) => rule.entry.allow));
    const both = roles.flatMap((role) => role.entry.users).find((user) => holds(parts, user, may));
    if (both !== undefined) {
      findings.warning(
        path,
        `${both} may ask for runs that nobody can approve: the requester does not count, and too few others are left`,
      );
    }
  }
}

function holds(parts: ReadableParts, user: string, roles: ReadonlySet<string>): boolean {
  return parts.roles.some((role) => roles.has(role.name) && role.entry.users.includes(user));
}
