import { beforeEach, expect, test } from 'vitest';
import type { SlackClient } from '../../../../../src/adapters/slack/client.ts';
import { rememberMembership } from '../../../../../src/adapters/slack/dispatch/membership.ts';
import type { SlackResult } from '../../../../../src/adapters/slack/result.ts';
import { createFakeSlack } from '../../../../fakes/slack-client.ts';
import { createFakeClock, type FakeClock } from '../../../../support/fake-clock.ts';

const IN: SlackResult<boolean> = { kind: 'ok', value: true };
const OUT: SlackResult<boolean> = { kind: 'ok', value: false };

let clock: FakeClock;
let answers: SlackResult<boolean>[];
let asked: string[];
let slack: SlackClient;

beforeEach(() => {
  clock = createFakeClock();
  answers = [];
  asked = [];
  slack = rememberMembership(
    {
      ...createFakeSlack(clock),
      isMember: async (channel) => {
        asked.push(channel);
        return await Promise.resolve(answers.shift() ?? IN);
      },
    },
    clock,
  );
});

test('many questions at once about a channel are one call; another channel has its own', async () => {
  const all = await Promise.all([
    slack.isMember('C1'),
    slack.isMember('C1'),
    slack.isMember('C2'),
    slack.isMember('C1'),
  ]);

  expect(all).toEqual([IN, IN, IN, IN]);
  expect(asked).toEqual(['C1', 'C2']);
});

test('it is believed for a minute', async () => {
  await slack.isMember('C1');
  await clock.advance(59_000);
  await slack.isMember('C1');
  await clock.advance(2000);
  await slack.isMember('C1');

  expect(asked).toEqual(['C1', 'C1']);
});

test.each<readonly [string, SlackResult<boolean>]>([
  ['that the bot is not there', OUT],
  ['a failure', { kind: 'unavailable', error: 'HTTP status 500' }],
])('%s is asked again at once', async (_what, answer) => {
  answers = [answer];
  const first = await slack.isMember('C1');
  const second = await slack.isMember('C1');

  expect([first, second]).toEqual([answer, IN]);
});
