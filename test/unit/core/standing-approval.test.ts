import { describe, expect, test } from 'vitest';
import type { PlannedStep } from '../../../src/core/plan.ts';
import type { RunRequest } from '../../../src/core/run-event.ts';
import {
  endOfGrant,
  judgeStanding,
  LOOK_STANDS_MS,
  remindOfGrant,
  type StandingCase,
  type StandingGrant,
} from '../../../src/core/standing-approval.ts';
import {
  ana,
  ben,
  caseOf,
  DAY_MS,
  GRANT,
  iso,
  LOOK,
  NOW,
  ONE,
  plan,
  policy,
  recordOf,
  request,
  warn,
} from '../../support/standing-case.ts';

function why(over: Partial<StandingCase>): string {
  const verdict = judgeStanding(caseOf(over));
  return verdict.counts ? 'counts' : verdict.why;
}

const standing = (over: object): Partial<StandingCase> => ({
  request: request({ standing: { schedule: 'sched-prod-x', question: 'defrag-prod-q', look: LOOK, ...over } }),
});
const gate = (over: object): Partial<StandingCase> => ({ gate: { ...caseOf().gate, ...over } });
test('it counts for a plan like the one that was shown, by who granted it', () => {
  expect(judgeStanding(caseOf())).toEqual({ counts: true, by: [ana], grant: GRANT });
});

describe('it counts as well', () => {
  test.each<readonly [string, Partial<StandingCase>]>([
    ['for other members', { plan: plan({ steps: stepsWith({ items: ['m-2', 'm-3'] }) }) }],
    ['without a warning that was shown', { plan: plan({ checks: [] }) }],
    ['for parameters in another order', { plan: plan({ params: { pauseMs: 60_000, members: [] } }) }],
    ['one moment before its end', { nowMs: NOW, record: recordOf({ until: iso(NOW + 1) }) }],
    [
      'for other measurements',
      { plan: plan({ checks: [{ ...warn('disk', 'The disk is slow'), evidence: '90 ms' }] }) },
    ],
  ])('%s', (_what, over) => {
    expect(why(over)).toBe('counts');
  });
});

describe('it does not count', () => {
  test.each<readonly [string, Partial<StandingCase>, string]>([
    ['when there is no record', { record: null }, 'there is none'],
    ['when nothing was granted', { record: { ...recordOf(), granted: null } }, 'there is none'],
    ['for the record of another schedule', { record: { ...recordOf(), schedule: 'sched-prod-y' } }, 'there is none'],
    ['for a run that was proposed without', { request: proposedWithout() }, 'there is none'],
    ['when another one was granted since', standing({ question: 'defrag-prod-p' }), 'another one was granted'],
    ['at its end', { record: recordOf({ until: iso(NOW) }) }, 'it is over'],
    ['when the limit is shorter now', { policy: policy({ longestStandingMs: 10 * DAY_MS }) }, 'it is over'],
    [
      'when it was marked as over, whatever the clock says',
      { record: recordOf({ over: { why: 'expired', at: iso(NOW - 1), by: null } }), nowMs: NOW - DAY_MS },
      'over since 2027-01-10',
    ],
    [
      'when it was revoked',
      { record: recordOf({ over: { why: 'revoked', at: iso(NOW), by: ben } }) },
      'revoked by <@U0BEN>',
    ],
    ['after a drift', { request: request({ after: 'defrag-prod-1' }) }, 'changed since'],
    ['at a typed gate', gate({ kind: 'typed', expect: 'prod' }), 'each time'],
    ['at a choice', gate({ kind: 'choice', choices: ['a'] }), 'each time'],
    ['at a gate of the runbook', gate({ id: 'wait' }), 'each time'],
    ['for what cannot be taken back', { plan: plan({ steps: stepsWith({ risk: 'irreversible' }) }) }, 'each time'],
    ['for another cluster', { plan: plan({ identity: 'ring-2' }) }, 'another cluster'],
    [
      'for a cluster that does not say which it is',
      { plan: plan({ identity: '' }), record: recordOf({ shape: { ...GRANT.shape, identity: '' } }) },
      'another cluster',
    ],
    ['for another runbook', { plan: plan({ runbook: 'etcd-compact' }) }, 'another one'],
    ['for another version of it', { plan: plan({ runbookVersion: 2 }) }, 'another version'],
    ['for other parameters', { plan: plan({ params: { members: ['m-1'], pauseMs: 60_000 } }) }, 'command is another'],
    [
      'for a parameter more',
      { plan: plan({ params: { members: [], pauseMs: 60_000, x: null } }) },
      'command is another',
    ],
    ['for other flags', { request: request({ flags: [] }) }, 'command is another'],
    ['for a step more', { plan: plan({ steps: [...plan().steps, ...plan().steps] }) }, 'other steps'],
    ['for another risk', { plan: plan({ steps: stepsWith({ risk: 'reversible' }) }) }, 'other steps or risks'],
    ['with a new warning', { plan: plan({ checks: [warn('disk', 'The disk is full')] }) }, 'disk: The disk is full'],
    ['with people not looked up', standing({ look: null }), 'could not be looked up'],
    ['with a look that is old', standing({ look: { ...LOOK, at: iso(NOW - LOOK_STANDS_MS) } }), 'looked up in time'],
    ['with a look of tomorrow', standing({ look: { ...LOOK, at: iso(NOW + DAY_MS) } }), 'looked up in time'],
    [
      'when the person who scheduled it may not any more',
      { policy: policy({ rules: [] }) },
      'may not ask for it now: Your roles (operator), and no rule lets you defrag on prod',
    ],
    ['when the policy asks for two', { policy: policy({ defaultApprovals: { ...ONE, required: 2 } }) }, 'more now: 2'],
    [
      'when the policy asks another role, though who granted it has it',
      { policy: policy({ defaultApprovals: { ...ONE, from: ['security'] } }) },
      'more now: 1 of approver and 1 of security',
    ],
    ['when the gate itself asks for more', gate({ approvals: { ...ONE, required: 2 } }), 'more now: 2'],
    [
      'when who granted it asks',
      { request: request({ actor: ana }), policy: policy({ rules: everybody() }) },
      'do not meet',
    ],
    [
      'when who granted it is in no list of the worker',
      {
        policy: policy({
          roles: [
            { name: 'operator', users: ['U0OP'] },
            { name: 'approver', users: ['U0BEN'] },
          ],
        }),
      },
      'do not meet',
    ],
    [
      'when the bot saw that the role is gone',
      standing({
        look: { ...LOOK, people: [{ user: 'U0ANA', roles: [] }, ...LOOK.people.slice(1)] },
      }),
      'do not meet',
    ],
    [
      'when the bot did not look at who granted it',
      standing({ look: { ...LOOK, people: LOOK.people.slice(1) } }),
      'meet',
    ],
    [
      'when somebody of another workspace granted it',
      { record: recordOf({ by: [{ team: 'T0X', user: 'U0ANA' }] }) },
      'meet',
    ],
  ])('%s', (_what, over, words) => {
    expect(why(over)).toContain(words);
  });
});

function proposedWithout(): RunRequest {
  const { standing: _none, ...rest } = request();
  return rest;
}

function stepsWith(over: Partial<PlannedStep>): PlannedStep[] {
  const [step] = plan().steps;
  return step === undefined ? [] : [{ ...step, ...over }];
}

function everybody() {
  return [{ clusters: ['prod'], commands: ['defrag'], allow: ['operator', 'approver'], approvals: null }];
}

function lasting(ms: number): StandingGrant {
  return { ...GRANT, at: GRANT.askedAt, until: iso(Date.parse(GRANT.askedAt) + ms) };
}

function remindedBefore(ms: number): number {
  return endOfGrant(lasting(ms), policy()) - remindOfGrant(lasting(ms), policy());
}

test('reminds seven days before its end, or half its time before', () => {
  expect([remindedBefore(60 * DAY_MS), remindedBefore(4 * DAY_MS)]).toEqual([7 * DAY_MS, 2 * DAY_MS]);
});
