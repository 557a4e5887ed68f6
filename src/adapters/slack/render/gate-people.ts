import type { Approvals } from '../../../core/plan.ts';
import { decidingRoles, demandsOf, type Tally, tally } from '../../../core/policy/demands.ts';
import type { GateState, RunState } from '../../../core/run-state.ts';
import { inline, person } from './escape.ts';
import { shorten } from './fit.ts';

/** Slack user ids of the people who have a role now. */
export type PeopleOf = (role: string) => readonly string[];

/** More people than this are named by their role. */
const NAMED = 8;

/** Who can still answer a gate: people by name, beside them the roles; who asked and who cannot add to it is left out. */
export function awaited(state: RunState, gate: GateState, peopleOf: PeopleOf): string {
  const { approvals } = gate.spec;
  const escalated = gate.escalatedAt !== null;
  const requester = approvals.requesterMayApprove ? null : (state.request?.actor.user ?? null);
  const voted = new Set(gate.votes.map((vote) => vote.actor.user));
  if (approvals.also === undefined && !escalated) return roleNames(approvals, requester, voted, peopleOf);
  const lacking = decidingRoles(approvals, escalated).filter((role) => addsTo(gate, role, peopleOf));
  const open = [...new Set(lacking.flatMap(peopleOf))].filter((user) => user !== requester && !voted.has(user));
  return naming(open, lacking);
}

/** Whether one more person with this role alone would count. */
function addsTo(gate: GateState, role: string, peopleOf: PeopleOf): boolean {
  const now = approvers(gate);
  const anybody = '';
  const peopleThen: PeopleOf = (each) => (each === role ? [...peopleOf(each), anybody] : peopleOf(each));
  return countOf(tallyOf(gate, [...now, anybody], peopleThen)) > countOf(tallyOf(gate, now, peopleOf));
}

function countOf({ counted }: Tally): number {
  return counted.reduce((sum, each) => sum + each.length, 0);
}

/** The people of the roles that may approve, as mentions; the roles alone where they are too many. */
export function roleNames(
  approvals: Approvals,
  requester: string | null,
  voted: ReadonlySet<string>,
  peopleOf: PeopleOf,
): string {
  return peopleOfRoles(decidingRoles(approvals, false), requester, voted, peopleOf);
}

/** The people of roles, as mentions, beside them the roles; the roles alone where they are too many. */
export function peopleOfRoles(
  roles: readonly string[],
  requester: string | null,
  voted: ReadonlySet<string>,
  peopleOf: PeopleOf,
): string {
  const people = [...new Set(roles.flatMap(peopleOf))].filter((user) => user !== requester && !voted.has(user));
  return naming(people, roles);
}

function naming(people: readonly string[], roles: readonly string[]): string {
  const named = shorten(roles.map(inline).join(' or '), 200);
  if (people.length === 0) return `${named} (nobody else has that role)`;
  return people.length > NAMED ? `${named} (${people.length} people)` : `${people.map(person).join(' or ')} (${named})`;
}

/** What is demanded and met: `1 of 2`; with several demands `platform 1 of 1 · security 0 of 1`. */
export function progressWords(gate: GateState, peopleOf: PeopleOf): string {
  const { approvals } = gate.spec;
  const voted = approvers(gate);
  if (approvals.also === undefined) return `${voted.length} of ${approvals.required}`;
  const { counted } = tallyOf(gate, voted, peopleOf);
  const demands = demandsOf(approvals).map(
    ({ from, required }, index) => `${from.map(inline).join(' or ')} ${counted[index]?.length ?? 0} of ${required}`,
  );
  return shorten(demands.join(' · '), 600);
}

/** What is demanded, before anybody answered: `2 of`; with several demands `1 of platform and 1 of security:`. */
export function demandedOf(approvals: Approvals): string {
  if (approvals.also === undefined) return `${approvals.required} of`;
  const each = demandsOf(approvals).map(({ from, required }) => `${required} of ${from.map(inline).join(' or ')}`);
  return `${shorten(each.join(' and '), 400)}, different people:`;
}

/** Who approved, in the order of their votes. */
function approvers(gate: GateState): readonly string[] {
  return gate.votes.filter((vote) => vote.verdict === 'approve').map((vote) => vote.actor.user);
}

function tallyOf(gate: GateState, people: readonly string[], peopleOf: PeopleOf): Tally {
  const { approvals } = gate.spec;
  const escalated = gate.escalatedAt !== null;
  const roles = decidingRoles(approvals, escalated);
  return tally(approvals, people, (user) => roles.filter((role) => peopleOf(role).includes(user)), escalated);
}
