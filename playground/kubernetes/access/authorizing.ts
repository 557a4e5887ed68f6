import type { Attributes, LocalApi, User } from '../contracts.ts';
import { eachGrant, type Grant, type Missing } from './granting.ts';
import { grants, type Wish } from './rules.ts';

/** A decision, and by what; an empty reason says nothing. */
export interface Decision {
  readonly allowed: boolean;
  readonly reason: string;
}

const MASTERS = 'system:masters';

/** Whether a user may do it: members of `system:masters` everything, others what the stored roles grant. */
export async function decide(api: LocalApi, user: User, what: Attributes): Promise<Decision> {
  if (isMaster(user)) return { allowed: true, reason: '' };
  return decideBy(eachGrant(api, user, what.resource === '' ? '' : what.namespace), what);
}

/** Whether nobody has to be asked. */
export function isMaster(user: User): boolean {
  return user.groups.includes(MASTERS);
}

/** The decision by what a user was granted: the first that fits. */
export async function decideBy(
  granted: AsyncIterable<Grant | Missing> | Iterable<Grant | Missing>,
  wish: Wish,
): Promise<Decision> {
  const problems: string[] = [];
  for await (const each of granted) {
    if ('problem' in each) problems.push(each.problem);
    else if (each.rules.some((rule) => grants(rule, wish)))
      return { allowed: true, reason: `RBAC: allowed by ${each.by}` };
  }
  const [only, ...others] = problems;
  if (only === undefined) return { allowed: false, reason: '' };
  return { allowed: false, reason: `RBAC: ${others.length === 0 ? only : `[${problems.join(', ')}]`}` };
}
