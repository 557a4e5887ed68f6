import type { Newness, People, PeopleAnswer, Standing } from '../../src/core/ports/people.ts';

/** One question that was put. */
export interface AskedOfPeople {
  readonly of: string;
  readonly newness: Newness;
}

/** People in memory. Every user who was not told of is `unknown`, every such group does not exist. */
export interface FakePeople extends People {
  readonly standings: Map<string, Standing>;
  readonly groups: Map<string, readonly string[]>;
  /** Every question, oldest first. */
  readonly asked: AskedOfPeople[];
  /** From now on nobody answers, or (`null`) everybody does again. */
  fail(why: { readonly kind: 'unreadable' | 'misconfigured'; readonly why: string } | null): void;
}

/** Makes people: these are members, and nobody else is anybody. */
export function createFakePeople(members: readonly string[] = []): FakePeople {
  const standings = new Map<string, Standing>(members.map((user) => [user, 'member']));
  const groups = new Map<string, readonly string[]>();
  const asked: AskedOfPeople[] = [];
  let failure: (PeopleAnswer<never> & { readonly ok: false }) | null = null;
  async function answer<T>(of: string, newness: Newness, look: () => PeopleAnswer<T>): Promise<PeopleAnswer<T>> {
    asked.push({ of, newness });
    await Promise.resolve();
    return failure ?? look();
  }
  return {
    standings,
    groups,
    asked,
    fail(why) {
      failure = why === null ? null : { ok: false, ...why };
    },
    standingOf: async (user, newness) =>
      await answer(user, newness, () => ({ ok: true, value: standings.get(user) ?? 'unknown' })),
    membersOf: async (group, newness) =>
      await answer(group, newness, () => {
        const users = groups.get(group);
        return users === undefined
          ? { ok: false, kind: 'no-such-group', why: `There is no user group ${group}.` }
          : { ok: true, value: users };
      }),
  };
}
