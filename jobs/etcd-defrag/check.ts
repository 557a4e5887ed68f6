import type { RingMember } from '../../src/core/etcd/ring.ts';
import type { Check } from '../../src/core/plan.ts';

/** A check in one line. */
export function check(id: string, verdict: Check['verdict'], title: string, evidence: string): Check {
  return { id, verdict, title, evidence };
}

/** Members by name, for people. */
export function labels(members: readonly RingMember[]): string {
  return members.map((each) => each.label).join(', ');
}
