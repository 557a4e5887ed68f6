import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { CHANNELS } from '../../playground/workspace/seed.ts';
import { explainFailures, type Scene, startScene, textOf } from '../support/e2e-scene.ts';
import { endInThread, killBotAt, ONCE, postedFor } from '../support/e2e-slack.ts';

vi.setConfig({ testTimeout: 240_000 });

const DEFRAG = '/kube defrag prod --all --pause 1s';

let scene: Scene;

explainFailures(() => scene);

beforeAll(async () => {
  scene = await startScene({ name: 'long faults of Slack', fill: { megabytes: 8, keep: 0.4 } });
}, 120_000);

afterAll(async () => {
  await scene.stop();
});

afterEach(async () => {
  scene.workspace.faults.clear();
  await scene.bot.start();
});

test('a bot killed between posting a message of the thread and storing that it did finds it again', async () => {
  const run = await scene.ask(DEFRAG);
  await scene.gate(run);
  const killed = killBotAt(scene, ({ threadTs, text }) => threadTs !== undefined && text.includes('defragment — done'));
  await scene.press(run, 'gate.approve', 'approver-1');
  await killed;
  await scene.bot.start();

  const { state, card } = await scene.ended(run, 120_000);
  await endInThread(scene.workspace, run, card.message);

  expect(state.ended.outcome).toBe('succeeded');
  expect(postedFor(scene.workspace, run, CHANNELS.ops)).toEqual(ONCE);
});

test('calls that never answer hold up nothing but themselves', async () => {
  const run = await scene.ask(DEFRAG);
  await scene.gate(run);
  scene.workspace.faults.set('chat.update', { kind: 'hang' }, { times: 3 });
  scene.workspace.faults.set('chat.postMessage', { kind: 'hang' }, { times: 1 });
  await scene.press(run, 'gate.approve', 'approver-1');

  await scene.until('the end of the run', run, (now) => now.ended !== null);
  expect(scene.card(run).state).not.toBe('ended');
  const { card } = await scene.ended(run, 120_000);
  await endInThread(scene.workspace, run, card.message);

  expect(textOf(card)).toContain('3 of 3 members are healthy');
  expect(postedFor(scene.workspace, run, CHANNELS.ops)).toEqual(ONCE);
});

test('an ops channel that cannot be used for a while: the run ends, its last state is delivered later', async () => {
  const run = await scene.ask(DEFRAG);
  await scene.gate(run);
  scene.workspace.faults.set('chat.update', { kind: 'error', error: 'not_in_channel' });
  await scene.press(run, 'gate.approve', 'approver-1');
  await scene.until('the end of the run', run, (now) => now.ended !== null);

  scene.workspace.faults.clear();
  const { card } = await scene.ended(run, 120_000);

  expect(card.outcome).toBe('succeeded');
  expect(postedFor(scene.workspace, run, CHANNELS.ops)).toEqual(ONCE);
});
