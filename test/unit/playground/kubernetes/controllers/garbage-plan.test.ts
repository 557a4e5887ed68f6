import { expect, test } from 'vitest';
import type { ApiObject, Fields } from '../../../../../playground/kubernetes/contracts.ts';
import {
  blocks,
  type OwnerState,
  verdict,
  waitsFor,
  withoutFinalizer,
  withoutOwners,
} from '../../../../../playground/kubernetes/controllers/garbage-plan.ts';

function object(metadata: Fields): ApiObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', uid: 'u', resourceVersion: '7', ...metadata } };
}

function owned(...owners: readonly string[]): Fields {
  return { ownerReferences: owners.map((uid) => ({ apiVersion: 'v1', kind: 'Node', name: uid, uid })) };
}

function states(...known: readonly (readonly [string, OwnerState])[]): ReadonlyMap<string, OwnerState> {
  return new Map(known);
}

test.each([
  ['no owner', {}, states(), false, { action: 'keep' }],
  ['an owner', owned('x'), states(['x', 'there']), false, { action: 'keep' }],
  ['an owner that is gone', owned('x'), states(['x', 'gone']), false, { action: 'delete', policy: 'Background' }],
  [
    'one owner of two that is gone',
    owned('x', 'y'),
    states(['x', 'gone'], ['y', 'there']),
    false,
    { action: 'forget', owners: ['x'] },
  ],
  [
    'an owner that waits, and dependents',
    owned('x'),
    states(['x', 'waiting']),
    true,
    { action: 'delete', policy: 'Foreground' },
  ],
  ['an owner that waits', owned('x'), states(['x', 'waiting']), false, { action: 'delete', policy: 'Background' }],
  [
    'its own wish to orphan',
    { ...owned('x'), finalizers: ['orphan'] },
    states(['x', 'gone']),
    true,
    { action: 'delete', policy: 'Orphan' },
  ],
  [
    'a deletion that has begun',
    { ...owned('x'), deletionTimestamp: '2026-11-21T13:00:00Z' },
    states(['x', 'gone']),
    false,
    { action: 'keep' },
  ],
] as const)('an object with %s', (_what, metadata, known, dependents, expected) => {
  expect(verdict(object(metadata), known, dependents)).toEqual(expected);
});

test('owner references and finalizers go by patches that hold only for the revision that was read', () => {
  const both = object({ ...owned('x', 'y'), finalizers: ['orphan', 'example.com/hold'] });
  expect(withoutOwners(both, ['x'])).toEqual({
    metadata: { ...owned('y'), uid: 'u', resourceVersion: '7' },
  });
  expect(withoutOwners(both, ['x', 'y'])).toEqual({
    metadata: { ownerReferences: null, uid: 'u', resourceVersion: '7' },
  });
  expect(withoutFinalizer(both, 'orphan')).toEqual({
    metadata: { finalizers: ['example.com/hold'], uid: 'u', resourceVersion: '7' },
  });
});

test('only references that say so block a foreground deletion', () => {
  const reference = { apiVersion: 'v1', kind: 'Node', name: 'x', uid: 'x' };
  const blocking = object({ ownerReferences: [{ ...reference, blockOwnerDeletion: true }] });
  expect([blocks(blocking, 'x'), blocks(blocking, 'y'), blocks(object(owned('x')), 'x')]).toEqual([true, false, false]);
  expect(waitsFor(object({ finalizers: ['orphan'] }), 'orphan')).toBe(false);
});
