import { fieldStep, itemStep, type Path } from './field-path.ts';
import { type FieldSet, fieldSet } from './field-set.ts';
import { fieldsOf, isFields, isList, listOf, own, sameJson } from './json.ts';
import { type ListShape, type Shape, shapeOf } from './shape.ts';

/** What differs between two objects, by path. */
export interface Comparison {
  readonly added: FieldSet;
  readonly removed: FieldSet;
  readonly modified: FieldSet;
}

interface Differences {
  readonly added: Path[];
  readonly removed: Path[];
  readonly modified: Path[];
}

/** Compares two objects of a shape as structured-merge-diff does: what is owned whole is one path, everything else goes down to the leaves. */
export function compared(shape: Shape, before: unknown, after: unknown): Comparison {
  const found: Differences = { added: [], removed: [], modified: [] };
  walk(shape, before, after, [], found);
  return { added: fieldSet(found.added), removed: fieldSet(found.removed), modified: fieldSet(found.modified) };
}

/** `undefined` is what is not there; null is a value. */
function walk(shape: Shape, before: unknown, after: unknown, path: Path, found: Differences): void {
  if (isWhole(shape, before, after)) {
    if (before === undefined) found.added.push(path);
    else if (after === undefined) found.removed.push(path);
    else if (!sameJson(before, after)) found.modified.push(path);
    return;
  }
  if (shape.type === 'list') walkList(shape, before, after, path, found);
  else walkFields(shape, before, after, path, found);
  if (path.length === 0) return;
  if (before === undefined) found.added.push(path);
  else if (after === undefined) found.removed.push(path);
}

/** Whether the value is one leaf: plain, owned whole, or empty on both sides. */
function isWhole(shape: Shape, before: unknown, after: unknown): boolean {
  if (shape.type === 'scalar') return true;
  if (shape.type === 'list') {
    return (
      shape.how === 'atomic' ||
      !(isList(before) || isList(after)) ||
      (listOf(before).length === 0 && listOf(after).length === 0)
    );
  }
  if (shape.atomic) return true;
  if (!(isFields(before) || isFields(after))) return true;
  if ((before ?? null) !== null && (after ?? null) !== null && isFields(before) !== isFields(after)) return true;
  return Object.keys(fieldsOf(before)).length === 0 && Object.keys(fieldsOf(after)).length === 0;
}

function walkFields(shape: Shape, before: unknown, after: unknown, path: Path, found: Differences): void {
  const left = fieldsOf(before);
  const right = fieldsOf(after);
  for (const name of new Set([...Object.keys(left), ...Object.keys(right)])) {
    walk(shapeOf(shape, name), own(left, name), own(right, name), [...path, fieldStep(name)], found);
  }
}

function walkList(shape: ListShape, before: unknown, after: unknown, path: Path, found: Differences): void {
  const left = byStep(shape, listOf(before));
  const right = byStep(shape, listOf(after));
  for (const step of new Set([...left.keys(), ...right.keys()])) {
    const was = left.get(step) ?? [];
    const is = right.get(step) ?? [];
    if (was.length > 1 || is.length > 1) {
      if (was.length === 0) found.added.push([...path, step]);
      else if (is.length === 0) found.removed.push([...path, step]);
      else if (!sameJson(was, is)) found.modified.push([...path, step]);
    } else {
      walk(shape.items, was[0], is[0], [...path, step], found);
    }
  }
}

/** Elements by their step; an update may hold the same key more than once. */
export function byStep(shape: ListShape, items: readonly unknown[]): ReadonlyMap<string, readonly unknown[]> {
  return Map.groupBy(items, (item) => itemStep(shape, item));
}
