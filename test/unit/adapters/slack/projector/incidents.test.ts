import { beforeEach, describe, expect, test } from 'vitest';
import { GATE_OPENED, PLANNED, SAMPLE_EVENTS } from '../../../../support/sample-run.ts';
import { createIncidentScene, failed, type IncidentScene } from './incident-scene.ts';

const FAILED = failed(30);

let scene: IncidentScene;

beforeEach(() => {
  scene = createIncidentScene();
});

describe('the incidents channel', () => {
  test('has one message that opens with a failure, follows the next run and closes with a healthy report', async () => {
    await scene.tell('r-1', FAILED);
    expect(scene.incidents().map((message) => message.channel)).toEqual(['C0INC']);
    expect(scene.textOf()).toContain('prod: Defragment etcd: failed: *Open* since');
    expect(scene.textOf()).toContain('No further member was touched.');
    expect(JSON.stringify(scene.incidents()[0]?.message.blocks)).toContain('https://slack.example/archives/C0OPS/p');

    await scene.tell('r-2', [PLANNED, GATE_OPENED]);
    expect(scene.textOf()).toContain('*Being worked on*: Defragment etcd (`r-2`) is waiting for approver.');

    await scene.tell('r-2', SAMPLE_EVENTS.slice(3));
    expect(scene.textOf()).toContain('*Closed*');
    expect(scene.textOf()).toContain('healthy again: 3 of 3 members healthy');
    expect(scene.incidents()).toHaveLength(1);
    expect(scene.incidents()[0]?.metadata?.event_payload).toEqual({
      incident: 'r-1',
      cluster: 'prod',
      state: 'closed',
    });
  });

  test('hears of changes of state only', async () => {
    await scene.run('r-1', FAILED);
    await scene.tell('r-2', FAILED.slice(0, 5));
    const before = scene.slack.calls.length;
    await scene.tell('r-2', []);

    expect(scene.slack.calls.slice(before)).toEqual([]);
  });

  test('has nothing of a run that went well, and nothing when no channel is configured', async () => {
    await scene.tell('r-1', SAMPLE_EVENTS.slice(1));
    await scene.succeed(null);
    await scene.tell('r-2', FAILED);

    expect(scene.incidents()).toEqual([]);
    expect(await scene.cards.dirty(10)).toEqual([]);
  });
});

describe('nothing is told twice', () => {
  test('a post whose answer is lost is found again, also by a successor', async () => {
    await scene.run('r-1', [PLANNED]);
    await scene.rounds(5000);
    await scene.run('r-1', FAILED.slice(1));
    scene.slack.failNext('post', { kind: 'unavailable', error: 'no answer in time' }, { done: true, times: 8 });
    await scene.rounds(60_000);
    await scene.succeed();
    await scene.cards.touch('r-1');
    await scene.rounds(60_000);

    expect(scene.incidents()).toHaveLength(1);
    expect((await scene.cards.incident('prod'))?.ts).toBe(scene.incidents()[0]?.ts);
  });

  test('a channel without the bot holds up no card, and is not asked all the time', async () => {
    await scene.run('r-1', [PLANNED]);
    await scene.rounds(5000);
    const posts = (): number =>
      scene.slack.calls.filter((call) => call.method === 'post' && call.result === 'channel-gone').length;
    const post = scene.slack.post.bind(scene.slack);
    scene.slack.post = async (place, message, metadata) => {
      if (place.channel !== 'C0INC') return await post(place, message, metadata);
      scene.slack.failNext('post', { kind: 'channel-gone', error: 'not_in_channel' });
      return await post(place, message, metadata);
    };
    await scene.run('r-1', FAILED.slice(1));
    await scene.rounds(5000);
    await scene.cards.touch('r-1');
    await scene.rounds(5000);

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
    await scene.run('r-1', FAILED);
    await scene.rounds(300_000);
    await scene.tell('r-2', SAMPLE_EVENTS.slice(1, 6));
    await scene.succeed();
    invited = true;
    await scene.rounds(120_000);

    expect(scene.incidents()).toHaveLength(1);
    expect(scene.textOf()).toContain('*Being worked on*: Defragment etcd (`r-2`)');
    expect(await scene.cards.dirty(10)).toEqual([]);
  });

  test('a closing that was refused once is told a minute later', async () => {
    await scene.tell('r-1', FAILED);
    const real = { ...scene.slack };
    let refused = 0;
    scene.slack.update = async (at, message, metadata) => {
      if (at.channel !== 'C0INC' || refused > 0) return await real.update(at, message, metadata);
      refused += 1;
      return { kind: 'channel-gone', error: 'is_archived' };
    };
    await scene.tell('r-2', SAMPLE_EVENTS.slice(1));
    expect(scene.textOf()).toContain('*Open*');
    await scene.rounds(60_000);

    expect(scene.textOf()).toContain('*Closed*');
    expect(await scene.cards.dirty(10)).toEqual([]);
  });

  test('a link that Slack does not tell at once is added later, and not asked for without end', async () => {
    await scene.run('r-1', [PLANNED]);
    await scene.rounds(5000);
    scene.slack.failNext('permalink', { kind: 'rate-limited', retryAfterMs: 1000 });
    await scene.tell('r-1', FAILED.slice(1));
    expect(scene.incidents()).toHaveLength(1);
    await scene.rounds(60_000);
    expect(JSON.stringify(scene.incidents()[0]?.message.blocks)).toContain('https://slack.example/archives/C0OPS/p');

    scene.slack.failNext('permalink', { kind: 'refused', error: 'not_allowed' }, { times: 1000 });
    await scene.run('r-2', FAILED);
    await scene.rounds(900_000);
    expect(await scene.cards.dirty(10)).toEqual([]);
  });

  test('blocks that Slack refuses: the text is told', async () => {
    const real = { ...scene.slack };
    scene.slack.post = async (place, message, metadata) =>
      place.channel === 'C0INC' && message.blocks.length > 0
        ? { kind: 'refused', error: 'invalid_blocks' }
        : await real.post(place, message, metadata);
    await scene.tell('r-1', FAILED);

    expect(scene.textOf()).toContain('*Open*');
  });

  test('a message that was deleted is posted again with the next change', async () => {
    await scene.run('r-1', FAILED);
    await scene.rounds(5000);
    scene.slack.messages.splice(
      scene.slack.messages.findIndex((each) => each.channel === 'C0INC'),
      1,
    );
    await scene.tell('r-2', SAMPLE_EVENTS.slice(1));

    expect(scene.incidents()).toHaveLength(1);
    expect(scene.textOf()).toContain('*Closed*');
  });
});
