import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Message } from '../../../playground/workspace/model.ts';
import { startTestBot, type TestBot } from './bot.ts';

let bot: TestBot;

beforeEach(async () => {
  bot = await startTestBot();
});

afterEach(async () => {
  await bot.stop();
});

/** The ephemeral answers a person sees in a channel. */
function answersTo(name: string, channel = 'C0OPS'): readonly Message[] {
  return bot.workspace
    .person(name)
    .sees(channel)
    .filter((message) => message.ephemeralFor !== undefined);
}

async function answerTo(name: string, channel = 'C0OPS'): Promise<Message> {
  return await bot.workspace.waitFor('an answer', () => answersTo(name, channel)[0]);
}

async function cardOf(channel: string): Promise<Message> {
  return await bot.workspace.waitFor('a card', () =>
    bot.workspace.messages(channel).find((message) => message.metadata?.event_type === 'drydock_run'),
  );
}

describe('a slash command', () => {
  test('is acknowledged, recorded, and answered by its card where it was typed', async () => {
    const delivery = await bot.workspace.person('operator').command('/kube defrag prod --dry-run');
    const card = await cardOf('C0OPS');

    expect(delivery.status).toBe(200);
    expect(delivery.body).toBe('');
    const [runId] = await bot.runIds();
    expect(card.metadata?.event_payload).toEqual({ run: runId, version: 1, state: 'planning' });
    expect(card.text).toContain('prod');
    expect(answersTo('operator')).toEqual([]);
    expect(bot.acks.map((ack) => ack.kind)).toEqual(['command']);
  });

  test('in a channel without the bot gets its card in the ops channel, and a link', async () => {
    await bot.workspace.person('operator').command('/kube defrag prod', { channel: 'C0RANDOM' });
    const card = await cardOf('C0OPS');
    const answer = await answerTo('operator', 'C0RANDOM');

    expect(answer.text).toContain('<#C0OPS>');
    expect(answer.text).toContain(`/archives/C0OPS/p${card.ts.replace('.', '')}`);
    expect(answer.blocks[0]?.block_id).toMatch(/^answer\.ok\./);
  });

  test.each(['approve', 'cancel'])('%s of a run that the person may not see is refused and audited', async (verb) => {
    await bot.workspace.person('stranger').command(`/kube ${verb} defrag-prod-none`);
    await answerTo('stranger');

    const entries = await bot.runs.auditEntries(0, 10);

    expect(entries.map((each) => each.entry)).toMatchObject([
      { action: 'refusal', reason: 'unknown-run', actor: { user: 'U0STRANGER' } },
    ]);
  });

  test('by somebody without a role is refused for that person only, and audited', async () => {
    await bot.workspace.person('stranger').command('/kube defrag prod');
    const answer = await answerTo('stranger');

    expect(answer.blocks[0]?.block_id).toMatch(/^answer\.refused\./);
    expect(answer.text).toContain('No policy rule permits this.');
    expect(answer.text).toContain('You have no role');
    expect(await bot.runIds()).toEqual([]);
    const [entry] = await bot.runs.auditEntries(0, 10);
    expect(entry?.entry).toMatchObject({
      action: 'refusal',
      reason: 'not-permitted',
      cluster: 'prod',
      actor: { user: 'U0STRANGER' },
    });
  });

  test('with a mistake is answered with the word, the nearest command and the usage', async () => {
    await bot.workspace.person('operator').command('/kube defrag prod \u2014al');
    const answer = await answerTo('operator');

    expect(answer.blocks[0]?.block_id).toMatch(/^answer\.mistake\./);
    expect(answer.text).toContain('There is no flag --al here.');
    expect(answer.text).toContain('`/kube defrag prod --all`');
    expect(answer.text).toContain('Usage: `/kube defrag');
    expect(await bot.runIds()).toEqual([]);
  });

  test('on the etcd of a managed platform is refused in words, and audited', async () => {
    await bot.workspace.person('operator').command('/kube defrag cloud');
    const answer = await answerTo('operator');

    expect(answer.blocks[0]?.block_id).toMatch(/^answer\.refused\./);
    expect(answer.text).toContain('EKS runs etcd itself and shows nothing of it.');
    expect(await bot.runs.auditEntries(0, 10)).toMatchObject([
      { entry: { reason: 'not-applicable', cluster: 'cloud' } },
    ]);
  });

  test('for help is answered from the declaration', async () => {
    await bot.workspace.person('stranger').command('/kube help defrag');
    const answer = await answerTo('stranger');

    expect(answer.text).toContain('/kube defrag &lt;cluster&gt;');
    expect(answer.blocks[0]?.block_id).toMatch(/^answer\.ok\./);
  });

  test('delivered twice makes one run', async () => {
    const operator = bot.workspace.person('operator');
    const delivery = await operator.command('/kube defrag prod');
    await bot.workspace.bot.replay(delivery);
    await cardOf('C0OPS');

    expect(await bot.runIds()).toHaveLength(1);
  });

  test.each([
    ['forged', { secret: 'not-the-secret' }],
    ['stale', { timestamp: Math.floor(Date.now() / 1000) - 301 }],
  ])('%s is turned away and does nothing', async (_name, how) => {
    const delivery = await bot.workspace.person('operator').command('/kube defrag prod', how);

    expect(delivery.status).toBe(401);
    expect(await bot.runIds()).toEqual([]);
    expect(bot.logged.join('\n')).not.toContain(bot.workspace.signingSecret);
  });

  test('while the store is away is answered, not lost in silence', async () => {
    bot.runs.failures.setDown(true);
    await bot.workspace.person('operator').command('/kube defrag prod');
    const answer = await answerTo('operator');

    expect(answer.text).toContain('cannot reach its store');
    expect(answer.text).toContain('`/kube runs` shows it');
    bot.runs.failures.setDown(false);
  });

  test('that meets a bug is told so, and the store is not blamed', async () => {
    await bot.stop();
    bot = await startTestBot({
      policy: () => {
        throw new Error('the canary of a bug');
      },
    });
    await bot.workspace.person('operator').command('/kube defrag prod');
    const answer = await answerTo('operator');

    expect(answer.text).toContain('Something unexpected went wrong; it is logged.');
    expect(answer.text).not.toContain('Redis');
    expect(answer.text).not.toContain('canary');
    expect(bot.logged.join()).toContain('the canary of a bug');
  });
});

describe('a mention', () => {
  test('in a thread puts the card into that thread, once for all deliveries', async () => {
    const operator = bot.workspace.person('operator');
    const root = bot.workspace.state.post({ channel: 'C0INC', user: 'U0OPERATOR', text: 'etcd is slow' });
    const [delivery] = await operator.mention('defrag prod', { channel: 'C0INC', threadTs: root.ts });
    if (delivery !== undefined) await bot.workspace.bot.replay(delivery);
    const card = await cardOf('C0INC');

    expect(card.threadTs).toBe(root.ts);
    expect(await bot.runIds()).toHaveLength(1);
  });

  test('with a mistake is answered in that thread, for that person only', async () => {
    const root = bot.workspace.state.post({ channel: 'C0INC', user: 'U0OPERATOR', text: 'etcd is slow' });
    await bot.workspace.person('operator').mention('defrga prod', { channel: 'C0INC', threadTs: root.ts });
    const answer = await answerTo('operator', 'C0INC');

    expect(answer.threadTs).toBe(root.ts);
    expect(answer.text).toContain('`/kube defrag prod`');
  });

  test('as a direct message: the card goes to the ops channel, the link to the person', async () => {
    await bot.workspace.person('operator').message('defrag prod');
    await cardOf('C0OPS');
    const direct = bot.workspace.state.openDirect('U0OPERATOR');
    const answer = await bot.workspace.waitFor('the link', () =>
      bot.workspace.messages(direct.id).find((message) => message.user === 'U0DRYDOCK'),
    );

    expect(answer.text).toContain('/archives/C0OPS/');
  });
});
