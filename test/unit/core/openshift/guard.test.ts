import { describe, expect, test } from 'vitest';
import type { Json } from '../../../../src/core/json.ts';
import {
  GUARD_KEY,
  guardNeeded,
  guardOffPatch,
  guardOnPatch,
  readGuard,
} from '../../../../src/core/openshift/guard.ts';
import type { KubernetesObject } from '../../../../src/core/ports/kubernetes.ts';

function etcd(overrides?: Json): KubernetesObject {
  const metadata = { name: 'cluster', uid: 'u', resourceVersion: '7' };
  const spec = overrides === undefined ? {} : { unsupportedConfigOverrides: overrides };
  return { apiVersion: 'operator.openshift.io/v1', kind: 'Etcd', metadata, spec };
}

function guardOf(object: KubernetesObject) {
  const guard = readGuard(object);
  if (guard === null) throw new Error('no guard');
  return guard;
}

const PATH = `/spec/unsupportedConfigOverrides/${GUARD_KEY}`;

describe('whether the guard is to be turned off', () => {
  test.each([
    { version: '4.18.3', topology: 'HighlyAvailable', after: 2, needed: true },
    { version: '4.18.3', topology: 'HighlyAvailable', after: 4, needed: false },
    { version: '4.9.59', topology: 'HighlyAvailable', after: 2, needed: false },
    { version: '4.10.0-rc.1', topology: 'HighlyAvailable', after: 2, needed: true },
  ])('$version with $after voters: $needed', ({ version, topology, after, needed }) => {
    expect(guardNeeded(version, topology, after)).toEqual({ ok: true, needed });
  });

  test.each(['SingleReplica', 'DualReplica', 'HighlyAvailableArbiter', 'External', 'Other', ''])(
    'topology %j is not for this procedure',
    (topology) => {
      expect(guardNeeded('4.18.3', topology, 2)).toMatchObject({ ok: false });
    },
  );

  test('a version that is none of OpenShift 4 is not guessed at', () => {
    expect(guardNeeded('', 'HighlyAvailable', 2)).toMatchObject({ ok: false });
    expect(guardNeeded('5.0.1', 'HighlyAvailable', 2)).toMatchObject({ ok: false });
  });
});

describe('the guard off and on again touches one key', () => {
  test('where there are no overrides, and back', () => {
    expect(guardOffPatch(etcd(), guardOf(etcd()))).toEqual([
      { op: 'test', path: '/metadata/resourceVersion', value: '7' },
      { op: 'add', path: '/spec/unsupportedConfigOverrides', value: { [GUARD_KEY]: true } },
    ]);
    expect(guardOnPatch(guardOf(etcd({ [GUARD_KEY]: true })), null)).toEqual([
      { op: 'test', path: '/spec/unsupportedConfigOverrides', value: { [GUARD_KEY]: true } },
      { op: 'remove', path: '/spec/unsupportedConfigOverrides' },
    ]);
    expect(guardOffPatch(etcd(null), guardOf(etcd(null)))).toHaveLength(2);
  });

  test('beside the overrides of others, which stay', () => {
    const before = etcd({ other: 1 });
    expect(guardOffPatch(before, guardOf(before))).toEqual([
      { op: 'test', path: '/spec/unsupportedConfigOverrides', value: { other: 1 } },
      { op: 'add', path: PATH, value: true },
    ]);
    const off = etcd({ other: 2, [GUARD_KEY]: true });
    expect(guardOnPatch(guardOf(off), null)).toEqual([
      { op: 'test', path: PATH, value: true },
      { op: 'remove', path: PATH },
    ]);
  });

  test('a value that was there comes back', () => {
    const off = guardOf(etcd({ [GUARD_KEY]: true }));
    expect(guardOnPatch(off, false)).toEqual([
      { op: 'test', path: PATH, value: true },
      { op: 'replace', path: PATH, value: false },
    ]);
  });

  test('what is on already, or was set otherwise, is left', () => {
    expect(guardOnPatch(guardOf(etcd()), null)).toBeNull();
    expect(guardOnPatch(guardOf(etcd({ [GUARD_KEY]: false })), null)).toBeNull();
  });

  test('overrides that are no object are not touched', () => {
    expect(readGuard(etcd('text'))).toBeNull();
    expect(guardOf(etcd({ [GUARD_KEY]: 'true' }))).toMatchObject({ off: false, before: 'true' });
  });
});
