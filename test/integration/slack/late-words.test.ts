import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { View } from '../../../playground/workspace/model.ts';
import { SAMPLE_REPORT, type Told } from '../../support/sample-run.ts';
import { startTestBot, type TestBot } from './bot.ts';
import { answerTo, cardNow, cardsOf, stateOf, target, votesOn, type Waiting, waitingRun } from './waiting-run.ts';

let bot: TestBot;

beforeEach(async () => {
  bot = await startTestBot();
});

afterEach(async () => {
  await bot.stop();
});

const EXPIRED: readonly Told[] = [
  { type: 'ended', outcome: 'expired', reason: 'gate-expired', note: '', stepsDone: 0, stepsPlanned: 2 },
];
const SUCCEEDED: readonly Told[] = [
  { type: 'step-started', index: 0, attempt: 1 },
  { type: 'step-done', index: 0, output: null, note: '' },
  { type: 'step-done', index: 1, output: SAMPLE_REPORT, note: '' },
  { type: 'ended', outcome: 'succeeded', reason: 'done', note: '', stepsDone: 2, stepsPlanned: 2 },
];

/** A run at its gate, and the form that a button of its card opened for approver-2. */
async function formOf(
  actionId: string,
  expected: string | null,
): Promise<{ readonly run: Waiting; readonly view: View }> {
  const run = await waitingRun(bot, '/kube defrag prod', { expect: expected });
  const person = bot.workspace.person('approver-2');
  await person.click(target(run, actionId));
  return { run, view: await bot.workspace.waitFor('the form', () => person.view()) };
}

async function end(run: Waiting, events: readonly Told[]): Promise<void> {
  await bot.tell(run.runId, events);
  await bot.workspace.waitFor('the end on the card', () => cardsOf(bot).some((card) => stateOf(card) === 'ended'));
}

describe.each([
  ['a reason to reject', 'gate.reject', null, 'reason'],
  ['the typed word', 'gate.answer', 'prod', 'answer'],
] as const)('%s, submitted', (_what, actionId, expected, field) => {
  test.each([
    ['after nobody decided in time', EXPIRED],
    ['after the run was done', SUCCEEDED],
  ] as const)('%s: the person is told that it changed nothing', async (_when, events) => {
    const { run, view } = await formOf(actionId, expected);
    await end(run, events);
    await bot.workspace.person('approver-2').submit(view, { [field]: 'prod' });
    const answer = await answerTo(bot, 'approver-2');

    expect(answer.text).toContain('This run has ended. Your answer changed nothing.');
    expect(answer.blocks[0]?.block_id).toMatch(/^answer\.refused\./);
    expect(await votesOn(bot, run.runId)).toEqual([]);
    const entries = await bot.runs.auditEntries(0, 100);
    expect(entries.map(({ entry }) => entry.reason)).toContain('run-ended');
  });

  test('after the card was deleted: it counts, and the new card shows it', async () => {
    const { run, view } = await formOf(actionId, expected);
    bot.workspace.state.remove(run.card);
    await bot.workspace.person('approver-2').submit(view, { [field]: 'prod' });
    await bot.workspace.waitFor('a new card', () => cardsOf(bot).length > 0);

    expect(await votesOn(bot, run.runId)).toHaveLength(1);
    expect(JSON.stringify(cardsOf(bot)[0]?.blocks)).toContain('<@U0APPROVER2>');
  });
});

test('a word typed at a gate by somebody who is in no channel with the bot is answered directly', async () => {
  const { run, view } = await formOf('gate.answer', 'prod');
  await end(run, EXPIRED);
  bot.workspace.state.channels.get('C0OPS')?.members.delete('U0APPROVER2');
  await bot.workspace.person('approver-2').submit(view, { answer: 'prod' });
  const direct = bot.workspace.state.openDirect('U0APPROVER2').id;
  const answer = await bot.workspace.waitFor('the answer', () => bot.workspace.messages(direct)[0]);

  expect(answer.text).toContain('This run has ended. Your answer changed nothing.');
});

test('the form of commands, filled in with a run that has ended meanwhile: the person is told so', async () => {
  const run = await waitingRun(bot);
  const person = bot.workspace.person('operator');
  await person.command('/kube');
  const first = await bot.workspace.waitFor('the form', () => person.view());
  await person.submit(first, { command: 'cancel' });
  const second = await bot.workspace.waitFor('the arguments', () => {
    const view = person.view();
    return view?.title === 'Arguments' && view;
  });
  await end(run, EXPIRED);
  await person.submit(second, { run: run.runId });
  const told = await bot.workspace.waitFor('the answer', () => {
    const seen = JSON.stringify([person.view()?.blocks, person.sees('C0OPS').filter((each) => each.ephemeralFor)]);
    return seen.includes('This run has ended.') && seen;
  });

  expect(told).toContain('Your answer changed nothing.');
  expect(JSON.stringify(cardNow(bot, run)?.blocks)).not.toContain('Stopping');
});
