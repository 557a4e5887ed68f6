import { beforeEach, describe, expect, test } from 'vitest';
import type { RunEvent } from '../../../../../src/core/run-event.ts';
import { decided, eventAt, GATE_OPENED, PLANNED, SAMPLE_EVENTS } from '../../../../support/sample-run.ts';
import { type Bot, createScene, type Scene } from './scene.ts';

const FAILED: readonly RunEvent[] = [
  PLANNED,
  GATE_OPENED,
  ...decided(20, 'approve', null),
  eventAt(21, { type: 'step-started', index: 0, attempt: 1 }),
  eventAt(30, {
    type: 'ended',
    outcome: 'failed',
    reason: 'member-unhealthy',
    note: 'etcd-2 is silent',
    stepsDone: 0,
    stepsPlanned: 2,
  }),
];

let scene: Scene;
let bot: Bot;

beforeEach(() => {
  scene = createScene();
  bot = start('bot-1');
});

function start(who: string, channel: string | null = 'C0INC'): Bot {
  return scene.start(who, null, { titleOf: () => 'Defragment etcd', incidentsChannel: () => channel });
}

async function run(id: string, events: readonly RunEvent[]): Promise<void> {
  if ((await scene.runs.read(id)) === null) await scene.request(id);
  await scene.append(id, events);
}

async function roundsFor(ms: number): Promise<void> {
  await scene.roundsFor(bot, ms);
  await bot.round();
}

/** The process gives up its office, and another one is elected. */
async function succeed(who: string, channel: string | null = 'C0INC'): Promise<void> {
  await scene.cards.resign('slack-projector', 'bot-1');
  bot = start(who, channel);
}

function textOf(index = 0): string {
  return scene.incidents()[index]?.message.text ?? '';
}

describe('the incidents channel', () => {
  test('has one message that opens with a failure, follows the next run and closes with a healthy report', async () => {
    await run('r-1', FAILED);
    await roundsFor(10_000);
    expect(scene.incidents().map((message) => message.channel)).toEqual(['C0INC']);
    expect(textOf()).toContain('prod: Defragment etcd: failed: *Open* since');
    expect(textOf()).toContain('No further member was touched.');
    expect(JSON.stringify(scene.incidents()[0]?.message.blocks)).toContain('https://slack.example/archives/C0OPS/p');

    await run('r-2', [PLANNED, GATE_OPENED]);
    await roundsFor(10_000);
    expect(textOf()).toContain('*Being worked on*: Defragment etcd (`r-2`) is waiting for approver.');

    await run('r-2', SAMPLE_EVENTS.slice(3));
    await roundsFor(10_000);
    expect(textOf()).toContain('*Closed*');
    expect(textOf()).toContain('healthy again: 3 of 3 members healthy');
    expect(scene.incidents()).toHaveLength(1);
    expect(scene.incidents()[0]?.metadata?.event_payload).toEqual({
      incident: 'r-1',
      cluster: 'prod',
      state: 'closed',
    });
  });

  test('hears of changes of state only', async () => {
    await run('r-1', FAILED);
    await run('r-2', FAILED.slice(0, 5));
    await roundsFor(10_000);
    const before = scene.slack.calls.length;
    await run('r-2', []);
    await roundsFor(10_000);

    expect(scene.slack.calls.slice(before)).toEqual([]);
  });

  test('has nothing of a run that went well, and nothing when no channel is configured', async () => {
    await run('r-1', SAMPLE_EVENTS.slice(1));
    await roundsFor(10_000);
    await succeed('bot-2', null);
    await run('r-2', FAILED);
    await roundsFor(10_000);

    expect(scene.incidents()).toEqual([]);
    expect(await scene.cards.dirty(10)).toEqual([]);
  });
});

describe('nothing is told twice', () => {
  test('a post whose answer is lost is found again, also by a successor', async () => {
    await run('r-1', [PLANNED]);
    await roundsFor(5000);
    await run('r-1', FAILED.slice(1));
    scene.slack.failNext('post', { kind: 'unavailable', error: 'no answer in time' }, { done: true, times: 8 });
    await roundsFor(60_000);
    await succeed('bot-2');
    await scene.cards.touch('r-1');
    await roundsFor(60_000);

    expect(scene.incidents()).toHaveLength(1);
    expect((await scene.cards.incident('prod'))?.ts).toBe(scene.incidents()[0]?.ts);
  });

  test('a channel without the bot holds up no card, and is not asked all the time', async () => {
    await run('r-1', [PLANNED]);
    await roundsFor(5000);
    const posts = (): number =>
      scene.slack.calls.filter((call) => call.method === 'post' && call.result === 'channel-gone').length;
    const post = scene.slack.post.bind(scene.slack);
    scene.slack.post = async (place, message, metadata) => {
      if (place.channel !== 'C0INC') return await post(place, message, metadata);
      scene.slack.failNext('post', { kind: 'channel-gone', error: 'not_in_channel' });
      return await post(place, message, metadata);
    };
    await run('r-1', FAILED.slice(1));
    await roundsFor(5000);
    await scene.cards.touch('r-1');
    await roundsFor(5000);

    expect(posts()).toBe(1);
    const card = scene.slack.messages.find((message) => message.metadata?.event_type === 'drydock_run');
    expect(card?.metadata?.event_payload).toMatchObject({ state: 'ended' });
    expect(scene.slack.messages.at(-1)?.message.text).toContain('*Failed*');
  });

  test('the bot is invited later: the incident is told then, also by a successor and after other runs', async () => {
    const real = { ...scene.slack };
    let invited = false;
    scene.slack.post = async (place, message, metadata) =>
      place.channel === 'C0INC' && !invited
        ? { kind: 'channel-gone', error: 'not_in_channel' }
        : await real.post(place, message, metadata);
    await run('r-1', FAILED);
    await roundsFor(300_000);
    await run('r-2', SAMPLE_EVENTS.slice(1, 6));
    await roundsFor(10_000);
    await succeed('bot-2');
    invited = true;
    await roundsFor(120_000);

    expect(scene.incidents()).toHaveLength(1);
    expect(textOf()).toContain('*Being worked on*: Defragment etcd (`r-2`)');
    expect(await scene.cards.dirty(10)).toEqual([]);
  });

  test('a closing that was refused once is told a minute later', async () => {
    await run('r-1', FAILED);
    await roundsFor(10_000);
    const real = { ...scene.slack };
    let refused = 0;
    scene.slack.update = async (at, message, metadata) => {
      if (at.channel !== 'C0INC' || refused > 0) return await real.update(at, message, metadata);
      refused += 1;
      return { kind: 'channel-gone', error: 'is_archived' };
    };
    await run('r-2', SAMPLE_EVENTS.slice(1));
    await roundsFor(10_000);
    expect(textOf()).toContain('*Open*');
    await roundsFor(60_000);

    expect(textOf()).toContain('*Closed*');
    expect(await scene.cards.dirty(10)).toEqual([]);
  });

  test('a link that Slack does not tell at once is added later, and not asked for without end', async () => {
    await run('r-1', [PLANNED]);
    await roundsFor(5000);
    scene.slack.failNext('permalink', { kind: 'rate-limited', retryAfterMs: 1000 });
    await run('r-1', FAILED.slice(1));
    await roundsFor(10_000);
    expect(scene.incidents()).toHaveLength(1);
    await roundsFor(60_000);
    expect(JSON.stringify(scene.incidents()[0]?.message.blocks)).toContain('https://slack.example/archives/C0OPS/p');

    scene.slack.failNext('permalink', { kind: 'refused', error: 'not_allowed' }, { times: 1000 });
    await run('r-2', FAILED);
    await roundsFor(900_000);
    expect(await scene.cards.dirty(10)).toEqual([]);
  });

  test('blocks that Slack refuses: the text is told', async () => {
    const real = { ...scene.slack };
    scene.slack.post = async (place, message, metadata) =>
      place.channel === 'C0INC' && message.blocks.length > 0
        ? { kind: 'refused', error: 'invalid_blocks' }
        : await real.post(place, message, metadata);
    await run('r-1', FAILED);
    await roundsFor(10_000);

    expect(textOf()).toContain('*Open*');
  });

  test('a message that was deleted is posted again with the next change', async () => {
    await run('r-1', FAILED);
    await roundsFor(5000);
    scene.slack.messages.splice(
      scene.slack.messages.findIndex((each) => each.channel === 'C0INC'),
      1,
    );
    await run('r-2', SAMPLE_EVENTS.slice(1));
    await roundsFor(10_000);

    expect(scene.incidents()).toHaveLength(1);
    expect(textOf()).toContain('*Closed*');
  });
});
