import { afterEach, expect, test } from 'vitest';
import type { Message } from '../../../playground/workspace/model.ts';
import { decided, SAMPLE_GATE, SAMPLE_HASH, SAMPLE_REPORT, samplePlan, type Told } from '../../support/sample-run.ts';
import { APPROVALS, startTestBot, type TestBot } from './bot.ts';

let bot: TestBot;

afterEach(async () => {
  await bot.stop();
});

const PLANNED: Told = { type: 'planned', plan: samplePlan(), hash: SAMPLE_HASH };
const BEGUN: Told = { type: 'step-started', index: 0, attempt: 1 };
const FAILED: readonly Told[] = [
  PLANNED,
  BEGUN,
  {
    type: 'ended',
    outcome: 'needs-a-person',
    reason: 'member-silent',
    note: 'etcd-2 was silent for 15 min <!channel>',
    stepsDone: 0,
    stepsPlanned: 2,
  },
];

async function ask(count: number): Promise<string> {
  await bot.workspace.person('operator').command('/kube defrag prod');
  await expect.poll(async () => (await bot.runIds()).length, { timeout: 20_000, interval: 20 }).toBe(count);
  return (await bot.runIds()).at(-1) ?? '';
}

function incidents(): readonly Message[] {
  return bot.workspace.messages('C0INC').filter((message) => message.metadata?.event_type === 'drydock_incident');
}

async function incidentIs(state: string): Promise<Message> {
  return await bot.workspace.waitFor(`the incident to be ${state}`, () =>
    incidents().find((message) => message.metadata?.event_payload['state'] === state),
  );
}

/** A report that is newer than every ending so far. */
function healthyNow(): readonly Told[] {
  const report = { ...SAMPLE_REPORT, at: new Date(Date.now() + 1000).toISOString() };
  return [
    { type: 'step-done', index: 0, output: null, note: '' },
    { type: 'step-done', index: 1, output: report, note: '' },
    { type: 'ended', outcome: 'succeeded', reason: 'done', note: '', stepsDone: 2, stepsPlanned: 2 },
  ];
}

test('one message opens with the failure, names the run at work, and closes when the cluster is healthy', async () => {
  bot = await startTestBot();
  const first = await ask(1);
  await bot.tell(first, FAILED);
  const opened = await incidentIs('open');
  const second = await ask(2);
  const expiresAt = new Date(Date.now() + 1_800_000).toISOString();
  const gate = { ...SAMPLE_GATE, approvals: { ...APPROVALS }, choices: [] };
  await bot.tell(second, [PLANNED, { type: 'gate-opened', gate, hash: SAMPLE_HASH, expiresAt }]);
  const worked = await incidentIs('worked-on');
  await bot.tell(second, [...decided(0, 'approve', null).map(({ v: _v, at: _at, ...told }) => told), ...healthyNow()]);
  const closed = await incidentIs('closed');

  expect(opened.text).toContain('needs a person');
  expect(opened.text).toContain('No further member was touched.');
  expect(JSON.stringify(opened.blocks)).toContain(`|${first}>`);
  expect(JSON.stringify(opened)).not.toContain('<!channel>');
  expect(worked.text).toContain(`(\`${second}\`) is waiting for approver.`);
  expect(closed.text).toContain('healthy again');
  expect(closed.ts).toBe(opened.ts);
  expect(incidents()).toHaveLength(1);
});

test.each(['incident-announced', 'incident-posted'] as const)(
  'a projector that is killed at %s: its successor leaves exactly one message',
  async (point) => {
    bot = await startTestBot({ projector: false });
    const dying = bot.startProjector('bot-1', point);
    const run = await ask(1);
    await bot.tell(run, FAILED);
    await dying.died;
    await bot.cards.resign('slack-projector', 'bot-1');
    bot.startProjector('bot-2');
    await incidentIs('open');
    await expect.poll(async () => (await bot.cards.card(run))?.final, { timeout: 20_000, interval: 20 }).toBe(true);

    expect(incidents()).toHaveLength(1);
    expect((await bot.cards.incident('prod'))?.ts).toBe(incidents()[0]?.ts);
  },
);
