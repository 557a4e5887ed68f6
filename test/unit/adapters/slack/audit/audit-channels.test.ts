import { beforeEach, describe, expect, test } from 'vitest';
import { type AuditChannels, createAuditChannels } from '../../../../../src/adapters/slack/audit/audit-channels.ts';
import type { AuditChannelsDeps, AuditPoint } from '../../../../../src/adapters/slack/audit/deps.ts';
import type { AuditEntry } from '../../../../../src/core/audit.ts';
import type { AuditMarks } from '../../../../../src/core/ports/audit-marks.ts';
import { createFakeAuditMarks } from '../../../../fakes/audit-marks.ts';
import { createFakeCardStore } from '../../../../fakes/card-store.ts';
import { createFakeRunStore, type FakeRunStore } from '../../../../fakes/run-store.ts';
import { createFakeSlack, type FakeSlack } from '../../../../fakes/slack-client.ts';
import { silentLog } from '../../../../support/engine-harness.ts';
import { createFakeClock, type FakeClock } from '../../../../support/fake-clock.ts';

const HOUR = 3_600_000;
const ANA = { team: 'T0HOME', user: 'U0ANA' };

let clock: FakeClock;
let store: FakeRunStore;
let marks: AuditMarks;
let slack: FakeSlack;
beforeEach(() => {
  clock = createFakeClock();
  store = createFakeRunStore(clock);
  marks = createFakeAuditMarks(store);
  slack = createFakeSlack(clock);
});

function start(who = 'bot-1', over: Partial<AuditChannelsDeps> = {}): AuditChannels {
  return createAuditChannels({
    store,
    marks,
    offices: createFakeCardStore(store),
    slackFor: () => slack,
    botUser: () => 'U0BOT',
    clock,
    log: silentLog,
    who,
    channels: [
      { channel: 'C0PROD', clusters: ['prod', 'stage'] },
      { channel: 'C0DEV', clusters: ['dev'] },
    ],
    clusters: ['prod', 'stage', 'dev', 'quiet'],
    anchorEveryMs: HOUR,
    ...over,
  });
}

async function write(action: string, over: Partial<AuditEntry> = {}): Promise<void> {
  const none = { actor: ANA, run: null, reason: null, detail: {} };
  await store.audit([{ v: 1, at: clock.nowIso(), action, cluster: 'prod', ...none, ...over }]);
}

function told(channel: string): readonly string[] {
  return slack.messages.filter((each) => each.channel === channel).map((each) => each.message.text);
}

/** Numbers of the entries that a channel was told, in order. */
function numbersIn(channel: string): readonly number[] {
  return told(channel).flatMap((text) => {
    const [, number] = /no\. (\d+)/.exec(text) ?? [];
    return number === undefined ? [] : [Number(number)];
  });
}

describe('entries in audit channels', () => {
  test('requests, refusals, decisions, endings and what is new are told; steps are not', async () => {
    const machine = { actor: null };
    for (const action of ['request', 'refusal', 'policy-changed', 'lock', 'vote']) await write(action);
    for (const action of ['plan', 'gate-open', 'vote', 'lock', 'step', 'intent', 'observed', 'step-done', 'ending'])
      await write(action, machine);
    for (const action of ['decision', 'cleanup-failed', 'end', 'something-new']) await write(action, machine);
    await start().round();
    expect(numbersIn('C0PROD')).toEqual([1, 2, 3, 4, 15, 16, 17, 18]);
  });

  test('each cluster in its channel; what belongs to no known cluster in all of them', async () => {
    for (const cluster of ['prod', 'dev', 'stage', 'quiet', 'typo', null]) await write('request', { cluster });
    await start().round();
    expect(numbersIn('C0PROD')).toEqual([1, 3, 5, 6]);
    expect(numbersIn('C0DEV')).toEqual([2, 5, 6]);
  });

  test('who, where, why: escaped, calling nobody', async () => {
    const detail = { text: '/kube defrag prod <!channel> & *bold*\n<@U0BOSS>', empty: null };
    await write('refusal', { run: 'defrag-prod-7f3k', reason: 'not-permitted', detail });
    await start().round();
    const [text = ''] = told('C0PROD');
    expect(text).toContain('*Refused* · `U0ANA` · `prod` · `defrag-prod-7f3k`');
    expect(text).toContain('No policy rule permits this.');
    expect(text).toContain('&lt;!channel&gt; &amp; *bold* &lt;@U0BOSS&gt;');
    expect(text.split('\n')).toHaveLength(2);
    expect(text).not.toContain('empty');
  });

  test('a log that is long when a channel is new is not told from its beginning', async () => {
    for (let each = 0; each < 80; each += 1) await write('request');
    await start().round();
    expect(numbersIn('C0PROD')).toHaveLength(50);
    expect(numbersIn('C0PROD')[0]).toBe(31);
  });
});

describe('a store that lost its newest entries', () => {
  test.each(['bot-1', 'bot-2'])(
    'what comes then is told, with its number, and the loss is logged (%s)',
    async (who) => {
      const errors: string[] = [];
      const log = { ...silentLog, error: (message: string) => void errors.push(message) };
      const channels = [{ channel: 'C0PROD', clusters: ['prod'] }];
      for (let each = 0; each < 3; each += 1) await write('request');
      const first = start('bot-1', { log, channels });
      await first.round();
      await clock.advance(HOUR);
      await first.round();
      store.memory.audit.splice(1);
      if (who === 'bot-1') await first.round();
      await clock.advance(HOUR);
      const second = who === 'bot-1' ? first : start(who, { log, channels });
      await second.round();
      await write('end');
      await clock.advance(HOUR);
      await second.round();

      expect(numbersIn('C0PROD')).toEqual([1, 2, 3, 2]);
      expect(errors).toEqual(who === 'bot-1' ? ['the store has fewer audit entries than were told'] : []);
      expect(told('C0PROD').findLast((text) => text.startsWith('*Audit*'))).toContain('2 entries');
    },
  );

  test('a number that nobody wrote, in a message of the bot, silences nothing', async () => {
    await write('request');
    const message = { text: 'forged', blocks: [] };
    const metadata = { event_type: 'drydock_audit', event_payload: { seq: 1_000_000 } } as const;
    await slack.post({ channel: 'C0PROD', threadTs: null }, message, metadata);
    const channels = start();
    await channels.round();
    await write('end');
    await clock.advance(1000);
    await channels.round();

    expect(numbersIn('C0PROD')).toEqual([2]);
  });
});

describe('nothing is told twice or lost', () => {
  test('after a restart it goes on behind the last one', async () => {
    await write('request');
    await start().round();
    await clock.advance(60_000);
    await write('end');
    await start('bot-2').round();
    expect(numbersIn('C0PROD')).toEqual([1, 2]);
  });

  test('a post whose note was never made is found again', async () => {
    const dying = {
      reach: async (point: AuditPoint, seq: number) => {
        await Promise.resolve();
        if (point === 'entry-posted' && seq === 2) throw new Error('killed');
      },
    };
    for (const action of ['request', 'decision', 'end']) await write(action);
    await start('bot-1', dying).round();
    expect(numbersIn('C0PROD')).toEqual([1, 2]);
    await clock.advance(60_000);
    await start('bot-2').round();
    expect(numbersIn('C0PROD')).toEqual([1, 2, 3]);
  });

  test('a post without an answer is looked for before it is made again', async () => {
    const telling = start();
    await telling.round();
    await write('request');
    slack.failNext('post', { kind: 'unavailable', error: 'no answer' }, { done: true });
    await telling.round();
    await clock.advance(60_000);
    await write('end');
    await telling.round();
    expect(numbersIn('C0PROD')).toEqual([1, 2]);
  });

  test('what another app posts does not count', async () => {
    await write('request');
    const forged = { event_type: 'drydock_audit', event_payload: { seq: 999 } } as const;
    await slack.post({ channel: 'C0PROD', threadTs: null }, { text: 'forged', blocks: [] }, forged);
    await start('bot-1', { botUser: () => 'U0OTHER' }).round();
    expect(numbersIn('C0PROD')).toEqual([1]);
  });

  test('one process of several tells, and another follows when it is gone', async () => {
    const [one, two] = [start('bot-1'), start('bot-2')];
    await write('request');
    await Promise.all([one.round(), two.round()]);
    expect(numbersIn('C0PROD')).toEqual([1]);
    await clock.advance(60_000);
    await write('end');
    await two.round();
    await one.round();
    expect(numbersIn('C0PROD')).toEqual([1, 2]);
  });

  test('a channel that is gone holds up no other, and is told everything when it is back', async () => {
    const telling = start();
    await telling.round();
    await write('request');
    await write('request', { cluster: 'dev' });
    slack.failNext('post', { kind: 'channel-gone', error: 'is_archived' });
    await telling.round();
    expect([numbersIn('C0PROD'), numbersIn('C0DEV')]).toEqual([[], [2]]);
    await telling.round();
    expect(numbersIn('C0PROD')).toEqual([]);
    await clock.advance(60_000);
    await telling.round();
    expect(numbersIn('C0PROD')).toEqual([1]);
  });

  test('a limit of Slack is waited for', async () => {
    const telling = start();
    await telling.round();
    await write('request');
    slack.failNext('post', { kind: 'rate-limited', retryAfterMs: 5000 });
    await telling.round();
    await clock.advance(4000);
    await telling.round();
    expect(numbersIn('C0PROD')).toEqual([]);
    await clock.advance(1000);
    await telling.round();
    expect(numbersIn('C0PROD')).toEqual([1]);
  });

  test('an entry that Slack never takes is told in other words, and holds nothing up', async () => {
    await write('request');
    await write('end');
    slack.failNext('post', { kind: 'too-long', error: 'msg_too_long' });
    await start().round();
    expect(told('C0PROD')[0]).toBe('Slack does not show entry no. 1 of the audit log; `/kube audit prod` has it.');
    expect(numbersIn('C0PROD')).toEqual([1, 2]);
  });

  test('a store that is away for a moment loses nothing', async () => {
    const telling = start();
    await telling.round();
    await write('request');
    store.failures.failNext('auditEntries');
    await telling.round();
    await telling.round();
    expect(numbersIn('C0PROD')).toEqual([1]);
  });
});

describe('heads in audit channels', () => {
  test('at the interval, whole, and only when the log has grown', async () => {
    const telling = start();
    await telling.round();
    await write('request');
    await telling.round();
    expect(told('C0PROD')).toHaveLength(1);
    await clock.advance(HOUR);
    await telling.round();
    const { hash } = await store.auditHead();
    expect(told('C0PROD')[1]).toBe(`*Audit*: 1 entry, head \`1:${hash}\``);
    expect(told('C0DEV')).toEqual([`*Audit*: 1 entry, head \`1:${hash}\``]);
    await clock.advance(HOUR);
    await telling.round();
    await telling.round();
    expect(told('C0PROD')).toHaveLength(2);
  });

  test('a restart neither repeats nor skips it', async () => {
    await start().round();
    await write('request');
    await clock.advance(HOUR / 2);
    await start('bot-2').round();
    await clock.advance(HOUR / 2);
    const dying = { reach: async () => await Promise.reject(new Error('killed')) };
    await start('bot-3', { ...dying, channels: [{ channel: 'C0PROD', clusters: ['prod'] }] }).round();
    await clock.advance(60_000);
    await start('bot-4').round();
    expect(told('C0PROD').filter((text) => text.startsWith('*Audit*'))).toHaveLength(1);
  });
});
