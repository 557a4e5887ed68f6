import { expect, test } from 'vitest';
import { isAccessRefused } from '../../../../src/core/kubernetes/access.ts';

test.each(['forbidden', 'unauthorized', 'not-configured', 'refused'] as const)('%s is for people to mend', (code) => {
  expect(isAccessRefused(code)).toBe(true);
});

test.each(['unreachable', 'throttled', 'server-error', 'not-found', 'unknown-outcome'] as const)(
  '%s says nothing of rights',
  (code) => {
    expect(isAccessRefused(code)).toBe(false);
  },
);
