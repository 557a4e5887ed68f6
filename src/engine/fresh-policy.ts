import type { VoteAsk } from '../core/desk.ts';
import type { BallotResult } from '../core/gate.ts';
import type { Policy } from '../core/policy.ts';
import { PeopleUnreadable } from '../core/ports/people.ts';
import type { Reason } from '../core/reasons.ts';
import type { RunState } from '../core/run-state.ts';
import type { DeskDeps } from './deps.ts';

/** Everybody on whom a vote depends: who votes, who asked, and who voted at the gate before. */
export function peopleAt(state: RunState, ask: Pick<VoteAsk, 'actor' | 'gate'>): readonly string[] {
  const votes = state.gates.find((each) => each.spec.id === ask.gate)?.votes ?? [];
  const actors = [
    ask.actor,
    ...(state.request === null ? [] : [state.request.actor]),
    ...votes.map((vote) => vote.actor),
  ];
  return [...new Set(actors.map((actor) => actor.user))];
}

/** The policy for one word. */
export interface FreshPolicy {
  /** The policy, with these people looked up after the word was said. Looks again only for people it did not look up. */
  about(users: readonly string[]): Promise<Policy>;
}

/** Reads people anew for one word, so that somebody who lost a role since the cached view was made does not count. */
export function createFreshPolicy(deps: Pick<DeskDeps, 'policy' | 'freshPolicy'>): FreshPolicy {
  let read: { readonly users: ReadonlySet<string>; readonly policy: Policy } | null = null;
  return {
    about: async (users) => {
      if (read !== null && users.every((user) => read?.users.has(user) === true)) return read.policy;
      const policy = await (deps.freshPolicy === undefined ? deps.policy() : deps.freshPolicy(users));
      read = { users: new Set(users), policy };
      return policy;
    },
  };
}

/** Refusals that do not depend on who people are: nobody is looked up for them. */
const WHOEVER_SAYS_IT: ReadonlySet<Reason> = new Set([
  'run-ended',
  'run-stopping',
  'no-gate-open',
  'plan-changed',
  'gate-settled',
  'gate-expired',
]);

/** Judges a vote by the policy with these people looked up anew. When they cannot be, nothing is counted. */
export async function judgeFresh(
  deps: Pick<DeskDeps, 'policy'>,
  policies: FreshPolicy,
  users: readonly string[],
  judge: (policy: Policy) => BallotResult,
): Promise<BallotResult> {
  const early = judge(deps.policy());
  if (!early.ok && WHOEVER_SAYS_IT.has(early.reason)) return early;
  try {
    return judge(await policies.about(users));
  } catch (thrown) {
    if (thrown instanceof PeopleUnreadable) return { ok: false, reason: 'people-unreadable', why: thrown.message };
    throw thrown;
  }
}
