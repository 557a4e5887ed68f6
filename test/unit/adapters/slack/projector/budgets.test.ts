import { beforeEach, describe, expect, test } from 'vitest';
import { createRateLimits } from '../../../../../playground/workspace/limits.ts';
import { bucketsOf } from '../../../../../src/adapters/slack/call-limits.ts';
import type { ApiMethod } from '../../../../../src/adapters/slack/methods.ts';
import type { SlackResult } from '../../../../../src/adapters/slack/result.ts';
import type { CallUse } from '../../../../../src/core/ports/call-budget.ts';
import { GATE_OPENED, PLANNED, SAMPLE_EVENTS } from '../../../../support/sample-run.ts';
import { type Bot, createScene, runOf, type Scene } from './scene.ts';

const RUNNING = [PLANNED, ...SAMPLE_EVENTS.slice(5, 7)];
const ENDING = SAMPLE_EVENTS.slice(7);

let scene: Scene;
let bot: Bot;
/** Runs whose card was posted or updated, and whose thread was told, in order, with the time. */
let shown: { readonly run: string; readonly what: string; readonly atMs: number }[];

beforeEach(() => {
  scene = createScene();
  bot = scene.start('bot-1');
  shown = [];
  const { slack } = scene;
  const real = { ...slack };
  slack.update = async (at, message, metadata) => {
    const result = await real.update(at, message, metadata);
    if (result.kind === 'ok') shown.push({ run: runOf(metadata) ?? '', what: 'updated', atMs: scene.clock.nowMs() });
    return result;
  };
  slack.post = async (place, message, metadata) => {
    const result = await real.post(place, message, metadata);
    const what = metadata?.event_type === 'drydock_thread' ? 'told' : 'posted';
    if (result.kind === 'ok') shown.push({ run: runOf(metadata) ?? '', what, atMs: scene.clock.nowMs() });
    return result;
  };
});

/** Takes calls of this use until there are none. */
async function drain(method: ApiMethod, channel: string, use: CallUse): Promise<void> {
  while ((await scene.budget.take(bucketsOf(method, channel), use)).granted);
}

async function running(id: string, channel?: string): Promise<void> {
  await scene.request(id, channel);
  await scene.append(id, RUNNING);
}

describe('what is urgent', () => {
  test('is not held up by progress that must wait', async () => {
    await running('r-1');
    await scene.roundsFor(bot, 5000);
    await drain('chat.update', 'C0OPS', 'ordinary');
    await scene.append('r-1', [], 'compacting');
    await bot.round();
    const before = shown.length;
    await scene.append('r-1', ENDING);
    await bot.round();

    expect(shown.slice(before).map(({ what }) => what)).toContain('updated');
    expect(scene.cardsOf('r-1')[0]?.metadata?.event_payload).toMatchObject({ state: 'ended' });
  });

  test('of all runs comes first: endings and gates, first cards, calls for people, progress, threads', async () => {
    for (const id of ['progress', 'ends']) await running(id, `C0${id.toUpperCase()}`);
    await scene.roundsFor(bot, 10_000);
    await scene.append('progress', SAMPLE_EVENTS.slice(7, 9), 'etcd-1 is done');
    await scene.request('new');
    await scene.request('asks', 'C0ASKS');
    await scene.append('ends', ENDING);
    await scene.append('asks', [PLANNED, GATE_OPENED]);
    shown.length = 0;
    await bot.round();

    expect([...new Set(shown.map(({ run, what }) => `${run} ${what}`))]).toEqual([
      'asks posted',
      'ends updated',
      'new posted',
      'asks told',
      'progress updated',
      'progress told',
      'ends told',
    ]);
  });

  test('is told the second that Slack allows it again, before the progress of others', async () => {
    const others = Array.from({ length: 10 }, (_, index) => `other-${index}`);
    for (const id of ['ends', ...others]) await running(id);
    await scene.roundsFor(bot, 60_000);
    for (const id of others) await scene.append(id, [], 'one more item');
    await scene.append('ends', ENDING);
    scene.slack.failNext('update', { kind: 'rate-limited', retryAfterMs: 30_000 });
    const askedMs = scene.clock.nowMs();
    shown.length = 0;
    await scene.roundsFor(bot, 50_000);

    const updated = shown.filter(({ what }) => what === 'updated');
    expect(updated[0]).toEqual({ run: 'ends', what: 'updated', atMs: askedMs + 30_000 });
    expect(new Set(updated.slice(1).map(({ run }) => run))).toEqual(new Set(others));
    expect(scene.slack.calls.filter(({ result }) => result === 'rate-limited')).toHaveLength(1);
  });
});

test('a channel whose budget is used up holds up no other channel', async () => {
  await drain('chat.postMessage', 'C0OPS', 'reserved');
  await running('here', 'C0OPS');
  await running('there', 'C0OTHER');
  await bot.round();

  expect(shown.map(({ run, what }) => `${run} ${what}`)).toEqual(['there posted', 'there told']);
  await scene.roundsFor(bot, 5000);
  expect(scene.cardsOf('here')).toHaveLength(1);
});

test('progress that waits is not asked for again at every change', async () => {
  await running('r-1');
  await scene.roundsFor(bot, 5000);
  await drain('chat.update', 'C0OPS', 'ordinary');
  let asked = 0;
  const real = { ...scene.budget };
  scene.budget.take = async (buckets, use) => {
    asked += 1;
    return await real.take(buckets, use);
  };
  for (let each = 0; each < 50; each += 1) {
    await scene.append('r-1', [], `note ${each}`);
    await bot.round();
  }

  expect(asked).toBe(1);
  await scene.roundsFor(bot, 5000);
  expect(JSON.stringify(scene.cardsOf('r-1')[0]?.message.blocks)).toContain('note 49');
});

/** Lets Slack's published limits decide about each call; answers the list of methods that were refused. */
function enforceLimits({ clock, slack }: Scene): readonly string[] {
  const limits = createRateLimits(() => clock.nowMs());
  const refused: string[] = [];
  const real = { ...slack };
  async function limited<T>(method: string, channel: string, call: () => Promise<SlackResult<T>>) {
    const retryAfter = limits.take(method, channel);
    if (retryAfter === 0) return await call();
    refused.push(method);
    return { kind: 'rate-limited', retryAfterMs: retryAfter * 1000 } as const;
  }
  slack.post = async (place, message, metadata) =>
    await limited('chat.postMessage', place.channel, () => real.post(place, message, metadata));
  slack.update = async (at, message, metadata) =>
    await limited('chat.update', at.channel, () => real.update(at, message, metadata));
  slack.replies = async (channel, ts, limit) =>
    await limited('conversations.replies', channel, () => real.replies(channel, ts, limit));
  slack.permalink = async (at) => await limited('chat.getPermalink', at.channel, () => real.permalink(at));
  return refused;
}

describe('fifty runs at once', () => {
  test('keep every limit of Slack; every ending arrives, and every line of every thread once', async () => {
    const refused = enforceLimits(scene);
    const ids = Array.from({ length: 50 }, (_, index) => `r-${index}`);
    for (const id of ids) await running(id);
    for (let step = 0; step < 12; step += 1) {
      for (const id of ids) await scene.append(id, [], `step ${step}`);
      await scene.roundsFor(bot, 5000);
    }
    const endedMs = scene.clock.nowMs();
    for (const id of ids) await scene.append(id, ENDING);
    await scene.roundsFor(bot, 400_000);

    const lastEnding = shown.findLast(({ what }) => what === 'updated')?.atMs ?? Infinity;
    expect(refused).toEqual([]);
    expect(lastEnding - endedMs).toBeLessThan(80_000);
    for (const id of ids) {
      expect(scene.cardsOf(id).map(({ metadata }) => metadata?.event_payload)).toMatchObject([{ state: 'ended' }]);
      expect(scene.linesOf(id)).toEqual(await scene.wantedLines(id));
    }
    expect(await scene.cards.dirty(100)).toEqual([]);
  });
});
