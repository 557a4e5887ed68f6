import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { isFields, own, sameJson } from '../../../../../playground/kubernetes/fields/json.ts';
import { jsonPatched } from '../../../../../playground/kubernetes/fields/json-patch.ts';
import { mergePatched } from '../../../../../playground/kubernetes/fields/merge-patch.ts';
import { json, smallObject } from '../../../../support/field-arbitraries.ts';

test('a merge patch twice is a merge patch once, and the empty one changes nothing', () => {
  fc.assert(
    fc.property(smallObject, json, (target, patch) => {
      const once = mergePatched(target, patch);
      expect(mergePatched(once, patch)).toEqual(once);
      expect(mergePatched(target, {})).toEqual(target);
    }),
  );
});

test('the merge patch between two objects leads from one to the other', () => {
  fc.assert(
    fc.property(smallObject, smallObject, (from, to) => {
      expect(mergePatched(from, between(from, to))).toEqual(to);
    }),
  );
});

function between(from: unknown, to: unknown): unknown {
  if (!isFields(from) || !isFields(to)) return to;
  const gone = Object.keys(from).filter((name) => !Object.hasOwn(to, name));
  const changed = Object.keys(to).filter((name) => !sameJson(own(from, name), own(to, name)));
  return Object.fromEntries([
    ...gone.map((name) => [name, null]),
    ...changed.map((name) => [name, between(own(from, name), own(to, name))]),
  ]);
}

test.each([
  [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
  [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
  [{ a: 'b' }, { a: null }, {}],
  [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
  [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
  [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
  [
    ['a', 'b'],
    ['c', 'd'],
    ['c', 'd'],
  ],
  [{ a: 'b' }, ['c'], ['c']],
  [{ e: null }, { a: 1 }, { e: null, a: 1 }],
  [[1, 2], { a: 'b', c: null }, { a: 'b' }],
  [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
])('RFC 7386: %j with %j is %j', (target, patch, result) => {
  expect(mergePatched(target, patch)).toEqual(result);
});

test('what is added by a JSON patch is found by a test, and can be removed again', () => {
  fc.assert(
    fc.property(smallObject, fc.constantFrom('new', 'a/b', 'm~n', '~1', ''), json, (target, name, value) => {
      const path = `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
      const added = jsonPatched(target, [
        { op: 'add', path, value },
        { op: 'test', path, value },
      ]);
      expect(added).toEqual({ ok: true, value: { ...target, [name]: value } });
      expect(jsonPatched(added.ok ? added.value : null, [{ op: 'remove', path }])).toEqual({ ok: true, value: target });
    }),
  );
});

test('moving there and back changes nothing, and a copy is equal', () => {
  fc.assert(
    fc.property(smallObject, json, (target, value) => {
      const there = { from: '/from', to: '/to' };
      const steps = [
        { op: 'add', path: there.from, value },
        { op: 'copy', from: there.from, path: there.to },
        { op: 'test', path: there.to, value },
        { op: 'remove', path: there.from },
        { op: 'move', from: there.to, path: there.from },
        { op: 'test', path: there.from, value },
        { op: 'remove', path: there.from },
      ];
      expect(jsonPatched(target, steps)).toEqual({ ok: true, value: target });
    }),
  );
});

test.each([
  [['a', 'c'], [{ op: 'add', path: '/1', value: 'b' }], ['a', 'b', 'c']],
  [['a'], [{ op: 'add', path: '/-', value: 'b' }], ['a', 'b']],
  [['a', 'b'], [{ op: 'remove', path: '/0' }], ['b']],
  [[{ x: 1 }], [{ op: 'replace', path: '/0/x', value: 2 }], [{ x: 2 }]],
  [['a', 'b', 'c'], [{ op: 'move', from: '/0', path: '/2' }], ['b', 'c', 'a']],
  [{ a: 1 }, [{ op: 'test', path: '/b', value: null }], { a: 1 }],
  [{ a: 1 }, [], { a: 1 }],
  [{ a: 1 }, [{ op: 'replace', path: '', value: { b: 2 } }], { b: 2 }],
])('%j after %j', (target, patch, value) => {
  expect(jsonPatched(target, patch)).toEqual({ ok: true, value });
});

test.each([
  [['a'], { op: 'add', path: '/2', value: 'b' }],
  [['a'], { op: 'add', path: '/01', value: 'b' }],
  [['a'], { op: 'remove', path: '/-' }],
  [{ a: 1 }, { op: 'add', path: '/b/c', value: 1 }],
  [{ a: 1 }, { op: 'replace', path: '/b', value: 1 }],
  [{ a: 1 }, { op: 'add', path: '/b' }],
  [{ a: 1 }, { op: 'test', path: '/a', value: 2 }],
  [{ a: 1 }, { op: 'remove', path: '/constructor' }],
  [{ a: 1 }, { op: 'move', from: '/b', path: '/a' }],
  [{ a: 1 }, { op: 'nothing', path: '/a' }],
  [{ a: 1 }, { op: 'remove', path: 'a' }],
  [{ a: 1 }, { op: 'remove' }],
])('%j does not take %j', (target, operation) => {
  expect(
    jsonPatched(
      target,
      [{ op: 'test', path: '/missing', value: null }, operation].slice(Array.isArray(target) ? 1 : 0),
    ),
  ).toMatchObject({
    ok: false,
    refusal: { status: 422, reason: 'Invalid' },
  });
});

test('no patch is longer than 10,000 operations', () => {
  const patch = Array.from({ length: 10_001 }, () => ({ op: 'test', path: '/a', value: 1 }));
  expect(jsonPatched({ a: 1 }, patch)).toMatchObject({ ok: false, refusal: { status: 413 } });
});

test('a patch changes nothing in place', () => {
  const frozen = Object.freeze({ list: Object.freeze([Object.freeze({ a: 1 })]) });
  expect(jsonPatched(frozen, [{ op: 'add', path: '/list/0/b', value: 2 }])).toEqual({
    ok: true,
    value: { list: [{ a: 1, b: 2 }] },
  });
  expect(mergePatched(frozen, { list: null, b: 1 })).toEqual({ b: 1 });
});
