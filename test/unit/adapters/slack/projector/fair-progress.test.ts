import { expect, test } from 'vitest';
import { CALL_LIMITS } from '../../../../../src/adapters/slack/call-limits.ts';
import { PLANNED, SAMPLE_EVENTS } from '../../../../support/sample-run.ts';
import { createScene, runOf } from './scene.ts';

const RUNS = 12;
const SECONDS = 60;
const RUNNING = [PLANNED, ...SAMPLE_EVENTS.slice(5, 7)];

test('of many runs that change all the time, no card waits longer than the budget makes it', async () => {
  const scene = createScene();
  const bot = scene.start('bot-1');
  const ids = Array.from({ length: RUNS }, (_, index) => `r-${index}`);
  const shownAt = new Map<string, number[]>(ids.map((id) => [id, []]));
  const update = scene.slack.update.bind(scene.slack);
  scene.slack.update = async (at, message, metadata) => {
    const result = await update(at, message, metadata);
    if (result.kind === 'ok') shownAt.get(runOf(metadata) ?? '')?.push(scene.clock.nowMs());
    return result;
  };
  for (const [index, id] of ids.entries()) {
    await scene.request(id, `C0${index % 10}`);
    await scene.append(id, RUNNING);
  }
  const beganMs = scene.clock.nowMs();
  for (let second = 0; second < SECONDS; second += 1) {
    for (const id of ids) await scene.append(id, [], `part ${second}`);
    await scene.roundsFor(bot, 1000);
  }

  const gaps = [...shownAt.values()].flatMap((times) =>
    [...times, scene.clock.nowMs()].map((atMs, index) => atMs - (times[index - 1] ?? beganMs)),
  );
  const boundMs = (RUNS * 60_000) / CALL_LIMITS['chat.update'].workspace.perMinute;
  expect(Math.max(...gaps)).toBeLessThan(boundMs + 3000);
});

test('between any two messages to one card that nobody waits for are 3 s, also after its posting', async () => {
  const scene = createScene();
  const bot = scene.start('bot-1');
  const sentAt: number[] = [];
  const post = scene.slack.post.bind(scene.slack);
  const update = scene.slack.update.bind(scene.slack);
  scene.slack.post = async (place, message, metadata) => {
    if (metadata?.event_type === 'drydock_run') sentAt.push(scene.clock.nowMs());
    return await post(place, message, metadata);
  };
  scene.slack.update = async (at, message, metadata) => {
    sentAt.push(scene.clock.nowMs());
    return await update(at, message, metadata);
  };
  await scene.request('r-1');
  await scene.append('r-1', RUNNING);
  for (let part = 0; part < 100; part += 1) {
    await scene.append('r-1', [], `part ${part}`);
    await scene.roundsFor(bot, 200);
  }

  expect(sentAt.length).toBeGreaterThan(4);
  for (const [index, atMs] of sentAt.entries()) expect(atMs - (sentAt[index - 1] ?? 0)).toBeGreaterThanOrEqual(3000);
});
