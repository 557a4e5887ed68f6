import { beforeEach, describe, expect, test } from 'vitest';
import type { MessageMetadata } from '../../../../src/adapters/slack/client.ts';
import { createNotices } from '../../../../src/adapters/slack/notices.ts';
import type { Notice } from '../../../../src/core/notice.ts';
import { createFakeSlack, type FakeSlack } from '../../../fakes/slack-client.ts';
import { silentLog } from '../../../support/engine-harness.ts';
import { createFakeClock } from '../../../support/fake-clock.ts';

const KEY = 'freeze prod 7';
const clock = createFakeClock();
const NOTICE: Notice = {
  channel: 'C0OPS',
  title: 'prod is not frozen any more',
  lines: ['It was: prod is frozen by <@U0ANA>: holiday.'],
  at: clock.nowIso(),
};
const LONG: Notice = { ...NOTICE, lines: Array.from({ length: 200 }, (_, line) => `${line} ${'word '.repeat(30)}`) };
const LOST = { kind: 'unavailable', error: 'no answer' } as const;

let slack: FakeSlack;

/** A process that tells. */
function teller(botUser: string | null = 'U0BOT') {
  let made = 0;
  const nonce = (): string => {
    made += 1;
    return `n${made}`;
  };
  return createNotices({ slackFor: () => slack, clock, log: silentLog, botUser: () => botUser, nonce });
}

beforeEach(() => {
  slack = createFakeSlack(clock);
});

describe('a notice', () => {
  test('is told once', async () => {
    expect(await teller()(NOTICE, KEY)).toBe(true);

    expect(slack.messages).toMatchObject([{ channel: 'C0OPS', metadata: { event_payload: { notice: KEY, part: 0 } } }]);
    expect(JSON.stringify(slack.messages[0]?.message)).toContain('<@U0ANA>');
  });

  test('that a process posted before it died is not told again by the next one', async () => {
    await teller()(NOTICE, KEY);

    expect(await teller()(NOTICE, KEY)).toBe(true);
    expect(slack.messages).toHaveLength(1);
  });

  test('whose answer was lost is not told again', async () => {
    const tell = teller();
    slack.failNext('post', LOST, { done: true });
    expect(await tell(NOTICE, KEY)).toBe(false);

    expect(await tell(NOTICE, KEY)).toBe(true);
    expect(slack.messages).toHaveLength(1);
  });

  test('that did not arrive is told later', async () => {
    const tell = teller();
    slack.failNext('post', LOST);
    expect(await tell(NOTICE, KEY)).toBe(false);

    expect(await tell(NOTICE, KEY)).toBe(true);
    expect(slack.messages).toHaveLength(1);
  });

  test('of several messages goes on at the first that is missing', async () => {
    await teller()(LONG, KEY);
    const whole = slack.messages.map(({ message }) => message.text);
    expect(whole.length).toBeGreaterThan(2);
    slack = createFakeSlack(clock);
    const tell = teller();
    const fails = slack.post.bind(slack);
    let posted = 0;
    slack.post = async (place, message, metadata?: MessageMetadata) => {
      posted += 1;
      return posted === 2 ? LOST : await fails(place, message, metadata);
    };
    expect(await tell(LONG, KEY)).toBe(false);

    expect(await tell(LONG, KEY)).toBe(true);
    expect(slack.messages.map(({ message }) => message.text)).toEqual(whole);
  });

  test('of another key is another one', async () => {
    await teller()(NOTICE, KEY);
    await teller()(NOTICE, 'freeze prod 9');

    expect(slack.messages).toHaveLength(2);
  });

  test('waits while the channel cannot be looked through, and is told all the same where it never can be', async () => {
    slack.failNext('history', LOST);
    expect([await teller()(NOTICE, KEY), slack.messages.length]).toEqual([false, 0]);
    slack.failNext('history', { kind: 'refused', error: 'not_in_channel' });

    expect([await teller()(NOTICE, KEY), slack.messages.length]).toEqual([true, 1]);
  });

  test('that another app says was told is told', async () => {
    await teller()(NOTICE, KEY);

    expect(await teller('U0OTHERBOT')(NOTICE, KEY)).toBe(true);
    expect(slack.messages).toHaveLength(2);
  });

  test('that Slack refuses is given up: the audit log has it', async () => {
    slack.failNext('post', { kind: 'refused', error: 'is_archived' });

    expect(await teller()(NOTICE, KEY)).toBe(true);
  });

  test('of an older version, without its time, is looked for over the last day', async () => {
    const { at: _at, ...undated } = NOTICE;
    await teller()(undated, KEY);
    await teller()(undated, KEY);

    expect(slack.messages).toHaveLength(1);
  });
});
