import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { waitFor } from '../../../playground/waiting.ts';
import type { Fault } from '../../../playground/workspace/faults.ts';
import type { Message, SlackFile } from '../../../playground/workspace/model.ts';
import { SAMPLE_HASH, samplePlan, type Told } from '../../support/sample-run.ts';
import { startTestBot, type TestBot } from './bot.ts';
import { cardsOf, runOf, stateOf } from './waiting-run.ts';

let bot: TestBot;

beforeEach(async () => {
  bot = await startTestBot();
});

afterEach(async () => {
  await bot.stop();
});

const LINES = Array.from({ length: 400 }, (_, index) => `line ${index} ${'of what the member said '.repeat(4)}`);

/** A run whose last step has more to show than fits into messages. */
const EVENTS: readonly Told[] = [
  { type: 'planned', plan: samplePlan(), hash: SAMPLE_HASH },
  { type: 'step-started', index: 0, attempt: 1 },
  { type: 'step-done', index: 0, output: { said: LINES }, note: '' },
  { type: 'ended', outcome: 'failed', reason: 'member-silent', note: '', stepsDone: 1, stepsPlanned: 2 },
];

async function finishedRun(count = 1): Promise<string> {
  await bot.workspace.person('operator').command('/kube defrag prod');
  await waitFor('the run', async () => (await bot.runIds()).length === count);
  const run = (await bot.runIds()).at(-1) ?? '';
  await bot.tell(run, EVENTS);
  return run;
}

function cardOf(run: string): Message | undefined {
  return cardsOf(bot).find((card) => runOf(card) === run);
}

function threadOf(run: string): readonly Message[] {
  const card = cardOf(run);
  return bot.workspace.messages('C0OPS').filter((message) => message.threadTs === card?.ts && card !== undefined);
}

/** Waits until a thread tells the end. */
async function told(run: string, timeoutMs = 20_000): Promise<readonly Message[]> {
  return await bot.workspace.waitFor(
    'the end in the thread',
    () => threadOf(run).some((message) => message.text.includes('*Failed* (`member-silent`)')) && threadOf(run),
    timeoutMs,
  );
}

function filesIn(messages: readonly Message[]): readonly SlackFile[] {
  return messages.flatMap((message) => message.files.flatMap((id) => bot.workspace.state.files.get(id) ?? []));
}

/** Everything the thread says: messages and files. */
function wordsOf(messages: readonly Message[]): string {
  const contents = filesIn(messages).map((file) => Buffer.from(file.content ?? '').toString());
  return [...messages.map((message) => message.text), ...contents].join('\n');
}

describe('a long output is one whole file in the thread, although', () => {
  test.each<readonly [string, string, Fault]>([
    ['Slack fails when the file is announced', 'files.getUploadURLExternal', { kind: 'status', status: 500 }],
    ['the connection breaks while its bytes go', 'upload', { kind: 'reset' }],
    ['the bytes are answered with 503', 'upload', { kind: 'status', status: 503 }],
    ['the bytes arrive and the answer is lost', 'upload', { kind: 'lost-answer' }],
    ['Slack fails when it is to be shared', 'files.completeUploadExternal', { kind: 'status', status: 500 }],
    ['it is shared and the answer is lost', 'files.completeUploadExternal', { kind: 'lost-answer' }],
    ['Slack limits the rate of it', 'files.completeUploadExternal', { kind: 'rate-limited', retryAfter: 1 }],
  ])('%s', async (_what, where, fault) => {
    bot.workspace.faults.set(where, fault, { times: 1 });
    const run = await finishedRun();
    const thread = await told(run);

    const files = filesIn(thread);
    expect(files.map((file) => file.name)).toEqual([`${run}-4-step-done.txt`]);
    expect(files[0]?.content?.toString()).toContain(LINES[399]);
    expect(wordsOf(thread).split('line 0 ')).toHaveLength(2);
  });
});

describe('a long output is told in messages when', () => {
  test('Slack refuses to share files', async () => {
    bot.workspace.faults.set('files.completeUploadExternal', { kind: 'error', error: 'posting_to_channel_denied' });
    const thread = await told(await finishedRun());

    expect(filesIn(thread)).toEqual([]);
    for (const line of [LINES[0], LINES[399]]) expect(wordsOf(thread).split(line ?? '')).toHaveLength(2);
  });

  test('the place for its bytes cannot be reached; no other card waits for it', async () => {
    bot.workspace.faults.set('upload', { kind: 'reset' });
    const run = await finishedRun();
    await bot.workspace.waitFor('the end on the card', () => stateOf(cardOf(run)) === 'ended');
    await waitFor('the first tries', () => bot.calls.filter((call) => call.method.startsWith('files.')).length > 1);
    const tries = bot.calls.length;
    const other = await finishedRun(2);
    await bot.workspace.waitFor('the end on the other card', () => stateOf(cardOf(other)) === 'ended');
    const meanwhile = bot.calls.slice(tries).filter((call) => call.method.startsWith('files.')).length;
    const thread = await told(run, 50_000);

    expect(meanwhile).toBeLessThan(2);
    expect(filesIn(thread)).toEqual([]);
    for (const line of [LINES[0], LINES[399]]) expect(wordsOf(thread).split(line ?? '')).toHaveLength(2);
  });
});
