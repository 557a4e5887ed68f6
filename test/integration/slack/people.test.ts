import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { SlackRequest } from '../../../playground/workspace/bot-link.ts';
import { addPeople, USERS } from '../../contract/people/users.ts';
import { startTestBot, type TestBot } from './bot.ts';

let bot: TestBot;

beforeEach(async () => {
  bot = await startTestBot({ projector: false });
  addPeople(bot.workspace);
});

afterEach(async () => {
  await bot.stop();
});

/** Refusals in the audit log: who, why, what. */
async function refusals() {
  const entries = await bot.runs.auditEntries(0, 100);
  return entries
    .filter(({ entry }) => entry.action === 'refusal')
    .map(({ entry }) => [entry.actor?.user, entry.reason, entry.detail['text']]);
}

async function told(user: string): Promise<string> {
  return await bot.workspace.waitFor(`an answer to ${user}`, () =>
    bot.workspace
      .messages('C0OPS')
      .find((message) => message.ephemeralFor === user && JSON.stringify(message.blocks).length > 2)
      ?.blocks.map((block) => JSON.stringify(block))
      .join(' '),
  );
}

/** A request of Slack that no person of the workspace could make. */
function payload(body: object): SlackRequest {
  const fields = { payload: JSON.stringify(body) };
  return { contentType: 'application/x-www-form-urlencoded', body: new URLSearchParams(fields).toString() };
}

const NOT_MEMBERS = [
  ['guest', 'not-a-member', /You are a guest of this workspace/],
  ['deactivated', 'not-a-member', /Your account is deactivated/],
  ['foreign', 'foreign-team', /not of the workspace that this Drydock serves/],
] as const;

describe.each(NOT_MEMBERS)('somebody %s', (standing, reason, words) => {
  test.each(['/kube status prod', '/kube help', '/kube'])('is refused %s in words, and audited', async (line) => {
    const delivery = await bot.workspace.person(USERS[standing]).command(line);

    expect(delivery.status).toBe(200);
    expect(await told(USERS[standing])).toMatch(words);
    expect(await refusals()).toEqual([[USERS[standing], reason, line]]);
    expect(await bot.runIds()).toEqual([]);
  });

  test('is refused a mention', async () => {
    await bot.workspace.person(USERS[standing]).mention('status prod');

    expect(await told(USERS[standing])).toMatch(words);
    expect(await refusals()).toEqual([[USERS[standing], reason, expect.stringContaining('status prod')]]);
  });

  test('is refused a click on a message and a form', async () => {
    const user = { id: USERS[standing], team_id: standing === 'foreign' ? 'T0PARTNER' : 'T0DRYDOCK' };
    const common = { user, team: { id: 'T0DRYDOCK' }, trigger_id: '1.2' };
    await bot.workspace.bot.send(
      payload({
        ...common,
        type: 'block_actions',
        channel: { id: 'C0OPS' },
        container: { message_ts: '1.000001' },
        actions: [{ action_id: 'gate.approve', value: 'defrag-prod-7f3k|approve|0123456789abcdef' }],
      }),
    );
    await bot.workspace.bot.send(
      payload({
        ...common,
        type: 'view_submission',
        view: { id: 'V1', hash: 'h', callback_id: 'gate.reject', private_metadata: 'x', state: { values: {} } },
      }),
    );

    await expect.poll(refusals).toEqual([
      [USERS[standing], reason, 'button gate.approve of defrag-prod-7f3k'],
      [USERS[standing], reason, 'form gate.reject'],
    ]);
  });
});

test('a person is looked up once a minute, however many commands come', async () => {
  const operator = bot.workspace.person('operator');
  for (const line of ['/kube help', '/kube clusters', '/kube runs']) await operator.command(line);

  // More where Slack delivers a command again, because its acknowledgement took too long.
  const answers = () => bot.calls.filter(({ method }) => method === 'response_url').length;
  await expect.poll(answers).toBeGreaterThanOrEqual(3);
  expect(bot.calls.filter(({ method }) => method === 'users.info')).toHaveLength(1);
});

test('the acknowledgement does not wait for Slack to say who it is', async () => {
  bot.workspace.faults.set('users.info', { kind: 'hang' });
  const delivery = await bot.workspace.person('operator').command('/kube status prod');

  expect(delivery.status).toBe(200);
  expect(await told(USERS.member)).toMatch(/did not say who .* is \(no answer in time\)/);
  expect(await refusals()).toEqual([[USERS.member, 'people-unreadable', '/kube status prod']]);
  expect(await bot.runIds()).toEqual([]);
});

test('whom Slack does not know may do nothing', async () => {
  const id = 'U0STRANGER';
  const person = bot.workspace.person(id);
  bot.workspace.state.users.delete(id);
  await person.command('/kube status prod');

  expect(await told(id)).toMatch(/does not know you as a member/);
});

describe.each([
  ['another bot', USERS.bot],
  ['a workflow', 'U0FLOW'],
])('%s', (_what, id) => {
  test('that mentions the bot is refused in the audit log, and gets no answer to answer to', async () => {
    await bot.workspace.person(id).mention('defrag prod');

    await expect.poll(refusals).toEqual([[id, 'not-a-member', '<@U0DRYDOCK> defrag prod']]);
    await expect.poll(() => bot.logged.some((line) => line.includes('a bot or a workflow was refused'))).toBe(true);
    expect(bot.calls).toEqual([]);
    expect(await bot.runIds()).toEqual([]);
  });
});
