import { describe, expect, test } from 'vitest';
import { gateLines } from '../../../../../src/adapters/slack/render/card-gate.ts';
import { awaited, progressWords } from '../../../../../src/adapters/slack/render/gate-people.ts';
import { bytesOf, LIMITS } from '../../../../../src/adapters/slack/render/limits.ts';
import { renderThread } from '../../../../../src/adapters/slack/render/thread.ts';
import type { Actor } from '../../../../../src/core/actor.ts';
import type { RunEvent } from '../../../../../src/core/run-event.ts';
import type { GateState, RunState } from '../../../../../src/core/run-state.ts';
import { stateInWords } from '../../../../../src/core/wording.ts';
import { make, SAMPLE_AT, SAMPLE_HASH, sampleApprovals, stateOf } from '../../../../support/run-samples.ts';

const PEOPLE: Readonly<Record<string, readonly string[]>> = {
  platform: ['U0PAT', 'U0BOTH'],
  security: ['U0SAM', 'U0BOTH'],
  lead: ['U0LEAD'],
};
const peopleOf = (role: string): readonly string[] => PEOPLE[role] ?? [];
const actor = (user: string): Actor => ({ team: 'T0HOME', user });

const approvals = sampleApprovals({
  from: ['platform'],
  also: [{ required: 1, from: ['security'] }],
  remindMs: 600_000,
  escalate: { afterMs: 1_200_000, to: ['lead'] },
});
const reminded: RunEvent = { v: 1, at: SAMPLE_AT, type: 'gate-reminded', gate: 'approve', hash: SAMPLE_HASH };
const escalated: RunEvent = {
  v: 1,
  at: SAMPLE_AT,
  type: 'gate-escalated',
  gate: 'approve',
  hash: SAMPLE_HASH,
  to: ['lead'],
};

function waiting(...after: readonly RunEvent[]): readonly RunEvent[] {
  return [make.requested(), make.planned(), make.opened({ approvals }), ...after];
}

function gateIn(state: RunState): GateState {
  const [gate] = state.gates;
  if (gate === undefined) throw new Error('no gate is open');
  return gate;
}

/** Text of the last thread entry. */
function lastTold(events: readonly RunEvent[]): string {
  return renderThread('valve-prod-7f3k', events, 0, peopleOf).at(-1)?.texts.join('\n') ?? '';
}

describe('a gate with several demands', () => {
  test.each([
    [
      'nobody voted',
      [],
      'platform 0 of 1 · security 0 of 1',
      '<@U0PAT> or <@U0BOTH> or <@U0SAM> (platform or security)',
    ],
    ['one demand is met', ['U0PAT'], 'platform 1 of 1 · security 0 of 1', '<@U0SAM> or <@U0BOTH> (security)'],
    [
      'somebody in both roles counts for one',
      ['U0BOTH'],
      'platform 1 of 1 · security 0 of 1',
      '<@U0PAT> or <@U0SAM> (platform or security)',
    ],
    [
      'a second one of the same role adds nothing',
      ['U0PAT', 'U0PAT2'],
      'platform 1 of 1 · security 0 of 1',
      '<@U0SAM> or <@U0BOTH> (security)',
    ],
  ])('%s', (_when, voters, progress, who) => {
    const state = stateOf(...waiting(...voters.map((user) => make.voted(actor(user)))));

    expect(progressWords(gateIn(state), peopleOf)).toBe(progress);
    expect(awaited(state, gateIn(state), peopleOf)).toBe(who);
    expect(gateLines(state, gateIn(state), peopleOf)[0]).toContain(progress);
  });

  test('the state in words says what is needed, not a sum that could mislead', () => {
    expect(stateInWords(stateOf(...waiting(make.voted(actor('U0PAT')))))).toBe(
      'Waiting for approval: 1 voted, needs 1 of platform and 1 of security',
    );
  });

  test('after an escalation the further role is awaited as well, and the card says since when', () => {
    const state = stateOf(...waiting(make.voted(actor('U0PAT')), escalated));

    expect(awaited(state, gateIn(state), peopleOf)).toBe('<@U0SAM> or <@U0BOTH> or <@U0LEAD> (security or lead)');
    expect(gateLines(state, gateIn(state), peopleOf).join('\n')).toContain(': lead may decide too.');
  });
});

/** Sixty people. */
function everybody(): readonly string[] {
  return Array.from({ length: 60 }, (_, index) => `U0123456${index}`);
}

test('a gate with as many demands, roles and people as there may be fits into one section', () => {
  const names = Array.from({ length: 40 }, (_, index) => `role-${'x'.repeat(24)}${index}`);
  const many = sampleApprovals({
    required: 99,
    from: names,
    also: names.map((name) => ({ required: 99, from: [name, ...names] })),
    escalate: { afterMs: 1, to: names },
  });
  const opened = make.opened({ approvals: many, title: 'T'.repeat(2000) });
  const votes = everybody().map((user) => make.voted(actor(user)));
  const rule = `rule 1: ${'&'.repeat(4000)}`;
  const state = stateOf(make.requested({ rule }), make.planned(), opened, ...votes.slice(0, 50), escalated);

  const text = gateLines(state, gateIn(state), everybody).join('\n');

  expect(bytesOf(text)).toBeLessThanOrEqual(LIMITS.sectionBytes);
  expect(
    renderThread('valve-prod-7f3k', [make.requested(), make.planned(), opened, escalated], 2, everybody),
  ).toHaveLength(2);
});

describe('what the thread tells of a gate', () => {
  test.each<[string, readonly RunEvent[], RegExp]>([
    [
      'its opening names the demands and the people',
      waiting(),
      /1 of platform and 1 of security, different people: <@U0PAT> or <@U0BOTH> or <@U0SAM>/,
    ],
    [
      'a reminder names who can still decide',
      waiting(make.voted(actor('U0PAT')), reminded),
      /^\*Reminder:\* platform 1 of 1 · security 0 of 1, waiting for <@U0SAM> or <@U0BOTH> \(security\), until /,
    ],
    [
      'an escalation names the further people',
      waiting(escalated),
      /^\*Escalated:\* <@U0LEAD> \(lead\) may decide too from now on: platform 0 of 1/,
    ],
    [
      'an approval tells the requester by name',
      waiting(make.voted(), make.settled()),
      /<@U0OP>: approved by <@U0AP1>\. The run goes on\./,
    ],
    [
      'a rejection tells the requester by name',
      waiting(make.settled('rejected')),
      /<@U0OP>: rejected by <@U0AP1>\. Nothing further is done\./,
    ],
    [
      'an expiry tells the requester by name',
      waiting(make.settled('expired')),
      /<@U0OP>: nobody decided in time\. No answer means no\./,
    ],
  ])('%s', (_what, events, text) => {
    expect(lastTold(events)).toMatch(text);
  });

  test('reminders and escalations call for people: they begin a message and may use the reserve', () => {
    const entries = renderThread('valve-prod-7f3k', waiting(reminded, escalated), 3, peopleOf);

    expect(entries.map(({ begins, calls }) => [begins, calls])).toEqual([
      [true, true],
      [true, true],
    ]);
  });
});
