import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Fault } from '../../../playground/workspace/faults.ts';
import type { Message } from '../../../playground/workspace/model.ts';
import { startTestBot, type TestBot } from './bot.ts';

let bot: TestBot;

beforeEach(async () => {
  bot = await startTestBot({ projector: false, timeoutMs: 300 });
});

afterEach(async () => {
  await bot.stop();
});

const HICCUPS = [
  ['limits the rate', { kind: 'rate-limited', retryAfter: 1 }, 1],
  ['answers 500 twice', { kind: 'status', status: 500 }, 2],
  ['does not answer', { kind: 'hang' }, 1],
] as const satisfies readonly (readonly [string, Fault, number])[];

/** The answer that the person sees in a channel, once there is one. */
async function answerIn(channel: string): Promise<Message> {
  return await bot.workspace.waitFor('the answer', () =>
    bot.workspace
      .person('operator')
      .sees(channel)
      .find((message) => message.user === 'U0DRYDOCK'),
  );
}

/** Breaks every way but the one under test, which fails only for a while: the answer has to come by it. */
function failOthers(way: string): void {
  for (const method of ['response_url', 'chat.postEphemeral', 'chat.postMessage']) {
    if (method !== way) bot.workspace.faults.set(method, { kind: 'error', error: 'restricted_action' });
  }
}

function failuresOf(way: string): readonly string[] {
  return bot.calls.filter((call) => call.method === way && call.result !== 'ok').map((call) => call.result);
}

describe.each(HICCUPS)('an answer while Slack %s', (_what, fault, times) => {
  test('to a slash command comes through the response address', async () => {
    bot.workspace.faults.set('response_url', fault, { times });
    failOthers('response_url');
    await bot.workspace.person('operator').command('/kube help');

    expect((await answerIn('C0OPS')).text).toContain('Commands of Drydock');
    expect(failuresOf('response_url')).toHaveLength(times);
  });

  test('to a mention comes as an ephemeral message', async () => {
    failOthers('chat.postEphemeral');
    bot.workspace.faults.set('chat.postEphemeral', fault, { times });
    await bot.workspace.person('operator').mention('help', { channel: 'C0OPS' });

    expect((await answerIn('C0OPS')).text).toContain('Commands of Drydock');
    expect(failuresOf('chat.postEphemeral')).toHaveLength(times);
  });

  test('to a direct message comes as a message there', async () => {
    failOthers('chat.postMessage');
    bot.workspace.faults.set('chat.postMessage', fault, { times });
    await bot.workspace.person('operator').message('help');
    const direct = bot.workspace.state.openDirect('U0OPERATOR');

    expect((await answerIn(direct.id)).text).toContain('Commands of Drydock');
    expect(failuresOf('chat.postMessage')).toHaveLength(times);
  });
});

test('an answer that Slack refuses is not repeated: the next way is taken', async () => {
  bot.workspace.faults.set('response_url', { kind: 'status', status: 404 });
  bot.workspace.faults.set('chat.postEphemeral', { kind: 'error', error: 'user_not_in_channel' });
  await bot.workspace.person('operator').command('/kube help');
  const direct = bot.workspace.state.openDirect('U0OPERATOR');

  expect((await answerIn(direct.id)).text).toContain('Commands of Drydock');
  expect([failuresOf('response_url'), failuresOf('chat.postEphemeral')]).toEqual([['refused'], ['channel-gone']]);
});
