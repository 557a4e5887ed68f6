import type { Fields } from '../contracts.ts';

/** Whether it is a JSON object (no list, not null). */
export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether it is a JSON list. */
export function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

/** The JSON object itself (no copy), or an empty one when it is something else. */
export function fieldsOf(value: unknown): Fields {
  return isFields(value) ? value : {};
}

/** The list, or an empty one. */
export function listOf(value: unknown): readonly unknown[] {
  return isList(value) ? value : [];
}

/** The text, or an empty one. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** Equality of JSON: the order of an object's names does not matter, that of a list does. */
export function sameJson(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (isList(left) && isList(right)) {
    return left.length === right.length && left.every((item, index) => sameJson(item, right[index]));
  }
  if (!isFields(left) || !isFields(right)) return false;
  const names = Object.keys(left);
  return (
    names.length === Object.keys(right).length &&
    names.every((name) => Object.hasOwn(right, name) && sameJson(left[name], right[name]))
  );
}

/** What a path of names leads to; `undefined`: nothing. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  let here = value;
  for (const name of path) {
    if (!isFields(here)) return undefined;
    here = own(here, name);
  }
  return here;
}

/** A field of an object, never something inherited (`constructor`, `__proto__`). */
export function own(object: Fields, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

/** The object with a value at a path; objects on the way are made. `undefined` takes the field away. */
export function put(value: unknown, path: readonly string[], next: unknown): Fields {
  const object = fieldsOf(value);
  const [name, ...rest] = path;
  if (name === undefined) return fieldsOf(next);
  const inner = rest.length === 0 ? next : put(own(object, name), rest, next);
  return inner === undefined ? omit(object, name) : { ...object, [name]: inner };
}

/** The object without a field. */
export function omit(object: Fields, name: string): Fields {
  const entries = Object.entries(object).filter(([key]) => key !== name);
  return Object.fromEntries(entries);
}
