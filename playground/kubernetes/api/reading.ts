import type { ApiObject, Fields } from '../contracts.ts';
import { fieldsOf, isFields } from '../fields/json.ts';

export { fieldsOf };

/** Walks down; `undefined` where the way ends. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((found, name) => fieldsOf(found)[name], value);
}

/** As {@link at}; an empty text for anything but a text. */
export function textAt(value: unknown, ...path: readonly string[]): string {
  const found = at(value, ...path);
  return typeof found === 'string' ? found : '';
}

/** As {@link at}; `undefined` for anything but a number. */
export function numberAt(value: unknown, ...path: readonly string[]): number | undefined {
  const found = at(value, ...path);
  return typeof found === 'number' ? found : undefined;
}

/** As {@link at}; empty for anything but a list. */
export function listAt(value: unknown, ...path: readonly string[]): readonly unknown[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? found : [];
}

/** The texts of a list. */
export function textsAt(value: unknown, ...path: readonly string[]): readonly string[] {
  return listAt(value, ...path).filter((each): each is string => typeof each === 'string');
}

/** Whether it has the form of an object of the API. */
export function isObject(value: unknown): value is ApiObject {
  return (
    isFields(value) &&
    typeof value['apiVersion'] === 'string' &&
    typeof value['kind'] === 'string' &&
    isFields(value['metadata'])
  );
}

/** The object with other metadata; a field that is `undefined` goes. */
export function withMetadata(object: ApiObject, changes: Fields): ApiObject {
  const merged = Object.entries({ ...object.metadata, ...changes }).filter(([, value]) => value !== undefined);
  return { ...object, metadata: Object.fromEntries(merged) };
}

/** The object without a field. */
export function without(fields: ApiObject, name: string): ApiObject {
  const { [name]: _, ...rest } = fields;
  return { ...rest, apiVersion: fields.apiVersion, kind: fields.kind, metadata: fields.metadata };
}

/** Deep equality of JSON values; the order of fields does not count. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    return (
      Array.isArray(a) &&
      Array.isArray(b) &&
      a.length === b.length &&
      a.every((each, index) => sameJson(each, b[index]))
    );
  }
  const [left, right] = [fieldsOf(a), fieldsOf(b)];
  const names = Object.keys(left).filter((name) => left[name] !== undefined);
  return (
    names.length === Object.keys(right).filter((name) => right[name] !== undefined).length &&
    names.every((name) => sameJson(left[name], right[name]))
  );
}

/** `2026-11-21T13:49:39Z`: how the API writes times. */
export function apiTime(when: Date = new Date()): string {
  return `${when.toISOString().slice(0, 19)}Z`;
}
