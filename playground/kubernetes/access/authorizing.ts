import type { Attributes, LocalApi, User } from '../contracts.ts';
import { type Grants, grantsOf } from './granting.ts';
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
  return decideBy(await grantsOf(api, user, what.resource === '' ? '' : what.namespace), what);
}

/** Whether nobody has to be asked. */
export function isMaster(user: User): boolean {
  return user.groups.includes(MASTERS);
}

/** The decision by what a user was granted. */
export function decideBy(granted: Grants, wish: Wish): Decision {
  const found = granted.grants.find(({ rules }) => rules.some((rule) => grants(rule, wish)));
  if (found !== undefined) return { allowed: true, reason: `RBAC: allowed by ${found.by}` };
  const [only, ...others] = granted.problems;
  if (only === undefined) return { allowed: false, reason: '' };
  const said = others.length === 0 ? only : `[${granted.problems.join(', ')}]`;
  return { allowed: false, reason: `RBAC: ${said}` };
}
