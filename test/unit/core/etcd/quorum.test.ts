import { assert, constantFrom, integer, property } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mayRemove, mayTakeOut, quorumOf, toleranceOf } from '../../../../src/core/etcd/quorum.ts';

test.each([
  [1, 1],
  [2, 2],
  [3, 2],
  [4, 3],
  [5, 3],
  [6, 4],
  [7, 4],
])('a ring of %i voters needs %i', (voters, needed) => {
  expect(quorumOf(voters)).toBe(needed);
});

describe('removing an unhealthy voter', () => {
  test.each([
    [1, 0, false, 'no quorum'],
    [2, 1, false, 'no quorum'],
    [3, 2, true, 'none may fail until the new member is in'],
    [3, 1, false, 'no quorum'],
    [4, 3, true, '1 may fail'],
    [4, 2, false, 'no quorum'],
    [5, 4, true, '1 may fail'],
    [5, 3, true, 'none may fail until the new member is in'],
    [5, 2, false, 'no quorum'],
  ])('%i voters, %i healthy: %s', (voters, healthy, allowed, why) => {
    const answer = mayRemove(voters, healthy, 'unhealthy-voter');

    expect(answer).toMatchObject({ allowed, votersAfter: voters - 1 });
    expect(answer.why).toContain(why);
  });

  test.each([
    [3, 2, 0],
    [4, 3, 1],
    [5, 4, 1],
    [5, 3, 0],
  ])('%i voters, %i healthy: %i may fail afterwards', (voters, healthy, tolerance) => {
    expect(mayRemove(voters, healthy, 'unhealthy-voter').toleranceAfter).toBe(tolerance);
  });
});

test.each([1, 2, 3, 4, 5, 7])('of %i healthy voters none may be removed, etcd or not', (voters) => {
  expect(mayRemove(voters, voters, 'healthy-voter').allowed).toBe(false);
});

test('a planned swap may remove a healthy voter while the rest keeps quorum', () => {
  expect(mayRemove(4, 4, 'healthy-voter', true)).toMatchObject({ allowed: true, votersAfter: 3, toleranceAfter: 1 });
  expect(mayRemove(4, 3, 'healthy-voter', true)).toMatchObject({ allowed: true, votersAfter: 3, toleranceAfter: 0 });
  expect(mayRemove(3, 2, 'healthy-voter', true)).toMatchObject({ allowed: false });
  expect(mayRemove(1, 1, 'healthy-voter', true)).toMatchObject({ allowed: false });
});

test('a learner may always be removed', () => {
  expect(mayRemove(3, 1, 'learner')).toMatchObject({ allowed: true, votersAfter: 3, toleranceAfter: -1 });
});

describe('taking a member out for a while', () => {
  test.each([
    [1, 1, 'outage'],
    [2, 2, 'outage'],
    [3, 3, 'keeps-quorum'],
    [4, 4, 'keeps-quorum'],
    [5, 5, 'keeps-quorum'],
    [5, 4, 'keeps-quorum'],
    [2, 1, 'refused'],
    [3, 2, 'refused'],
    [4, 3, 'refused'],
    [5, 3, 'refused'],
  ] as const)('a healthy one of %i voters, %i healthy: %s', (voters, healthy, kind) => {
    expect(mayTakeOut(voters, healthy, 'healthy-voter').kind).toBe(kind);
  });

  test('a voter that is out already costs nothing more, and a learner never counts', () => {
    expect(mayTakeOut(3, 2, 'unhealthy-voter')).toEqual({ kind: 'keeps-quorum', left: 2, needed: 2 });
    expect(mayTakeOut(3, 2, 'learner')).toEqual({ kind: 'keeps-quorum', left: 2, needed: 2 });
    expect(mayTakeOut(3, 1, 'learner')).toEqual({ kind: 'refused', left: 1, needed: 2 });
  });
});

const rings = integer({ min: 1, max: 9 }).chain((voters) =>
  integer({ min: 0, max: voters }).map((healthy) => ({ voters, healthy })),
);
const targets = constantFrom('healthy-voter' as const, 'unhealthy-voter' as const, 'learner' as const);

test('quorum is never given up, but for rings of one or two healthy voters, and never kept without reason', () => {
  assert(
    property(rings, targets, ({ voters, healthy }, target) => {
      const left = target === 'healthy-voter' ? healthy - 1 : healthy;
      const small = voters <= 2 && healthy === voters;
      const expected = left >= quorumOf(voters) ? 'keeps-quorum' : small ? 'outage' : 'refused';
      expect(mayTakeOut(voters, healthy, target)).toEqual({ kind: expected, left, needed: quorumOf(voters) });
    }),
  );
});

test('a removal is allowed exactly when it can be committed and the rest has quorum', () => {
  assert(
    property(rings, targets, ({ voters, healthy }, target) => {
      const left = target === 'healthy-voter' ? healthy - 1 : healthy;
      const sound = voters > 1 && healthy >= quorumOf(voters) && toleranceOf(voters - 1, left) >= 0;
      expect(mayRemove(voters, healthy, target, true).allowed).toBe(target === 'learner' || sound);
    }),
  );
});
