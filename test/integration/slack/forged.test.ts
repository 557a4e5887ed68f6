import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { SlackRequest } from '../../../playground/workspace/bot-link.ts';
import { BOT, type PersonName } from '../../../playground/workspace/seed.ts';
import { SAMPLE_HASH } from '../../support/sample-run.ts';
import { startTestBot, type TestBot } from './bot.ts';
import { target, votesOn, type Waiting, waitingRun } from './waiting-run.ts';

let bot: TestBot;

beforeEach(async () => {
  bot = await startTestBot();
});

afterEach(async () => {
  await bot.stop();
});

/** A request with parts of its payload replaced, as one can who has the signing secret. */
function altered({ body, contentType }: SlackRequest, from: string, to: string): SlackRequest {
  const payload = new URLSearchParams(body).get('payload') ?? '';
  if (!payload.includes(from)) throw new Error(`the payload has no ${from}`);
  return { contentType, body: new URLSearchParams({ payload: payload.replaceAll(from, to) }).toString() };
}

/** What the bot told a person alone, in a channel or directly, once it did. */
async function told(person: PersonName): Promise<string> {
  const { id } = bot.workspace.person(person);
  const answer = await bot.workspace.waitFor('an answer', () =>
    [...bot.workspace.state.channels.keys()]
      .flatMap((channel) => bot.workspace.messages(channel))
      .find((one) => one.ephemeralFor === id || (one.channel.startsWith('D') && one.user === BOT.user)),
  );
  return answer.text;
}

async function refusals(): Promise<readonly string[]> {
  const entries = await bot.runs.auditEntries(0, 100);
  return entries.flatMap(({ entry }) => (entry.action === 'refusal' ? [entry.reason ?? ''] : []));
}

function approveOf(run: Waiting): SlackRequest {
  return bot.workspace.person('approver-1').clickRequest(target(run, 'gate.approve'));
}

/** The submission of the form for rejecting, as Slack sent it. Nothing of it is carried out here. */
async function submissionOf(run: Waiting): Promise<SlackRequest> {
  const approver = bot.workspace.person('approver-1');
  await approver.click(target(run, 'gate.reject'));
  const view = await bot.workspace.waitFor('the form', () => approver.view());
  const { request } = await approver.submit(view, { reason: 'no' }, { secret: 'only to have the request' });
  return request;
}

/** Seconds since 1970. */
function now(): number {
  return Math.floor(Date.now() / 1000);
}

describe('a signature', () => {
  test.each([
    ['older than 5 minutes', () => ({ timestamp: now() - 301 })],
    ['that is dated ahead', () => ({ timestamp: now() + 301 })],
    ['made with another secret', () => ({ secret: 'another-secret-altogether' })],
    ['that is missing', () => ({ headers: { 'x-slack-signature': '' } })],
  ])('%s: neither a click nor a form is taken', async (_name, how) => {
    const run = await waitingRun(bot);
    const form = await submissionOf(run);
    const answers = [await bot.workspace.bot.send(approveOf(run), how()), await bot.workspace.bot.send(form, how())];

    expect(answers.map(({ status }) => status)).toEqual([401, 401]);
    expect(await votesOn(bot, run.runId)).toEqual([]);
  });
});

describe('a click whose payload was edited', () => {
  test('in another channel than the card', async () => {
    const run = await waitingRun(bot);
    await bot.workspace.bot.send(altered(approveOf(run), '"C0OPS"', '"C0RANDOM"'));

    expect(await told('approver-1')).toContain(`It is not on the card of ${run.runId}.`);
    expect(await votesOn(bot, run.runId)).toEqual([]);
    expect(await refusals()).toEqual(['broken-button']);
  });

  test('on another message of the same channel', async () => {
    const run = await waitingRun(bot);
    await bot.workspace.bot.send(altered(approveOf(run), run.card.ts, '1700000000.000100'));

    expect(await told('approver-1')).toContain(`It is not on the card of ${run.runId}.`);
    expect(await votesOn(bot, run.runId)).toEqual([]);
  });

  test('an approver of another workspace with the same user id', async () => {
    const run = await waitingRun(bot);
    await bot.workspace.bot.send(altered(approveOf(run), 'T0DRYDOCK', 'T0FOREIGN'));

    expect(await told('approver-1')).toContain('Only people of this workspace may do that.');
    expect(await votesOn(bot, run.runId)).toEqual([]);
    expect(await refusals()).toEqual(['foreign-team']);
  });

  test('another action of the same button', async () => {
    const run = await waitingRun(bot);
    await bot.workspace.bot.send(altered(approveOf(run), 'gate.approve', 'gate.force'));

    expect(await told('approver-1')).toContain('Drydock has no such button.');
    expect(await votesOn(bot, run.runId)).toEqual([]);
  });
});

describe('a form whose private_metadata was edited', () => {
  test.each([
    ['another plan', SAMPLE_HASH.slice(0, 16), 'ffffffffffffffff', 'belongs to another plan'],
    ['another gate', '|approve|', '|none|', 'This run is not waiting for a decision'],
    ['no content of ours', '|approve|', '|approve|approve|', 'does not carry a valid request'],
  ])('%s', async (_name, from, to, words) => {
    const run = await waitingRun(bot);
    await bot.workspace.bot.send(altered(await submissionOf(run), from, to));

    expect(await told('approver-1')).toContain(words);
    expect(await votesOn(bot, run.runId)).toEqual([]);
    expect(await refusals()).toHaveLength(1);
  });

  test('another run', async () => {
    const run = await waitingRun(bot);
    const form = await submissionOf(run);
    await bot.workspace.bot.send(
      altered(form, `${run.runId}|approve|${SAMPLE_HASH.slice(0, 16)}`, 'defrag-prod-none|approve|0123456789abcdef'),
    );

    expect(await told('approver-1')).toContain('There is no such run');
    expect(await votesOn(bot, run.runId)).toEqual([]);
  });

  test('somebody else as who sent it: who may not decide does not', async () => {
    const run = await waitingRun(bot);
    await bot.workspace.bot.send(altered(await submissionOf(run), 'U0APPROVER1', 'U0STRANGER'));

    expect(await told('stranger')).toContain('You may not decide here.');
    expect(await votesOn(bot, run.runId)).toEqual([]);
  });
});
