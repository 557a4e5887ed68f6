import type { Fields } from '../contracts.ts';
import { goValue } from './go-value.ts';
import { isFields, isList, listOf, omit, own, sameJson } from './json.ts';
import type { Patching } from './json-patch.ts';
import { itemShape, type ListShape, type Shape, shapeOf } from './shape.ts';
import { inServerOrder } from './strategic-order.ts';

const orderOf = '$setElementOrder/';
const deleteFrom = '$deleteFromPrimitiveList/';
const retain = '$retainKeys';

class Malformed extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Applies a strategic merge patch: as a merge patch, but lists with a merge key are merged by it, and directives (`$patch`, …) are carried out. */
export function strategicPatched(shape: Shape, document: Fields, patch: unknown): Patching {
  if (!isFields(patch)) {
    const message = `error decoding patch: json: cannot unmarshal ${isList(patch) ? 'array' : typeof patch} into Go value of type map[string]interface {}`;
    return { ok: false, refusal: { status: 400, reason: 'BadRequest', message } };
  }
  try {
    return { ok: true, value: mergeObject(shape, document, patch) };
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    const reason = error.status === 400 ? 'BadRequest' : '';
    return { ok: false, refusal: { status: error.status, reason, message: error.message } };
  }
}

function mergeObject(shape: Shape, before: Fields, patch: Fields): Fields {
  const directive = own(patch, '$patch');
  if (directive === 'replace') return fieldsWithout(omit(patch, '$patch'));
  if (directive === 'delete') return {};
  if (directive !== undefined && directive !== 'merge')
    throw new Malformed(400, `unknown patch type found: ${JSON.stringify(directive)}`);
  const after = new Map(Object.entries(retained(before, patch)));
  for (const [key, value] of Object.entries(patch)) {
    if (key === '$patch' || key === retain) continue;
    if (key.startsWith(deleteFrom)) {
      const name = key.slice(deleteFrom.length);
      const list = after.get(name);
      if (isList(list))
        after.set(
          name,
          list.filter((item) => !listOf(value).some((gone) => sameJson(item, gone))),
        );
    } else if (key.startsWith(orderOf)) {
      const name = key.slice(orderOf.length);
      if (!Object.hasOwn(patch, name)) reorder(shapeOf(shape, name), after, name, [], value);
    } else if (value === null) {
      after.delete(key);
    } else {
      const order = own(patch, `${orderOf}${key}`);
      if (isList(order) && isList(value)) reorder(shapeOf(shape, key), after, key, value, order);
      else after.set(key, mergeValue(shapeOf(shape, key), after.get(key), value));
    }
  }
  return Object.fromEntries(after);
}

/** `$retainKeys`: of the fields that are there only the named ones stay. */
function retained(before: Fields, patch: Fields): Fields {
  const keys = own(patch, retain);
  if (keys === undefined) return before;
  const names = new Set(listOf(keys));
  const foreign = Object.keys(patch).some((key) => !key.startsWith('$') && !names.has(key) && patch[key] !== null);
  if (foreign) throw new Malformed(400, 'invalid patch format of retainKeys');
  return Object.fromEntries(Object.entries(before).filter(([name]) => names.has(name)));
}

function mergeValue(shape: Shape, before: unknown, patch: unknown): unknown {
  if (isFields(patch)) {
    if (!isFields(before)) return withoutDirectives(patch);
    return mergeObject(shape, before, patch);
  }
  if (!isList(patch)) return patch;
  if (shape.type === 'list' && shape.merge !== null) return mergeList(shape, listOf(before), patch);
  return patch.map(withoutDirectives);
}

function mergeList(shape: ListShape, before: readonly unknown[], patch: readonly unknown[]): readonly unknown[] {
  const key = shape.merge?.key ?? null;
  if (key === null) {
    const all = [...before, ...patch];
    const merged = all.filter((item, place) => all.findIndex((other) => sameJson(other, item)) === place);
    return inServerOrder(merged, patch, before, (item) => item);
  }
  if (patch.some((item) => isFields(item) && own(item, '$patch') === 'replace')) {
    return patch.filter((item) => !isFields(item) || own(item, '$patch') !== 'replace').map(withoutDirectives);
  }
  const keyOf = (item: unknown): unknown => (isFields(item) ? own(item, key) : item);
  const gone = patch.filter((item) => isFields(item) && own(item, '$patch') === 'delete').map(keyOf);
  let merged = before.filter((item) => !gone.some((value) => sameJson(value, keyOf(item))));
  const plain = patch.filter((item): item is Fields => isFields(item) && own(item, '$patch') !== 'delete');
  for (const item of plain) {
    if (keyOf(item) === undefined)
      throw new Malformed(500, `map: ${goValue(item)} does not contain declared merge key: ${key}`);
    const place = merged.findIndex((other) => sameJson(keyOf(other), keyOf(item)));
    const existing = merged[place];
    if (isFields(existing)) merged = merged.with(place, mergeObject(itemShape(shape), existing, item));
    else merged = [...merged, withoutDirectives(item)];
  }
  return inServerOrder(merged, plain, before, keyOf);
}

/** `$setElementOrder`: the named elements in the order of the patch, others keep their place among them. */
function reorder(
  shape: Shape,
  after: Map<string, unknown>,
  name: string,
  patch: readonly unknown[],
  order: unknown,
): void {
  const before = listOf(after.get(name));
  if (before.length === 0 && patch.length === 0) return;
  const list: ListShape | null = shape.type === 'list' && shape.merge !== null ? shape : null;
  if (list === null) return;
  const key = list.merge?.key ?? null;
  const keyOf = (item: unknown): unknown => (key !== null && isFields(item) ? own(item, key) : item);
  const merged = mergeList(list, before, patch);
  after.set(name, inServerOrder(merged, listOf(order), before, keyOf));
}

/** A patch value as a new value: nulls and directives in it say nothing. */
function withoutDirectives(value: unknown): unknown {
  if (isList(value)) {
    return value.filter((item) => !isFields(item) || own(item, '$patch') !== 'delete').map(withoutDirectives);
  }
  return isFields(value) ? fieldsWithout(value) : value;
}

function fieldsWithout(value: Fields): Fields {
  const entries = Object.entries(value).filter(([name, inner]) => inner !== null && !isDirective(name));
  return Object.fromEntries(entries.map(([name, inner]) => [name, withoutDirectives(inner)]));
}

function isDirective(name: string): boolean {
  return name === '$patch' || name === retain || name.startsWith(orderOf) || name.startsWith(deleteFrom);
}
