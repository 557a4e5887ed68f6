import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { waitFor } from '../../../playground/waiting.ts';
import { foldRun, type RunState } from '../../../src/core/run-state.ts';
import { startTestBot, type TestBot } from './bot.ts';
import { target, waitingRun } from './waiting-run.ts';

let bot: TestBot;

beforeEach(async () => {
  bot = await startTestBot();
});

afterEach(async () => {
  await bot.stop();
});

async function stateOf(runId: string): Promise<RunState> {
  const record = await bot.runs.read(runId);
  if (record === null) throw new Error(`no run ${runId}`);
  return foldRun(record);
}

/** Everything that happened in the workspace, as text. */
function happened(): string {
  return JSON.stringify(bot.workspace.feed.events());
}

describe('what is asked of the policy', () => {
  test('the channel and the flags of a typed command are frozen in its request', async () => {
    await bot.workspace.person('operator').command('/kube defrag prod --all --wait', { channel: 'C0OPS' });
    const runId = await waitFor('a run', async () => (await bot.runIds())[0]);

    expect((await stateOf(runId)).request).toMatchObject({
      channel: 'C0OPS',
      flags: ['all', 'wait'],
      outsideWindow: false,
      requires: null,
    });
  });

  test('can-i answers in words and starts nothing', async () => {
    await bot.workspace.person('operator').command('/kube can-i prod defrag --all', { channel: 'C0OPS' });
    await expect.poll(happened).toContain('You may defrag on prod with --all.');

    expect(await bot.runIds()).toEqual([]);
  });
});

describe('a gate that asks for the name of the cluster (Teleport: a stolen account approves)', () => {
  test('counts only the name as it is, through the modal', async () => {
    const run = await waitingRun(bot, '/kube defrag prod', { expect: 'prod' });
    const approver = bot.workspace.person('approver-1');

    async function answer(text: string): Promise<void> {
      await approver.click(target(run, 'gate.answer'));
      await approver.submit(await waitFor('the modal', () => approver.view()), { answer: text });
    }

    await answer('Prod');
    await expect.poll(happened).toContain('That is not what the card asks for.');
    expect((await stateOf(run.runId)).gates[0]?.votes).toEqual([]);
    await answer('prod');
    await expect.poll(async () => (await stateOf(run.runId)).gates[0]?.settled?.verdict).toBe('approved');
  });
});
