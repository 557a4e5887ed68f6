import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ApiObject } from '../../../../../playground/kubernetes/contracts.ts';
import { compared } from '../../../../../playground/kubernetes/fields/compare.ts';
import { kindShape } from '../../../../../playground/kubernetes/fields/custom-shape.ts';
import { createFieldRules } from '../../../../../playground/kubernetes/fields/field-rules.ts';
import {
  difference,
  type FieldSet,
  fieldSet,
  fromFieldsV1,
  intersection,
  noFields,
  pathsOf,
  toFieldsV1,
  union,
} from '../../../../../playground/kubernetes/fields/field-set.ts';
import { readOwners } from '../../../../../playground/kubernetes/fields/managed-fields.ts';
import { thing, thingOf, thingSpec } from '../../../../support/field-arbitraries.ts';

const rules = createFieldRules();
const shape = kindShape(thing);

const step = fc.constantFrom('f:a', 'f:b', 'k:{"name":"x"}', 'v:"y"', 'i:0');
const paths = fc.array(fc.array(step, { minLength: 1, maxLength: 3 }), { maxLength: 6 });
const sets = paths.map(fieldSet);

test('sets of fields are sets', () => {
  fc.assert(
    fc.property(sets, sets, sets, (a, b, c) => {
      expect(names(union(a, b))).toEqual(names(union(b, a)));
      expect(names(union(a, a))).toEqual(names(a));
      expect(names(intersection(a, b))).toEqual(names(difference(a, difference(a, b))));
      expect(names(union(difference(a, b), intersection(a, b)))).toEqual(names(a));
      expect(names(difference(a, union(b, c)))).toEqual(names(difference(difference(a, b), c)));
      expect(names(difference(a, a))).toEqual([]);
      expect(names(union(a, noFields))).toEqual(names(a));
    }),
  );
});

test('a set has the paths it was made of, in order, and survives FieldsV1', () => {
  fc.assert(
    fc.property(paths, (given) => {
      const set = fieldSet(given);
      expect(new Set(names(set))).toEqual(new Set(given.map((path) => path.join('/'))));
      const read = fromFieldsV1(JSON.parse(JSON.stringify(toFieldsV1(set))));
      expect(read === null ? null : names(read)).toEqual(names(set));
    }),
  );
});

test.each([null, [], { x: {} }, { 'f:a': 1 }, { 'k:{': {} }])('%j is no FieldsV1', (value) => {
  expect(fromFieldsV1(value)).toBeNull();
});

function names(set: FieldSet): readonly string[] {
  return [...pathsOf(set)].map((path) => path.join('/'));
}

test('comparing tells apart what was added, removed and modified', () => {
  fc.assert(
    fc.property(thingSpec, thingSpec, (before, after) => {
      const there = compared(shape, thingOf(before), thingOf(after));
      const back = compared(shape, thingOf(after), thingOf(before));
      expect(names(there.added)).toEqual(names(back.removed));
      expect(names(there.modified)).toEqual(names(back.modified));
      expect(names(intersection(there.added, union(there.removed, there.modified)))).toEqual([]);
      const same = compared(shape, thingOf(before), thingOf(before));
      expect(names(union(same.added, union(same.removed, same.modified)))).toEqual([]);
    }),
  );
});

const at = (manager: string, time: string, force = false) => ({ manager, time, force, subresource: '' });

function apply(live: ApiObject | null, spec: unknown, manager: string, time = '2026-01-01T00:00:00Z'): ApiObject {
  const outcome = rules.applied(thing, live, thingOf(spec), at(manager, time, true));
  if (!outcome.ok) throw new Error(outcome.refusal.message);
  return outcome.value;
}

test('applying the same again changes nothing, not even a time', () => {
  fc.assert(
    fc.property(thingSpec, thingSpec, (first, second) => {
      const live = apply(apply(null, first, 'a'), second, 'b');
      expect(apply(live, second, 'b', '2026-01-02T00:00:00Z')).toEqual(live);
    }),
  );
});

/** What is empty is owned as a whole, and lost when another's fields come and go in it. */
const filledSpec = thingSpec.map((spec) => leavesFilled({ text: 'a', ...spec }));

test('who applies and then applies nothing leaves what was there before', () => {
  fc.assert(
    fc.property(filledSpec, thingSpec, (mine, other) => {
      const live = apply(null, mine, 'a');
      const outcome = rules.applied(thing, live, thingOf(other), at('b', '2026-01-01T00:00:00Z'));
      if (!outcome.ok) return;
      const left = apply(outcome.value, {}, 'b');
      expect(contents(left)).toEqual(contents(live));
      expect(ownersOf(left)).toEqual({ a: ownersOf(live)['a'], b: ['f:spec'] });
    }),
  );
});

/** The spec without what is empty: what loses its last field goes with it. Lists may come back in another order. */
function contents(object: ApiObject): unknown {
  return leaves(object['spec']) ?? null;
}

function leaves(value: unknown): unknown {
  if (Array.isArray(value)) {
    const items = value.map((item) => JSON.stringify(leaves(item) ?? null)).toSorted();
    return items.length === 0 ? undefined : items;
  }
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value)
    .map(([name, inner]): [string, unknown] => [name, leaves(inner)])
    .filter(([, inner]) => inner !== undefined);
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

function leavesFilled(value: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const entries = Object.entries(value).filter(([, inner]) => leaves(inner) !== undefined);
  return Object.fromEntries(
    entries.map(([name, inner]) => [
      name,
      isPlain(inner)
        ? leavesFilled(inner)
        : Array.isArray(inner)
          ? inner.map((item: unknown) => (isPlain(item) ? leavesFilled(item) : item))
          : inner,
    ]),
  );
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function ownersOf(object: ApiObject): Readonly<Record<string, readonly string[]>> {
  const owners = readOwners(object) ?? new Map();
  return Object.fromEntries([...owners.values()].map((owner) => [owner.manager, names(owner.fields)]));
}

test('an apply that is not forced takes nothing from anybody', () => {
  fc.assert(
    fc.property(thingSpec, thingSpec, (mine, other) => {
      const live = apply(null, mine, 'a');
      const outcome = rules.applied(thing, live, thingOf(other), at('b', '2026-01-01T00:00:00Z'));
      const left = ownersOf(outcome.ok ? outcome.value : live);
      expect(left['a']).toEqual(ownersOf(live)['a']);
      expect(outcome.ok ? 409 : outcome.refusal.status).toBe(409);
    }),
  );
});

test('what an update changes belongs to it alone', () => {
  fc.assert(
    fc.property(thingSpec, thingSpec, (before, after) => {
      const live = apply(null, before, 'a');
      const next = { ...live, spec: after };
      const updated = rules.tracked(thing, live, next, { manager: 'u', subresource: '', time: '2026-01-02T00:00:00Z' });
      const { added, modified, removed } = compared(shape, thingOf(before), thingOf(after));
      const owners = ownersOf(updated);
      expect(owners['u'] ?? []).toEqual(names(union(added, modified)));
      const kept = new Set(names(union(union(added, modified), removed)));
      expect((owners['a'] ?? []).filter((name) => kept.has(name))).toEqual([]);
    }),
  );
});
