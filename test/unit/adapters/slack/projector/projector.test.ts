import { beforeEach, describe, expect, test } from 'vitest';
import { updateIntervalMs } from '../../../../../src/adapters/slack/projector/pace.ts';
import type { KeptMessage } from '../../../../fakes/slack-client.ts';
import { createRecordingLog } from '../../../../support/recording-log.ts';
import { at, decided, GATE_OPENED, PLANNED, SAMPLE_EVENTS } from '../../../../support/sample-run.ts';
import { type Bot, createScene, type Scene } from './scene.ts';

let scene: Scene;
let bot: Bot;

beforeEach(() => {
  scene = createScene();
  bot = scene.start('bot-1');
});

async function roundsFor(ms: number): Promise<void> {
  await scene.roundsFor(bot, ms);
  await bot.round();
}

function callsOf(method: string): readonly number[] {
  return scene.slack.calls.filter((call) => call.method === method).map((call) => call.atMs);
}

function cardOf(id: string): KeptMessage | undefined {
  return scene.cardsOf(id)[0];
}

describe('pace', () => {
  test.each([
    [1, 3000],
    [2, 3000],
    [3, 3600],
    [50, 60_000],
  ])('%d live cards: %d ms between updates of one', (live, ms) => {
    expect(updateIntervalMs(live)).toBe(ms);
  });

  test('progress is told at most every interval, the newest state wins', async () => {
    await scene.request('r-1');
    await scene.append('r-1', [PLANNED, ...SAMPLE_EVENTS.slice(2, 7)]);
    await bot.round();
    for (let second = 0; second < 30; second += 1) {
      await scene.append('r-1', [], `second ${second}`);
      await roundsFor(1000);
    }
    await roundsFor(4000);

    const gaps = callsOf('update').map((ms, index, all) => ms - (all[index - 1] ?? -Infinity));
    expect(gaps.length).toBeGreaterThan(5);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(3000);
    expect(JSON.stringify(cardOf('r-1')?.message.blocks)).toContain('second 29');
  });

  test('many live cards share fifty updates a minute', async () => {
    const ids = Array.from({ length: 20 }, (_, index) => `r-${index}`);
    for (const id of ids) {
      await scene.request(id);
      await scene.append(id, [PLANNED, ...SAMPLE_EVENTS.slice(2, 7)]);
    }
    await bot.round();
    const startMs = scene.clock.nowMs();
    for (let second = 0; second < 120; second += 1) {
      for (const id of ids) await scene.append(id, [], `second ${second}`);
      await roundsFor(1000);
    }

    const inMinute = callsOf('update').filter((ms) => ms >= startMs + 30_000 && ms < startMs + 90_000);
    expect(inMinute.length).toBeGreaterThan(20);
    expect(inMinute.length).toBeLessThanOrEqual(50);
  });

  test('gates, decisions and endings do not wait for the interval', async () => {
    await scene.request('r-1');
    await bot.round();
    await scene.append('r-1', [PLANNED, GATE_OPENED]);
    await bot.round();
    await scene.append('r-1', decided(20, 'approve', null));
    await bot.round();
    await scene.append('r-1', SAMPLE_EVENTS.slice(5));
    await bot.round();

    expect(callsOf('update')).toHaveLength(3);
    expect(cardOf('r-1')?.metadata?.event_payload).toMatchObject({ state: 'ended', outcome: 'succeeded' });
  });
});

describe('delivery', () => {
  test('trouble with a card or its thread is logged with run and cluster', async () => {
    const log = createRecordingLog();
    bot = scene.start('bot-1', null, { log });
    await scene.request('r-1');
    scene.slack.failNext('post', { kind: 'refused', error: 'no_permission' });
    await bot.round();
    await roundsFor(60_000);
    await scene.append('r-1', SAMPLE_EVENTS.slice(1));
    scene.slack.failNext('update', { kind: 'unavailable', error: 'HTTP status 500' });
    scene.slack.failNext('post', { kind: 'unavailable', error: 'HTTP status 500' });
    await roundsFor(10_000);

    expect(log.lines.map((line) => line.message)).toEqual(
      expect.arrayContaining([
        'a card could not be posted',
        'a card could not be updated',
        'a thread message could not be posted',
      ]),
    );
    expect(log.lines.filter(({ data }) => data['run'] !== 'r-1' || data['cluster'] !== 'prod')).toEqual([]);
  });

  test('what was delivered is not sent again', async () => {
    await scene.request('r-1');
    await scene.append('r-1', SAMPLE_EVENTS.slice(1));
    await roundsFor(10_000);
    const calls = scene.slack.calls.length;
    await scene.cards.touch('r-1');
    await roundsFor(10_000);

    expect(scene.slack.calls).toHaveLength(calls);
    expect((await scene.cards.card('r-1'))?.final).toBe(true);
    expect(await scene.cards.dirty(10)).toEqual([]);
  });

  test('a successor after a lost answer finds the card instead of posting again', async () => {
    await scene.request('r-1');
    scene.slack.failNext('post', { kind: 'unavailable', error: 'no answer in time' }, { done: true });
    await bot.round();
    await scene.cards.resign('slack-projector', 'bot-1');
    bot = scene.start('bot-2');
    await scene.append('r-1', SAMPLE_EVENTS.slice(1));
    await roundsFor(5000);

    expect(scene.slack.messages.filter((message) => message.metadata?.event_type === 'drydock_run')).toHaveLength(1);
    expect(cardOf('r-1')?.metadata?.event_payload).toMatchObject({ state: 'ended' });
  });

  test('a thread message whose answer is lost is looked for before it is posted again', async () => {
    await scene.request('r-1');
    await bot.round();
    await scene.append('r-1', [PLANNED]);
    scene.slack.failNext('post', { kind: 'unavailable', error: 'no answer in time' }, { done: true });
    await roundsFor(10_000);

    expect(scene.slack.messages.filter((message) => message.metadata?.event_type === 'drydock_thread')).toHaveLength(1);
  });

  test('429: that method rests for as long as Slack asked, other methods go on', async () => {
    await scene.request('r-1');
    await bot.round();
    scene.slack.failNext('update', { kind: 'rate-limited', retryAfterMs: 30_000 });
    await scene.append('r-1', [PLANNED, GATE_OPENED]);
    await roundsFor(60_000);

    const [first = 0, second = 0] = callsOf('update');
    expect(second - first).toBeGreaterThanOrEqual(30_000);
    expect(scene.slack.messages.some((message) => message.metadata?.event_type === 'drydock_thread')).toBe(true);
  });

  test('Slack away for an hour: few tries, then the last state', async () => {
    await scene.request('r-1');
    scene.slack.failNext('post', { kind: 'unavailable', error: 'HTTP status 503' }, { times: 40 });
    scene.slack.failNext('history', { kind: 'unavailable', error: 'HTTP status 503' }, { times: 80 });
    await scene.append('r-1', SAMPLE_EVENTS.slice(1));
    await roundsFor(3_600_000);

    expect(scene.slack.calls.filter((call) => call.result === 'unavailable').length).toBeLessThan(130);
    expect(cardOf('r-1')?.metadata?.event_payload).toMatchObject({ state: 'ended' });
  });

  test('the ops channel cannot be used either: it goes on trying, slowly', async () => {
    await scene.request('r-1');
    scene.slack.failNext('post', { kind: 'channel-gone', error: 'not_in_channel' }, { times: 3 });
    await roundsFor(170_000);
    const tries = callsOf('post').length;
    await roundsFor(60_000);

    expect(tries).toBeLessThanOrEqual(4);
    expect(cardOf('r-1')).toBeDefined();
  });

  test('the store is away: a round does not throw, and says when to try again', async () => {
    await scene.request('r-1');
    scene.cards.failures.setDown(true);
    const nextMs = await bot.round();
    scene.cards.failures.setDown(false);
    await bot.round();

    expect(nextMs).toBeGreaterThan(scene.clock.nowMs());
    expect(cardOf('r-1')).toBeDefined();
  });

  test('only the elected one writes; the next takes over when it is gone', async () => {
    await scene.request('r-1');
    await bot.round();
    const second = scene.start('bot-2');
    await scene.append('r-1', [PLANNED, GATE_OPENED]);
    await second.round();
    const before = callsOf('update').length;
    await scene.clock.advance(25_000);
    await second.round();

    expect(before).toBe(0);
    expect(callsOf('update')).toHaveLength(1);
  });

  test('an event of a newer version stays for a newer projector; the card says so', async () => {
    await scene.request('r-1');
    await scene.append('r-1', [PLANNED]);
    scene.runs.memory.runs.get('r-1')?.events.push(JSON.stringify({ v: 2, type: 'teleported', at: at(5) }));
    await scene.cards.touch('r-1');
    await roundsFor(5000);

    expect(JSON.stringify(cardOf('r-1')?.message.blocks)).toContain('Waiting for a newer worker');
  });
});
