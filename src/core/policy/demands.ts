import type { Approvals, Demand } from '../plan.ts';

/** All demands of an approval: the first and the further ones. */
export function demandsOf(approvals: Approvals): readonly Demand[] {
  return [{ required: approvals.required, from: approvals.from }, ...(approvals.also ?? [])];
}

/** The roles that may decide: those of any demand, and after an escalation those it went to. */
export function decidingRoles(approvals: Approvals, escalated: boolean): readonly string[] {
  const named = demandsOf(approvals).flatMap((demand) => demand.from);
  return [...new Set([...named, ...(escalated ? (approvals.escalate?.to ?? []) : [])])];
}

/** How votes meet demands. */
export interface Tally {
  readonly met: boolean;
  /** People who count for each demand, in the order of {@link demandsOf}; a person counts once. */
  readonly counted: readonly (readonly string[])[];
}

/**
 * Counts people for demands so that as many count as can: a maximum bipartite matching. `rolesOf` tells the roles of a person,
 * `people` are in the order of their votes. Those first in order are preferred.
 */
export function tally(
  approvals: Approvals,
  people: readonly string[],
  rolesOf: (person: string) => readonly string[],
  escalated: boolean,
): Tally {
  const demands = demandsOf(approvals);
  const standIns = escalated ? (approvals.escalate?.to ?? []) : [];
  const counted: string[][] = demands.map(() => []);
  const fits = (person: string, demand: Demand): boolean =>
    rolesOf(person).some((role) => demand.from.includes(role) || standIns.includes(role));
  /** Finds a demand for a person, moving others to another demand they fit where that makes room. */
  function place(person: string, tried: Set<number>): boolean {
    for (const [index, demand] of demands.entries()) {
      const there = counted[index];
      if (there === undefined || tried.has(index) || !fits(person, demand)) continue;
      tried.add(index);
      if (there.length < demand.required) {
        there.push(person);
        return true;
      }
      const moved = there.findIndex((other) => place(other, tried));
      if (moved >= 0) {
        there.splice(moved, 1, person);
        return true;
      }
    }
    return false;
  }
  for (const person of new Set(people)) place(person, new Set());
  return { met: demands.every((demand, index) => counted[index]?.length === demand.required), counted };
}

/**
 * The stricter of two approvals: what meets it meets both. The same roles ask for the larger number, other roles stand beside
 * each other; the shorter times hold. What loosens holds only where both say it: the requester may approve, others stand in.
 * The demands come sorted by their roles.
 */
export function stricter(a: Approvals, b: Approvals): Approvals {
  const [first, ...also] = merged(demandsOf(a), demandsOf(b));
  const remindMs = Math.min(a.remindMs ?? Infinity, b.remindMs ?? Infinity);
  const escalate = bothEscalate(a.escalate, b.escalate);
  return {
    required: first?.required ?? a.required,
    from: first?.from ?? a.from,
    requesterMayApprove: a.requesterMayApprove && b.requesterMayApprove,
    expiresMs: Math.min(a.expiresMs, b.expiresMs),
    ...(also.length === 0 ? {} : { also }),
    ...(remindMs === Infinity ? {} : { remindMs }),
    ...(escalate === null ? {} : { escalate }),
  };
}

/** The stricter of two approvals of which either may be missing; `null`: nobody is asked. */
export function stricterOf(a: Approvals | null, b: Approvals | null): Approvals | null {
  if (a === null) return b;
  return b === null ? a : stricter(a, b);
}

function merged(a: readonly Demand[], b: readonly Demand[]): Demand[] {
  const mine = byRoles(a);
  const theirs = byRoles(b);
  const keys = [...new Set([...mine.keys(), ...theirs.keys()])].toSorted(inOrder);
  return keys.map((key) => {
    const x = mine.get(key);
    const y = theirs.get(key);
    return { required: Math.max(x?.required ?? 0, y?.required ?? 0), from: x?.from ?? y?.from ?? [] };
  });
}

/** Two demands for the same roles ask for different people, so their numbers add up. */
function byRoles(demands: readonly Demand[]): ReadonlyMap<string, Demand> {
  const found = new Map<string, Demand>();
  for (const demand of demands) {
    const from = [...new Set(demand.from)].toSorted(inOrder);
    const key = from.join('\n');
    found.set(key, { required: demand.required + (found.get(key)?.required ?? 0), from });
  }
  return found;
}

type Escalation = Approvals['escalate'];

function bothEscalate(a: Escalation, b: Escalation): NonNullable<Escalation> | null {
  if (a === undefined || b === undefined) return null;
  const to = [...new Set(a.to.filter((role) => b.to.includes(role)))].toSorted(inOrder);
  return to.length === 0 ? null : { afterMs: Math.max(a.afterMs, b.afterMs), to };
}

function inOrder(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** Demands in words: `2 of approver`, `1 of platform and 1 of lead or security`. */
export function demandWords(approvals: Approvals): string {
  return demandsOf(approvals)
    .map((demand) => `${demand.required} of ${demand.from.join(' or ')}`)
    .join(' and ');
}
