import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Fault } from '../../playground/workspace/faults.ts';
import { BOT, CHANNELS } from '../../playground/workspace/seed.ts';
import { buttonsOf, explainFailures, type Scene, startScene, textOf } from '../support/e2e-scene.ts';
import { endInThread, ONCE, postedFor } from '../support/e2e-slack.ts';

const DEFRAG = '/kube defrag prod --all --pause 1s';

let scene: Scene;

explainFailures(() => scene);

beforeAll(async () => {
  scene = await startScene({ name: 'faults of Slack', fill: { megabytes: 8, keep: 0.4 } });
}, 120_000);

afterAll(async () => {
  await scene.stop();
});

afterEach(async () => {
  scene.workspace.faults.clear();
  for (const { name, members } of scene.workspace.state.channels.values()) if (name !== 'random') members.add(BOT.user);
  await scene.bot.start();
});

describe('the run ends although Slack', () => {
  test.for<readonly [string, readonly (readonly [method: string, fault: Fault, times: number])[]]>([
    [
      'answers 429 with Retry-After',
      [
        ['chat.postMessage', { kind: 'rate-limited', retryAfter: 1 }, 2],
        ['chat.update', { kind: 'rate-limited', retryAfter: 1 }, 2],
      ],
    ],
    ['answers 500 to everything for a while', [['*', { kind: 'status', status: 500 }, 2]]],
    [
      'carries calls out and loses the answers',
      [
        ['chat.postMessage', { kind: 'lost-answer' }, 1],
        ['chat.update', { kind: 'lost-answer' }, 1],
      ],
    ],
    [
      'finds messages too long',
      [
        ['chat.postMessage', { kind: 'error', error: 'msg_too_long' }, 1],
        ['chat.update', { kind: 'error', error: 'msg_too_long' }, 1],
      ],
    ],
  ])('%s', async ([, faults]) => {
    function switchOn(): void {
      for (const [method, fault, times] of faults) scene.workspace.faults.set(method, fault, { times });
    }
    switchOn();
    const run = await scene.ask(DEFRAG);
    await scene.approve(run);
    switchOn();

    const state = await scene.until('the end of the run', run, (now) => now.ended !== null);
    const { card } = await scene.ended(run);

    expect(state.ended?.outcome).toBe('succeeded');
    expect(textOf(card)).toContain('3 of 3 members are healthy');
    expect(buttonsOf(card)).toEqual([]);
    await endInThread(scene.workspace, run, card.message);
    expect(postedFor(scene.workspace, run, CHANNELS.ops)).toEqual(ONCE);
  });
});

describe('a card whose channel is lost goes on in the ops channel of the cluster', () => {
  // A channel that was found gone is left alone for a minute, so each case has one of its own.
  test.for<readonly [string, string, () => void]>([
    [
      'not_in_channel',
      CHANNELS.incidents,
      () => scene.workspace.state.channels.get(CHANNELS.incidents)?.members.delete(BOT.user),
    ],
    [
      'channel_not_found',
      CHANNELS.audit,
      () => scene.workspace.faults.set('chat.update', { kind: 'error', error: 'channel_not_found' }, { times: 1 }),
    ],
  ])('%s', async ([, channel, lose]) => {
    const known = scene.newestRun();
    await scene.workspace.person('operator').command(DEFRAG, { channel });
    await scene.workspace.waitFor('the card', () => scene.newestRun() !== known);
    const run = scene.newestRun();
    await scene.gate(run);
    expect(postedFor(scene.workspace, run, channel)).toEqual(ONCE);
    lose();
    await scene.press(run, 'gate.approve', 'approver-1');

    const { state, card } = await scene.ended(run);

    expect(state.ended.outcome).toBe('succeeded');
    expect(card.message.channel).toBe(CHANNELS.ops);
    expect(postedFor(scene.workspace, run, CHANNELS.ops)).toEqual(ONCE);
    expect(postedFor(scene.workspace, run, channel)).toEqual(ONCE);
  });
});
