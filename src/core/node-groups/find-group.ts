import type { NodeGroup } from './group.ts';

/**
 * The groups that a name may mean. The whole name of an object comes first: it means that object, also where the short name of another group
 * is the same. Several: the name does not tell which.
 */
export function groupsCalled(groups: readonly NodeGroup[], name: string): readonly NodeGroup[] {
  const whole = groups.filter(({ object }) => object.endsWith(`/${name}`));
  return whole.length > 0 ? whole : groups.filter((group) => group.name === name);
}

/** A group by the name of its object, or by its own; `undefined`: there is none, or several are called so. */
export function findGroup(groups: readonly NodeGroup[], name: string): NodeGroup | undefined {
  const called = groupsCalled(groups, name);
  return called.length === 1 ? called[0] : undefined;
}
