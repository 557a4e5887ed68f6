import { expect, test } from 'vitest';
import { demandWords } from '../../../../src/core/policy/demands.ts';
import { demanded } from '../../../../src/core/policy/waiting.ts';
import { type Policy, permit } from '../../../../src/core/policy.ts';
import { sampleApprovals, sampleStep } from '../../../support/run-samples.ts';
import { DEMANDS } from './demand-cases.ts';
import { EFFECTS } from './effect-cases.ts';
import { CHANNELS, FLAGS } from './place-cases.ts';
import { type PolicyCase, ROLES } from './rules.ts';
import { TIMES } from './time-cases.ts';

const CASES: readonly PolicyCase[] = [...EFFECTS, ...DEMANDS, ...FLAGS, ...CHANNELS, ...TIMES];

const NOON = '2026-11-25T12:00:00.000Z';

function answerOf({ rules, who, asks, in: channel = 'C0OPS', at = NOON, outside }: PolicyCase): string {
  const policy: Policy = {
    homeTeam: 'T0',
    roles: Object.entries(ROLES).map(([name, users]) => ({ name, users })),
    rules,
    defaultApprovals: sampleApprovals(),
  };
  const [verb = '', cluster = '', ...flags] = asks.split(' ');
  const permission = permit(policy, {
    actor: { team: 'T0', user: who },
    channel,
    cluster,
    verb: verb.replace('+', ' '),
    flags: flags.map((flag) => flag.slice(2)),
    nowMs: at === null ? null : Date.parse(at),
    outsideWindow: outside === true,
  });
  if (!permission.ok) return permission.reason;
  const asked = demanded({ ...permission, defaults: policy.defaultApprovals }, [sampleStep('disruptive')]);
  const own = asked?.requesterMayApprove === true ? ', the requester counts' : '';
  return `${/^rule \d+/.exec(permission.rule)?.[0] ?? ''} + ${asked === null ? 'nobody' : demandWords(asked)}${own}`;
}

test.each(CASES.map((each) => [each.says, each] as const))('%s', (_says, each) => {
  expect(answerOf(each)).toBe(each.gets);
});

test('there are at least 60 cases, each with a sentence of its own', () => {
  expect(CASES.length).toBeGreaterThanOrEqual(60);
  expect(new Set(CASES.map((each) => each.says)).size).toBe(CASES.length);
});
