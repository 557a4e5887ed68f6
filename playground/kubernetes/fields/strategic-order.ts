import { sameJson } from './json.ts';

/**
 * The order of a list after a strategic merge: elements of the patch in the order of the patch, the others in their own, and between the two as
 * they stood before; an element that was not there comes first.
 */
export function inServerOrder(
  merged: readonly unknown[],
  patch: readonly unknown[],
  before: readonly unknown[],
  keyOf: (item: unknown) => unknown,
): readonly unknown[] {
  const placeIn = (list: readonly unknown[], item: unknown): number =>
    list.findIndex((other) => sameJson(keyOf(other), keyOf(item)));
  const named = merged
    .filter((item) => placeIn(patch, item) >= 0)
    .toSorted((left, right) => placeIn(patch, left) - placeIn(patch, right));
  const others = merged
    .filter((item) => placeIn(patch, item) < 0)
    .toSorted((left, right) => placeIn(before, left) - placeIn(before, right));
  const sorted: unknown[] = [];
  while (named.length > 0 || others.length > 0) {
    const first = placeIn(before, others[0]);
    const second = placeIn(before, named[0]);
    const takesOther = named.length === 0 || (others.length > 0 && first >= 0 && second >= 0 && first < second);
    sorted.push(takesOther ? others.shift() : named.shift());
  }
  return sorted;
}
