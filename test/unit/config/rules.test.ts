import { describe, expect, test } from 'vitest';
import { formatProblem } from '../../../src/config/problem.ts';
import { GOOD, load, problemsOf } from './support.ts';

const RULE = '{ clusters: [prod], commands: [status, defrag], allow: [operator] }';

/** The good configuration with another rule, and rules behind it. */
function withRule(...rules: readonly string[]): string {
  return GOOD.replace(`  - ${RULE}\n`, rules.map((rule) => `  - ${rule}\n`).join(''));
}

async function warningsOf(yaml: string): Promise<readonly string[]> {
  return (await load(yaml)).warnings.map(formatProblem);
}

const HOURS = 'expected days and times such as Mon-Fri 09:00-17:00, or 22:00-06:00';

describe('a mistake in a rule', () => {
  test.each<[name: string, rule: string, found: string]>([
    [
      'no effect',
      '{ clusters: [prod], commands: [defrag] }',
      'policy[0]: expected one of allow: [roles], deny: [roles] or require: { … }',
    ],
    [
      'two effects',
      '{ clusters: [prod], commands: [defrag], allow: [operator], deny: [approver] }',
      'policy[0]: a rule has exactly one effect; write a rule each for allow and deny',
    ],
    [
      'flags on an allow',
      '{ clusters: [prod], commands: [defrag], allow: [operator], flags: [wait] }',
      'policy[0].flags: cannot narrow an allow; write a rule with deny or require for commands that use these flags',
    ],
    [
      'approvals on a deny',
      '{ clusters: [prod], commands: [defrag], deny: ["*"], approvals: {} }',
      'policy[0].approvals: belongs to allow; a rule that asks for more says it in require',
    ],
    [
      'a role that there is not',
      '{ clusters: [prod], commands: [defrag], deny: [approvers] }',
      'policy[0].deny[0]: there is no role of this name; did you mean approver?; found "approvers"',
    ],
    [
      'a role that there is not in a demand',
      '{ clusters: [prod], commands: [defrag], require: { also: [{ required: 1, from: [sec] }] } }',
      'policy[0].require.also[0].from[0]: there is no role of this name; there is operator, approver; found "sec"',
    ],
    [
      'everybody in an allow',
      '{ clusters: [prod], commands: [defrag], allow: ["*"] }',
      'policy[0].allow[0]: there is no role of this name; there is operator, approver; found "*"',
    ],
    [
      'a flag that there is not',
      '{ clusters: [prod], commands: [defrag], deny: ["*"], flags: ["--al"] }',
      'policy[0].flags[0]: no command of this rule has such a flag; did you mean all?; found "--al"',
    ],
    [
      'hours that are none',
      '{ clusters: [prod], commands: [defrag], allow: [operator], when: { hours: "9-17", tz: UTC } }',
      `policy[0].when.hours: ${HOURS}; found "9-17"`,
    ],
    [
      'a zone that there is not',
      '{ clusters: [prod], commands: [defrag], allow: [operator], when: { hours: "09:00-17:00", tz: Berlin } }',
      'policy[0].when.tz: expected the name of a time zone such as Europe/Berlin or UTC; found "Berlin"',
    ],
    [
      'a demand that nobody can meet',
      '{ clusters: [prod], commands: [defrag], require: { required: 3 } }',
      'policy[0].require.required: 3 approvals from approver, which has 2 people',
    ],
    [
      'two demands for the same few people',
      '{ clusters: [prod], commands: [defrag], require: { required: 2, also: [{ required: 1, from: [approver] }] } }',
      'policy[0].require.required: 2 of approver and 1 of approver, each by another person: the people of these roles cannot meet that (2 people)',
    ],
    [
      'a reminder after the end',
      '{ clusters: [prod], commands: [defrag], allow: [operator], approvals: { expires: 10m, remind: 10m } }',
      'policy[0].approvals.remind: nobody is reminded after the approval expired; expected less than expires',
    ],
    [
      'an escalation after the end',
      '{ clusters: [prod], commands: [defrag], allow: [operator], approvals: { escalate: { after: 1h, to: [operator] } } }',
      'policy[0].approvals.escalate.after: never comes: the approval expires before; expected less than expires',
    ],
  ])('%s', async (_name, rule, found) => {
    const problems = await problemsOf(withRule(rule));

    expect(problems.map((line) => line.replace(/^drydock\.yaml:\d+: /, ''))).toContain(found);
  });
});

describe('a rule that works, but probably is not meant so', () => {
  test.each<[name: string, rules: readonly string[], found: string]>([
    [
      'an allow that a deny covers',
      [RULE, '{ clusters: ["*"], commands: ["*"], deny: ["*"] }'],
      'policy[0]: never permits anything: rule 2 denies all of it, and a deny always wins',
    ],
    [
      'an allow for all kinds of which one is denied',
      [
        '{ clusters: [prod], commands: [upgrade all], allow: [operator] }',
        '{ clusters: [prod], commands: [upgrade nodegroup], deny: ["*"] }',
      ],
      'policy[0]: never permits anything: rule 2 denies all of it, and a deny always wins',
    ],
    [
      'windows where there are none',
      [RULE, '{ clusters: [prod], commands: [defrag], when: outside-window, deny: ["*"] }'],
      'policy[1].when: never holds: none of these clusters has a maintenance window',
    ],
    [
      'demands that cannot be met together',
      [
        '{ clusters: [prod], commands: [defrag], allow: [operator], approvals: { required: 2 } }',
        '{ clusters: [prod], commands: [defrag], require: { from: [operator, approver], required: 2 } }',
      ],
      'policy[0]: together with rule 2 it asks for 2 of approver and 2 of approver or operator, which the people of these roles cannot meet',
    ],
  ])('%s', async (_name, rules, found) => {
    const warnings = await warningsOf(withRule(...rules));

    expect(warnings.map((line) => line.replace(/^drydock\.yaml:\d+: /, ''))).toContain(found);
  });
});

test('a rule of each kind is read as it is written, and leaves absent what is not', async () => {
  const result = await load(
    withRule(
      '{ clusters: [prod], commands: [defrag], allow: [operator], channels: [C0OPS], approvals: { remind: 5m, escalate: { after: 9m, to: [operator] } } }',
      '{ clusters: ["*"], commands: ["*"], deny: ["*"], flags: [wait], when: { hours: "22:00-06:00", tz: UTC } }',
      '{ clusters: [prod], commands: [defrag], require: { also: [{ required: 1, from: [operator] }] } }',
    ),
  );

  const base = { required: 1, from: ['approver'], requesterMayApprove: false, expiresMs: 1_800_000 };
  expect(result.ok ? result.config.rules : []).toStrictEqual([
    {
      clusters: ['prod'],
      commands: ['defrag'],
      channels: ['C0OPS'],
      allow: ['operator'],
      approvals: { ...base, remindMs: 300_000, escalate: { afterMs: 540_000, to: ['operator'] } },
    },
    { clusters: ['*'], commands: ['*'], when: { hours: '22:00-06:00', tz: 'UTC' }, flags: ['wait'], deny: ['*'] },
    { clusters: ['prod'], commands: ['defrag'], require: { ...base, also: [{ required: 1, from: ['operator'] }] } },
  ]);
});
