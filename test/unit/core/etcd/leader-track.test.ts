import { array, assert, constantFrom, property } from 'fast-check';
import { expect, test } from 'vitest';
import { isFlapping, leaderMoved, NO_LEADER_SEEN, trackLeader } from '../../../../src/core/etcd/leader-track.ts';

function after(...looks: readonly (readonly [leader: string, term: bigint])[]) {
  return looks.reduce((track, [leader, term]) => trackLeader(track, leader, term), NO_LEADER_SEEN);
}

test('one change of leader is no flapping, two are', () => {
  expect(isFlapping(after(['a', 2n], ['a', 2n]))).toBe(false);
  expect(isFlapping(after(['a', 2n], ['b', 3n], ['b', 3n]))).toBe(false);
  expect(isFlapping(after(['a', 2n], ['b', 3n], ['a', 4n]))).toBe(true);
});

test('the same leader in a new term was lost and elected again', () => {
  expect(after(['a', 2n], ['a', 5n]).changes).toBe(1);
});

test('a move on purpose does not count, what was counted before stays', () => {
  const moved = leaderMoved(after(['a', 2n], ['b', 3n]));

  expect(trackLeader(moved, 'c', 4n).changes).toBe(1);
  expect(isFlapping(trackLeader(trackLeader(moved, 'c', 4n), 'a', 5n))).toBe(true);
});

test('a ring that keeps its leader never flaps, however often it is looked at', () => {
  assert(
    property(array(constantFrom(['a', 7n] as const), { maxLength: 50 }), (looks) => {
      expect(after(...looks).changes).toBe(0);
    }),
  );
});
