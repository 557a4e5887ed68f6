import {
  type Arbitrary,
  assert,
  boolean,
  constant,
  constantFrom,
  integer,
  property,
  record,
  uniqueArray,
} from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Plan } from '../../../src/core/plan.ts';
import { judgeStanding, LOOK_STANDS_MS } from '../../../src/core/standing-approval.ts';
import { caseOf, DAY_MS, iso, NOW, plan, policy, recordOf, request, TEAM, warn } from '../../support/standing-case.ts';

const approvals = record({
  required: integer({ min: 1, max: 3 }),
  from: uniqueArray(constantFrom('approver', 'security', 'lead'), { minLength: 1 }),
  requesterMayApprove: boolean(),
  expiresMs: constant(1_800_000),
});
const people = uniqueArray(constantFrom('U0ANA', 'U0BEN', 'U0CYD', 'U0OP'));
const roles = record({ approver: people, security: people, lead: people });
const world = record({
  granted: approvals,
  asked: approvals,
  by: uniqueArray(constantFrom('U0ANA', 'U0BEN', 'U0CYD', 'U0OP'), { minLength: 1 }),
  now: roles,
  seen: roles,
  nowMs: integer({ min: NOW - 20 * DAY_MS, max: NOW + 20 * DAY_MS }),
  lookMs: integer({ min: -20 * 60_000, max: 20 * 60_000 }),
  longestDays: integer({ min: 1, max: 40 }),
  change: constantFrom('none', 'none', 'none', 'identity', 'params', 'risk', 'warning'),
});
type World = typeof world extends Arbitrary<infer T> ? T : never;

const CHANGED: Readonly<Record<World['change'], Partial<Plan>>> = {
  none: {},
  identity: { identity: 'ring-2' },
  params: { params: {} },
  risk: { steps: [] },
  warning: { checks: [warn('x', 'y')] },
};

function judged({ granted, asked, by, now, seen, nowMs, lookMs, longestDays, change }: World) {
  const listed = Object.entries(now).map(([name, users]) => ({ name, users }));
  const look = {
    at: iso(nowMs - lookMs),
    people: ['U0ANA', 'U0BEN', 'U0CYD', 'U0OP'].map((user) => ({
      user,
      roles: [
        ...Object.entries(seen).flatMap(([name, users]) => (users.some((one) => one === user) ? [name] : [])),
        'operator',
      ],
    })),
  };
  return judgeStanding(
    caseOf({
      record: recordOf({ approvals: granted, by: by.map((user) => ({ team: TEAM, user })) }),
      request: request({ standing: { schedule: 'sched-prod-x', question: 'defrag-prod-q', look } }),
      plan: plan(CHANGED[change]),
      policy: policy({
        roles: [{ name: 'operator', users: ['U0OP'] }, ...listed],
        defaultApprovals: asked,
        longestStandingMs: longestDays * DAY_MS,
      }),
      gate: { ...caseOf().gate, approvals: granted },
      nowMs,
    }),
  );
}

describe('whatever the world is like', () => {
  test('what counts is unexpired, like the plan that was shown, freshly looked up, and demands no more', () => {
    let counted = 0;
    assert(
      property(world, (given) => {
        const verdict = judged(given);
        if (!verdict.counts) return;
        counted += 1;
        const { nowMs, lookMs, longestDays, change, granted, asked } = given;
        expect(change).toBe('none');
        expect(nowMs).toBeLessThan(NOW + 10 * DAY_MS);
        expect(nowMs).toBeLessThan(NOW - 10 * DAY_MS + longestDays * DAY_MS);
        expect(Math.abs(lookMs)).toBeLessThan(LOOK_STANDS_MS);
        expect(asked.from.toSorted()).toEqual(granted.from.toSorted());
        expect(asked.required).toBeLessThanOrEqual(granted.required);
      }),
      { numRuns: 6000 },
    );
    expect(counted).toBeGreaterThan(0);
  });

  test('who counts granted it, has a role it takes by both looks, and did not ask for it unless that may be', () => {
    assert(
      property(world, (given) => {
        const verdict = judged({
          ...given,
          asked: given.granted,
          change: 'none',
          lookMs: 0,
          nowMs: NOW,
          longestDays: 40,
        });
        if (!verdict.counts) return;
        const takes = (each: World['now'], user: string): boolean =>
          given.granted.from.some((role) => each[role].some((one) => one === user));
        const counting = verdict.by.map(({ user }) => user);
        expect(new Set(counting).size).toBe(given.granted.required);
        for (const user of counting) {
          expect([given.by.some((one) => one === user), takes(given.now, user), takes(given.seen, user)]).toEqual([
            true,
            true,
            true,
          ]);
          expect(user === 'U0OP' && !given.granted.requesterMayApprove).toBe(false);
        }
      }),
      { numRuns: 3000 },
    );
  });
});
