import type { NodeGroup } from './group.ts';

/**
 * The groups that a name may mean. The whole name of an object comes first: it means that object, also where the short name of another group
 * is the same. Several: the name does not tell which.
 */
export function groupsCalled(groups: readonly NodeGroup[], name: string): readonly NodeGroup[] {
  const whole = groups.filter((group) => isWhole(group, name));
  return whole.length > 0 ? whole : groups.filter((group) => group.name === name);
}

/** A group by the name of its object, or by its own; `undefined`: there is none, or several objects are called so. */
export function findGroup(groups: readonly NodeGroup[], name: string): NodeGroup | undefined {
  const [group, ...others] = groupsCalled(groups, name);
  if (group === undefined || others.length > 0) return undefined;
  return isWhole(group, name) || (group.alike ?? []).length === 0 ? group : undefined;
}

function isWhole({ object }: NodeGroup, name: string): boolean {
  return object.endsWith(`/${name}`);
}

/** The whole name of the object of a group, as people can type it; `null`: it has none. */
export function wholeName({ object }: Pick<NodeGroup, 'object'>): string | null {
  return /^\S+ \S+\/([\w.-]+)$/.exec(object)?.[1] ?? null;
}
