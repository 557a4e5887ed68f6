import { expect, test } from 'vitest';
import {
  CHANGE_PATIENCE_MS,
  READ_PATIENCE_MS,
  waitBeforeRepeat,
} from '../../../../src/adapters/kubernetes/retry-after.ts';

const THROTTLED = { code: 'throttled', status: 429, retryAfterMs: 2000 } as const;
const READ = { leftMs: 60_000, patienceMs: READ_PATIENCE_MS };
const CHANGE = { leftMs: 60_000, patienceMs: CHANGE_PATIENCE_MS };

test.each([
  ['a 429 with its time', THROTTLED, 2000],
  ['less than a second', { ...THROTTLED, retryAfterMs: 1 }, 1000],
] as const)('%s is waited for, for a read and for a change', (_, error, ms) => {
  expect(waitBeforeRepeat(error, READ)).toBe(ms);
  expect(waitBeforeRepeat(error, CHANGE)).toBe(ms);
});

test('a 503 with its time is waited for only by what reads: a proxy gives it also after the server has begun', () => {
  const error = { code: 'server-error', status: 503, retryAfterMs: 3000 } as const;
  expect(waitBeforeRepeat(error, READ)).toBe(3000);
  expect(waitBeforeRepeat(error, CHANGE)).toBeNull();
});

test.each([
  ['a 429 without a time', { code: 'throttled', status: 429 }],
  ['a 503 without a time', { code: 'server-error', status: 503 }],
  ['a 500 with a time: something may have been done', { code: 'server-error', status: 500, retryAfterMs: 1000 }],
  ['a 504 with a time: something may have been done', { code: 'unknown-outcome', status: 504, retryAfterMs: 1000 }],
  ['a budget: who evicts has a pause of its own', { code: 'budget', status: 429, retryAfterMs: 1000 }],
  ['a webhook that chose 503', { code: 'refused', status: 503, retryAfterMs: 1000 }],
] as const)('%s does not go again', (_, error) => {
  expect(waitBeforeRepeat(error, READ)).toBeNull();
});

test('a time that does not fit is never shortened', () => {
  expect(waitBeforeRepeat(THROTTLED, { ...READ, leftMs: 2500 })).toBe(2000);
  expect(waitBeforeRepeat(THROTTLED, { ...READ, leftMs: 2499 })).toBeNull();
  expect(waitBeforeRepeat({ ...THROTTLED, retryAfterMs: Number.POSITIVE_INFINITY }, READ)).toBeNull();
});

test('a change is not waited for longer than its look-before stays fresh, a read is', () => {
  const asked = { ...THROTTLED, retryAfterMs: 6000 };

  expect(waitBeforeRepeat(asked, CHANGE)).toBeNull();
  expect(waitBeforeRepeat(asked, READ)).toBe(6000);
  expect(waitBeforeRepeat(THROTTLED, { ...CHANGE, patienceMs: 1000 })).toBeNull();
});
