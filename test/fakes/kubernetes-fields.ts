import type { Json, JsonObject } from '../../src/core/json.ts';
import type { PatchOperation } from '../../src/core/ports/kubernetes.ts';

/** A JSON object that is being built. */
export interface Tree {
  [key: string]: Json;
}

export function isTree(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function treeAt(tree: JsonObject, field: string): JsonObject {
  const value = tree[field];
  return isTree(value) ? value : {};
}

export function same(a: Json | undefined, b: Json | undefined): boolean {
  return JSON.stringify(sorted(a ?? null)) === JSON.stringify(sorted(b ?? null));
}

function sorted(value: Json): Json {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isTree(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, each]) => [key, sorted(each)]),
  );
}

/** RFC 7386. */
export function mergePatched(target: Json | undefined, patch: Json): Json {
  if (!isTree(patch)) return patch;
  const result: Tree = isTree(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = mergePatched(result[key], value);
  }
  return result;
}

/** RFC 6902; `null`: a path is missing or a test fails. */
export function jsonPatched(document: JsonObject, operations: readonly PatchOperation[]): JsonObject | null {
  let result: Json = document;
  for (const operation of operations) {
    const parts = operation.path
      .split('/')
      .slice(1)
      .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
    const next: Json | undefined = edited(result, parts, operation);
    if (next === undefined) return null;
    result = next;
  }
  return isTree(result) ? result : null;
}

function edited(value: Json, parts: readonly string[], operation: PatchOperation): Json | undefined {
  const [part, ...rest] = parts;
  if (part === undefined) return undefined;
  if (Array.isArray(value)) return editedList(value, part, rest, operation);
  if (!isTree(value)) return undefined;
  const present = Object.hasOwn(value, part);
  if (rest.length > 0) {
    const inner = present ? edited(value[part] ?? null, rest, operation) : undefined;
    return inner === undefined ? undefined : { ...value, [part]: inner };
  }
  if (operation.op === 'test') return present && same(value[part], operation.value) ? value : undefined;
  if (operation.op === 'add') return { ...value, [part]: operation.value };
  if (!present) return undefined;
  if (operation.op === 'replace') return { ...value, [part]: operation.value };
  const { [part]: _, ...kept } = value;
  return kept;
}

function editedList(
  list: readonly Json[],
  part: string,
  rest: readonly string[],
  operation: PatchOperation,
): Json | undefined {
  const index = part === '-' ? list.length : Number(part);
  if (!Number.isInteger(index) || index < 0 || index > list.length) return undefined;
  if (rest.length > 0) {
    const inner = index < list.length ? edited(list[index] ?? null, rest, operation) : undefined;
    return inner === undefined ? undefined : list.with(index, inner);
  }
  if (operation.op === 'add') return list.toSpliced(index, 0, operation.value);
  if (index === list.length) return undefined;
  if (operation.op === 'test') return same(list[index], operation.value) ? list : undefined;
  return operation.op === 'replace' ? list.with(index, operation.value) : list.toSpliced(index, 1);
}

/** Values of an object by their path (`.data.x`). Lists count as one value: a simplification of what the real server does. */
export function leavesOf(tree: JsonObject, at = ''): ReadonlyMap<string, Json> {
  const leaves = new Map<string, Json>();
  for (const [key, value] of Object.entries(tree)) {
    const path = `${at}.${key}`;
    if (isTree(value) && Object.keys(value).length > 0)
      for (const [inner, leaf] of leavesOf(value, path)) leaves.set(inner, leaf);
    else leaves.set(path, value);
  }
  return leaves;
}

/** Whether labels fit a selector as `kubectl -l` takes it; `null`: it is no selector. */
export function labelsFit(labels: Readonly<Record<string, string>>, selector: string): boolean | null {
  const parts = selector.split(/,(?![^(]*\))/).map((part) => part.trim());
  const results = parts.filter((part) => part !== '').map((part) => requirementFits(labels, part));
  return results.includes(null) ? null : results.every((fits) => fits === true);
}

function requirementFits(labels: Readonly<Record<string, string>>, text: string): boolean | null {
  const set = /^(\S+)\s+(in|notin)\s+\(([^)]*)\)$/.exec(text);
  if (set !== null) {
    const [, key = '', word, list = ''] = set;
    const within = list.split(',').some((each) => each.trim() === labels[key]);
    return word === 'in' ? within : !within;
  }
  const compared = /^([^\s=!]+)\s*(==|=|!=)\s*([^\s=!]*)$/.exec(text);
  if (compared !== null) {
    const [, key = '', sign, value] = compared;
    return sign === '!=' ? labels[key] !== value : labels[key] === value;
  }
  const there = /^(!?)([^\s=!()]+)$/.exec(text);
  return there === null ? null : (there[1] === '!') !== Object.hasOwn(labels, there[2] ?? '');
}
