import { expect, test } from 'vitest';
import {
  afterStart,
  type BackOff,
  KUBELET_BACK_OFF,
  mayStartAt,
} from '../../../../../playground/kubernetes/node/back-off.ts';

/** Starts a container that ends `ranFor` ms after each start; gives the waits before each start in seconds. */
function waits(ranFor: readonly number[]): readonly number[] {
  let state: BackOff | undefined;
  let now = 0;
  return ranFor.map((ran) => {
    const ended = now + ran;
    const start = mayStartAt(state, ended, KUBELET_BACK_OFF);
    state = afterStart(state, start, KUBELET_BACK_OFF);
    now = start;
    return (start - ended) / 1_000;
  });
}

test('the first restart is immediate, then 10 s doubling to 5 min', () => {
  expect(waits(Array.from({ length: 9 }, () => 100))).toEqual([0, 10, 20, 40, 80, 160, 300, 300, 300]);
});

test('a container that ran for more than 10 min begins anew', () => {
  expect(waits([100, 100, 100, 100, 600_001, 100])).toEqual([0, 10, 20, 40, 0, 10]);
});

test('one that ran for less goes on waiting longer', () => {
  expect(waits([100, 100, 500_000, 100])).toEqual([0, 10, 20, 40]);
});
