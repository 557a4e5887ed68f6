import { policyOf } from '../config/to-core.ts';
import type { Policy } from '../core/policy.ts';
import { type GroupStore, type People, type PeopleAnswer, PeopleUnreadable } from '../core/ports/people.ts';
import type { Log } from '../core/ports/runtime.ts';
import type { HomeTeam } from './home-team.ts';
import type { LivePolicy } from './live-policy.ts';

/** What a fresh look needs. */
export interface FreshPolicyDeps {
  readonly live: Pick<LivePolicy, 'config' | 'groups'>;
  readonly people: People;
  readonly store: Pick<GroupStore, 'beginning' | 'save'>;
  readonly homeTeam: Pick<HomeTeam, 'get'>;
  readonly log: Log;
}

/**
 * The policy with every user group asked for anew and these people (Slack user ids) looked at anew, by questions put after this
 * call. Who of them is no full member has no role in it. A group that is not there any more counts as not known.
 *
 * @throws PeopleUnreadable when Slack does not say so, and then nothing may be decided.
 */
export function createFreshLook(deps: FreshPolicyDeps): (users: readonly string[]) => Promise<Policy> {
  const { live, people, homeTeam } = deps;
  return async (users) => {
    const [standings, members] = await Promise.all([
      Promise.all(users.map(async (user) => ({ user, standing: known(await people.standingOf(user, 'fresh')) }))),
      Promise.all(live.groups().map(async (group) => [group, await readMembers(deps, group)] as const)),
    ]);
    const groups = new Map(members);
    const policy = policyOf(live.config(), homeTeam.get(), (group) => groups.get(group) ?? null);
    const out = new Set(standings.filter(({ standing }) => standing !== 'member').map(({ user }) => user));
    const roles = policy.roles.map((role) => ({ ...role, users: role.users.filter((user) => !out.has(user)) }));
    return { ...policy, roles };
  };
}

async function readMembers({ people, store, log }: FreshPolicyDeps, group: string): Promise<readonly string[] | null> {
  // The vote does not depend on the store; what it keeps is for those who come later.
  const beganMs = await store.beginning().catch(() => null);
  const answer = await people.membersOf(group, 'fresh');
  if (!answer.ok && answer.kind === 'no-such-group') {
    log.error('a user group of a role is not there any more: nobody has a role through it', { group, why: answer.why });
    return null;
  }
  const users = known(answer);
  if (beganMs !== null)
    store
      .save(group, users, beganMs)
      .catch((error: unknown) => log.warn('members of a group were not kept', { group, error }));
  return users;
}

function known<T>(answer: PeopleAnswer<T>): T {
  if (!answer.ok) throw new PeopleUnreadable(answer.why);
  return answer.value;
}
