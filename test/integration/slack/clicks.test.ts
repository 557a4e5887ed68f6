import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { SAMPLE_HASH } from '../../support/sample-run.ts';
import { startTestBot, type TestBot } from './bot.ts';
import { answerTo, cardNow, stateOf, target, votesOn, type Waiting, waitingRun } from './waiting-run.ts';

let bot: TestBot;

beforeEach(async () => {
  bot = await startTestBot();
});

afterEach(async () => {
  await bot.stop();
});

describe('Approve', () => {
  test('by an approver settles the gate; the buttons are gone', async () => {
    const run = await waitingRun(bot);
    await bot.workspace.person('approver-1').click(target(run, 'gate.approve'));
    await bot.workspace.waitFor('the decision on the card', () => stateOf(cardNow(bot, run)) === 'running');

    expect(JSON.stringify(cardNow(bot, run)?.blocks)).toContain('Approved by <@U0APPROVER1>');
    expect(JSON.stringify(cardNow(bot, run)?.blocks)).not.toContain('gate.approve');
    expect(bot.acks.map((ack) => ack.kind)).toContain('action');
  });

  test.each([
    ['operator', 'You asked for this run, so you may not approve it.'],
    ['stranger', 'You may not decide here.'],
  ] as const)('by %s is refused for that person only', async (name, words) => {
    const run = await waitingRun(bot);
    await bot.workspace.person(name).click(target(run, 'gate.approve'));
    const answer = await answerTo(bot, name);

    expect(answer.text).toContain(words);
    expect(answer.blocks[0]?.block_id).toMatch(/^answer\.refused\./);
    expect(await votesOn(bot, run.runId)).toEqual([]);
  });

  test('delivered twice, and pressed again, counts once', async () => {
    const run = await waitingRun(bot);
    const approver = bot.workspace.person('approver-1');
    const request = approver.clickRequest(target(run, 'gate.approve'));
    const again = approver.clickRequest(target(run, 'gate.approve'));
    const delivery = await bot.workspace.bot.send(request);
    await bot.workspace.bot.replay(delivery);
    await bot.workspace.bot.send(again);
    const answer = await answerTo(bot, 'approver-1');

    expect(answer.text).toContain('This was already decided.');
    expect(await votesOn(bot, run.runId)).toHaveLength(1);
  });
});

describe('a button that was tampered with is refused and audited', () => {
  test.each([
    ['other content', () => 'rm -rf /', 'does not carry a valid request'],
    ['another plan', (run: Waiting) => `${run.runId}|approve|ffffffffffffffff`, 'belongs to another plan'],
    ['an unknown run', () => 'defrag-prod-none|approve|0123456789abcdef', 'There is no such run'],
  ])('%s', async (_name, value, words) => {
    const run = await waitingRun(bot);
    const request = bot.workspace.person('approver-1').clickRequest(target(run, 'gate.approve'), { value: value(run) });
    await bot.workspace.bot.send(request);
    const answer = await answerTo(bot, 'approver-1');

    expect(answer.text).toContain(words);
    expect(await votesOn(bot, run.runId)).toEqual([]);
    const entries = await bot.runs.auditEntries(0, 100);
    expect(entries.map((each) => each.entry.action)).toContain('refusal');
  });

  test('the value of another run on this card', async () => {
    const run = await waitingRun(bot);
    const other = await waitingRun(bot, '/kube defrag prod --all');
    const request = bot.workspace
      .person('approver-1')
      .clickRequest(target(run, 'gate.approve'), { value: `${other.runId}|approve|${SAMPLE_HASH.slice(0, 16)}` });
    await bot.workspace.bot.send(request);
    const answer = await answerTo(bot, 'approver-1');

    expect(answer.text).toContain(`It is not on the card of ${other.runId}.`);
    expect(await votesOn(bot, other.runId)).toEqual([]);
  });

  test('a person of another workspace', async () => {
    const run = await waitingRun(bot);
    const { body, contentType } = bot.workspace.person('approver-1').clickRequest(target(run, 'gate.approve'));
    const payload = new URLSearchParams(body).get('payload')?.replaceAll('T0DRYDOCK', 'T0FOREIGN') ?? '';
    await bot.workspace.bot.send({ contentType, body: new URLSearchParams({ payload }).toString() });
    const answer = await answerTo(bot, 'approver-1');

    expect(answer.text).toContain('Only people of this workspace may do that.');
    expect(await votesOn(bot, run.runId)).toEqual([]);
  });
});

describe('Reject', () => {
  test('asks for the reason in a modal; the reason is on the card and in the thread', async () => {
    const run = await waitingRun(bot);
    const approver = bot.workspace.person('approver-1');
    await approver.click(target(run, 'gate.reject'));
    const view = await bot.workspace.waitFor('the modal', () => approver.view());
    await approver.submit(view, { reason: 'not during the release <!channel>' });
    await bot.workspace.waitFor('the reason on the card', () =>
      JSON.stringify(cardNow(bot, run)?.blocks).includes('not during the release &lt;!channel&gt;'),
    );
    await bot.workspace.waitFor('the reason in the thread', () =>
      bot.workspace
        .messages('C0OPS')
        .some((message) => message.threadTs === run.card.ts && message.text.includes('> not during the release')),
    );

    expect(view.callbackId).toBe('gate.reject');
    expect(view.privateMetadata).toBe(`${run.runId}|approve|${SAMPLE_HASH.slice(0, 16)}`);
    expect(await votesOn(bot, run.runId)).toMatchObject([{ verdict: 'reject', actor: { user: 'U0APPROVER1' } }]);
  });

  test('by somebody who may not decide opens no modal', async () => {
    const run = await waitingRun(bot);
    const stranger = bot.workspace.person('stranger');
    await stranger.click(target(run, 'gate.reject'));
    const answer = await answerTo(bot, 'stranger');

    expect(answer.text).toContain('You may not decide here.');
    expect(stranger.view()).toBeUndefined();
  });

  test('whose form Slack does not open gives the person a word, and the command to type', async () => {
    const run = await waitingRun(bot);
    bot.workspace.faults.set('views.open', { kind: 'status', status: 500 });
    await bot.workspace.person('approver-1').click(target(run, 'gate.reject'));
    const answer = await answerTo(bot, 'approver-1');

    expect(answer.text).toContain('Slack did not open the form. Nothing was changed.');
    expect(answer.text).toContain(`/kube reject ${run.runId}`);
    expect(bot.calls.filter((call) => call.method === 'views.open')).toHaveLength(1);
  });

  test('submitted after somebody approved is refused', async () => {
    const run = await waitingRun(bot);
    const late = bot.workspace.person('approver-2');
    await late.click(target(run, 'gate.reject'));
    const view = await bot.workspace.waitFor('the modal', () => late.view());
    await bot.workspace.person('approver-1').click(target(run, 'gate.approve'));
    await bot.workspace.waitFor('the decision', () => stateOf(cardNow(bot, run)) === 'running');
    await late.submit(view, { reason: 'too late' });
    const answer = await answerTo(bot, 'approver-2');

    expect(answer.text).toContain('This was already decided.');
    expect(answer.text).toContain('<@U0APPROVER1>');
  });
});

describe('Cancel', () => {
  test('by the person who asked stops the run; the buttons are gone', async () => {
    const run = await waitingRun(bot);
    await bot.workspace.person('operator').click(target(run, 'run.cancel'));
    await bot.workspace.waitFor('the word on the card', () =>
      JSON.stringify(cardNow(bot, run)?.blocks).includes('Stopping at the next safe point'),
    );

    expect(JSON.stringify(cardNow(bot, run)?.blocks)).not.toContain('run.cancel');
  });

  test('by the person who asked: whoever decides later is told that the run is stopping', async () => {
    const run = await waitingRun(bot);
    const late = bot.workspace.person('approver-1').clickRequest(target(run, 'gate.approve'));
    await bot.workspace.person('operator').click(target(run, 'run.cancel'));
    await bot.workspace.waitFor('the word on the card', () =>
      JSON.stringify(cardNow(bot, run)?.blocks).includes('Stopping at the next safe point'),
    );
    await bot.workspace.bot.send(late);

    expect((await answerTo(bot, 'approver-1')).text).toContain('This run is stopping. Your answer changed nothing.');
  });

  test('by a stranger is refused', async () => {
    const run = await waitingRun(bot);
    await bot.workspace.person('stranger').click(target(run, 'run.cancel'));

    expect((await answerTo(bot, 'stranger')).text).toContain(
      'Only the person who asked, or an approver, may cancel this run.',
    );
  });
});

test('approve, reject and cancel work as typed words too', async () => {
  const run = await waitingRun(bot);
  await bot.workspace.person('approver-1').command(`/kube approve ${run.runId}`);
  const answer = await answerTo(bot, 'approver-1');

  expect(answer.text).toContain(`You approved ${run.runId}.`);
  expect(await votesOn(bot, run.runId)).toHaveLength(1);
});
