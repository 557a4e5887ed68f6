import type { Approvals } from '../core/plan.ts';
import { decidingRoles, demandsOf, demandWords, stricter, tally } from '../core/policy/demands.ts';
import { completeApprovals } from './build.ts';
import type { Findings } from './findings.ts';
import type { ReadableParts } from './readable-parts.ts';
import type { RuleEntry } from './schema.ts';

/** Checks that the people there are can meet a demand, in time, and also when one of them asks. */
export function checkDemands(
  path: readonly PropertyKey[],
  approvals: Approvals,
  parts: ReadableParts,
  findings: Findings,
): void {
  checkTimes(path, approvals, findings);
  const voters = votersOf(approvals, parts);
  if (voters === null) return;
  if (!enough(approvals, voters, parts)) {
    findings.problem([...path, 'required'], tooFew(approvals, voters.length));
    return;
  }
  if (approvals.requesterMayApprove) return;
  const asking = new Set(parts.rules.flatMap((rule) => rule.entry.allow ?? []));
  const stuck = voters.find((user) => {
    const others = voters.filter((each) => each !== user);
    return rolesIn(parts, user).some((role) => asking.has(role)) && !enough(approvals, others, parts);
  });
  if (stuck !== undefined) {
    findings.warning(
      path,
      `${stuck} may ask for runs that nobody can approve: the requester does not count, and too few others are left`,
    );
  }
}

function tooFew(approvals: Approvals, people: number): string {
  const has = `${people} ${people === 1 ? 'person' : 'people'}`;
  if (approvals.also !== undefined)
    return `${demandWords(approvals)}, each by another person: the people of these roles cannot meet that (${has})`;
  const votes = `${approvals.required} ${approvals.required === 1 ? 'approval' : 'approvals'}`;
  return `${votes} from ${approvals.from.join(' or ')}, which has ${has}`;
}

function checkTimes(path: readonly PropertyKey[], approvals: Approvals, findings: Findings): void {
  const { remindMs, escalate, expiresMs } = approvals;
  if (remindMs !== undefined && remindMs >= expiresMs)
    findings.problem([...path, 'remind'], 'nobody is reminded after the approval expired; expected less than expires');
  if (escalate !== undefined && escalate.afterMs >= expiresMs)
    findings.problem(
      [...path, 'escalate', 'after'],
      'never comes: the approval expires before; expected less than expires',
    );
}

/** Checks that people can meet what a rule and the requirements beside it ask for together. */
export function checkTogether(parts: ReadableParts, fallback: Approvals, findings: Findings): void {
  for (const { index, entry } of parts.rules) {
    if (entry.allow === undefined) continue;
    const beside = parts.rules.filter((other) => other.entry.require !== undefined && overlap(entry, other.entry));
    if (beside.length === 0) continue;
    const own = entry.approvals === undefined ? fallback : completeApprovals(entry.approvals, fallback);
    const all = beside.reduce(
      (sum, { entry: { require = {} } }) => stricter(sum, completeApprovals(require, fallback)),
      own,
    );
    const voters = votersOf(all, parts);
    if (voters === null || enough(all, voters, parts)) continue;
    const numbers = beside.map((other) => other.index + 1).join(' and ');
    findings.warning(
      ['policy', index],
      `together with rule ${numbers} it asks for ${demandWords(all)}, which the people of these roles cannot meet`,
    );
  }
}

function overlap(a: RuleEntry, b: RuleEntry): boolean {
  return shares(a.clusters, b.clusters) && shares(a.commands, b.commands);
}

/** Everybody who has one of the roles; `null`: they cannot be counted, because a role is missing, wrong or has groups. */
function votersOf(approvals: Approvals, parts: ReadableParts): readonly string[] | null {
  const named = decidingRoles(approvals, false);
  const roles = parts.roles.filter((role) => named.includes(role.name));
  if (roles.length < named.length || roles.some((role) => role.entry.groups.length > 0)) return null;
  return [...new Set(roles.flatMap((role) => role.entry.users))];
}

function enough(approvals: Approvals, voters: readonly string[], parts: ReadableParts): boolean {
  // More demanded than there are people needs no matching, however large the number is.
  const demanded = demandsOf(approvals).reduce((sum, demand) => sum + demand.required, 0);
  return demanded <= voters.length && tally(approvals, voters, (user) => rolesIn(parts, user), false).met;
}

function rolesIn(parts: ReadableParts, user: string): readonly string[] {
  return parts.roles.filter((role) => role.entry.users.includes(user)).map((role) => role.name);
}

function shares(a: readonly string[], b: readonly string[]): boolean {
  return a.includes('*') || b.includes('*') || a.some((each) => b.includes(each));
}
