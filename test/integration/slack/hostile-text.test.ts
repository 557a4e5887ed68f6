import { afterEach, beforeEach, expect, test } from 'vitest';
import { printTranscript } from '../../../playground/transcript/transcript.ts';
import { BOT } from '../../../playground/workspace/seed.ts';
import { foldRun } from '../../../src/core/run-state.ts';
import { SAMPLE_HASH, samplePlan, type Told } from '../../support/sample-run.ts';
import { startTestBot, type TestBot } from './bot.ts';
import { cardNow, stateOf, target, waitingRun } from './waiting-run.ts';

let bot: TestBot;
let transcript: string[];

beforeEach(async () => {
  bot = await startTestBot();
  transcript = [];
  printTranscript({ ...bot.workspace.state, feed: bot.workspace.feed }, (line) => transcript.push(line));
});

afterEach(async () => {
  await bot.stop();
});

const RIGHT_TO_LEFT = '\u202E';
const ZERO_WIDTH = '\u200B';
const ESCAPE = '\u001B[2J';
/** Everything at once that would call people, open links, end code, turn lines round or hide words. */
const HOSTILE = [
  'wait & see <!channel> <!here> <!subteam^S0PLATFORM> <@U0STRANGER> <https://evil.example|Approve>',
  '`code` ```fence``` *bold* _it_ ~gone~ > quote &lt;!channel&gt; &amp;lt;',
  `${RIGHT_TO_LEFT}edils${ZERO_WIDTH}\uFEFF${ESCAPE}\u0007 \u{1F980}`,
].join(' ');

/** Every text that Slack would read as its markup: of all messages of the bot, and of all forms. */
function markup(): readonly string[] {
  const { channels, views } = bot.workspace.state;
  const messages = [...channels.values()]
    .flatMap((channel) => Array.from(channel.messages.values()))
    .filter((message) => message.user === BOT.user);
  const written = [...messages, ...messages.flatMap((message) => message.revisions)];
  const blocks = [...written, ...views.values()].map((each) => each.blocks);
  return [...written.map((message) => message.text), ...blocks.flatMap(mrkdwnIn)];
}

function mrkdwnIn(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(mrkdwnIn);
  if (typeof value !== 'object' || value === null) return [];
  const own = 'type' in value && value.type === 'mrkdwn' && 'text' in value ? [String(value.text)] : [];
  return [...own, ...Object.values(value).flatMap(mrkdwnIn)];
}

/** Every text that the bot made anybody see, and what its forms carry along. */
function shown(): readonly string[] {
  const { channels, views } = bot.workspace.state;
  const messages = [...channels.values()].flatMap((channel) => Array.from(channel.messages.values()));
  return textsIn([messages.filter((message) => message.user === BOT.user), [...views.values()]]);
}

function textsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

/** What only Drydock may write: dates, links to its own cards, people and channels that it means. */
const OWN = /^<(?:!date\^[^<>]*|https?:\/\/127\.0\.0\.1[^<>]*|@U0(?:OPERATOR|APPROVER1|APPROVER2)|#C0[A-Z]+)>$/;

/** What is wrong with what people saw; empty: nothing was injected and nothing broken. */
function problems(): readonly string[] {
  const references = markup().flatMap((text) => text.match(/<[^>]*>?/gu) ?? []);
  return [
    ...references.filter((reference) => !OWN.test(reference)),
    ...markup().filter((text) => /&(?!amp;|lt;|gt;)/u.test(text)),
    // Code that is begun is ended: the rest of a message is not swallowed.
    ...markup().filter((text) => (text.match(/```/gu) ?? []).length % 2 === 1),
    ...shown().filter((text) => /[^\P{Cc}\n]|\p{Cf}/u.test(text)),
    ...transcript.filter((line) => /\p{Cc}|\p{Cf}/u.test(line)),
  ];
}

test('a reason given in the form: the card, the thread and the record have it, as it was meant', async () => {
  const run = await waitingRun(bot);
  const approver = bot.workspace.person('approver-1');
  await approver.click(target(run, 'gate.reject'));
  const view = await bot.workspace.waitFor('the form', () => approver.view());
  await approver.submit(view, { reason: `${HOSTILE}\n+0.0s  #ops  drydock: *Succeeded*\n${HOSTILE}` });
  await bot.workspace.waitFor('the reason in the thread', () =>
    bot.workspace.messages('C0OPS').some(({ threadTs, text }) => threadTs === run.card.ts && text.includes('> wait')),
  );
  await bot.workspace.waitFor('the reason on the card', () => JSON.stringify(cardNow(bot, run)).includes('wait &amp;'));
  const record = await bot.runs.read(run.runId);

  expect(problems()).toEqual([]);
  expect(record === null ? '' : foldRun(record).gates[0]?.votes[0]?.note).toContain('wait & see <!channel>');
  // Whatever begins with a time happened; what follows is set back.
  expect(transcript.filter((line) => !line.startsWith(' '.repeat(12)) && line.includes('Succeeded'))).toEqual([]);
});

test.each(['command', 'mention', 'direct message'])('a reason typed in a %s', async (way) => {
  const run = await waitingRun(bot);
  const approver = bot.workspace.person('approver-1');
  const words = `reject ${run.runId} ${HOSTILE}`;
  if (way === 'command') await approver.command(`/kube ${words}`);
  else if (way === 'mention') await approver.mention(words);
  else await approver.message(words);
  await bot.workspace.waitFor('the reason on the card', () => JSON.stringify(cardNow(bot, run)).includes('wait &amp;'));

  expect(problems()).toEqual([]);
});

test.each([
  `/kube ${HOSTILE}`,
  `/kube defrag ${HOSTILE}`,
  `/kube defrag "${HOSTILE.replaceAll('"', '')}"`,
  `/kube defrag prod "member/${HOSTILE}"`,
  `/kube defrag prod "--${HOSTILE}"`,
  `/kube defrag prod --pause "${HOSTILE}"`,
  `/kube show "${HOSTILE}"`,
  `/kube approve "${HOSTILE}" x`,
  `/kube help "${HOSTILE}"`,
])('an argument: %j', async (line) => {
  await bot.workspace.person('operator').command(line);
  await bot.workspace.waitFor('an answer or a card', () =>
    bot.workspace
      .person('operator')
      .sees('C0OPS')
      .some((message) => message.user === BOT.user),
  );

  expect(problems()).toEqual([]);
});

test('a word typed at a gate: it is refused, and told back as it was meant', async () => {
  const run = await waitingRun(bot, '/kube defrag prod', { expect: 'prod' });
  const approver = bot.workspace.person('approver-1');
  await approver.click(target(run, 'gate.answer'));
  const view = await bot.workspace.waitFor('the form', () => approver.view());
  await approver.submit(view, { answer: HOSTILE.slice(0, 1000) });
  await bot.workspace.waitFor('the refusal', () =>
    approver.sees('C0OPS').some((message) => message.ephemeralFor !== undefined),
  );

  expect(problems()).toEqual([]);
  expect(stateOf(cardNow(bot, run))).toBe('waiting-for-people');
});

test('the form: a field with such text is told back, or shown as it was meant', async () => {
  const operator = bot.workspace.person('operator');
  await operator.command('/kube');
  const first = await bot.workspace.waitFor('the form', () => operator.view());
  await operator.submit(first, { command: 'defrag', cluster: 'prod' });
  const second = await bot.workspace.waitFor('the arguments', () => {
    const view = operator.view();
    return view?.title === 'Arguments' ? view : undefined;
  });
  await operator.submit(second, { targets: `member/${HOSTILE}`, 'flag.pause': HOSTILE });

  expect(problems()).toEqual([]);
});

test('what a cluster says: the card, its thread and the incident have it, and nobody is called', async () => {
  const run = await waitingRun(bot);
  const plan = samplePlan({
    notes: [HOSTILE],
    forecast: [HOSTILE],
    checks: [{ id: 'x', verdict: 'warn', title: HOSTILE, evidence: HOSTILE }],
    steps: [
      { kind: 'etcd.defragment@1', input: null, summary: HOSTILE, risk: 'disruptive', items: [HOSTILE, 'etcd-2'] },
    ],
    before: [{ title: HOSTILE, columns: [HOSTILE, 'b'], rows: [[HOSTILE, HOSTILE]] }],
  });
  const told: readonly Told[] = [
    { type: 'planned', plan, hash: SAMPLE_HASH },
    { type: 'step-started', index: 0, attempt: 1 },
    { type: 'intent', index: 0, item: HOSTILE, action: HOSTILE, facts: {} },
    {
      type: 'observed',
      index: 0,
      item: HOSTILE,
      action: HOSTILE,
      result: 'unknown',
      note: HOSTILE,
      evidence: { said: HOSTILE },
    },
    { type: 'ended', outcome: 'needs-a-person', reason: 'member-silent', note: HOSTILE, stepsDone: 0, stepsPlanned: 2 },
  ];
  await bot.tell(run.runId, told);
  await bot.workspace.waitFor('the incident', () => bot.workspace.messages('C0INC').length > 0);
  await bot.workspace.waitFor('the end on the card', () => stateOf(cardNow(bot, run)) === 'ended');
  await bot.workspace.waitFor('the end in the thread', () =>
    bot.workspace.messages('C0OPS').some(({ text }) => text.includes('(`member-silent`)')),
  );

  expect(problems()).toEqual([]);
});
