import { describe, expect, onTestFinished, test } from 'vitest';
import { waitFor } from '../../../playground/waiting.ts';
import { CHANNELS } from '../../../playground/workspace/seed.ts';
import { startWorkspace, type Workspace } from '../../../playground/workspace/workspace.ts';
import { CONFIG, redisForTest, type Started, startDrydock, untilReady } from './support.ts';

/** The cluster's certificates are not there: the bot must not miss them. */
const WITH_TLS = CONFIG.replace(
  'endpoints: ["http://127.0.0.1:1"]',
  'endpoints: ["https://127.0.0.1:1"], tls: { ca: /nowhere/ca, cert: /nowhere/cert, key: /nowhere/key }',
);

async function workspaceForTest(): Promise<Workspace> {
  const workspace = await startWorkspace({ eventRetriesMs: [0] });
  onTestFinished(async () => {
    await workspace.stop();
  });
  return workspace;
}

async function startBot(workspace: Workspace, redisUrl: string, role = 'bot', yaml = CONFIG): Promise<Started> {
  const bot = await startDrydock(
    [role],
    {
      REDIS_URL: redisUrl,
      SLACK_BOT_TOKEN: workspace.botToken,
      SLACK_SIGNING_SECRET: workspace.signingSecret,
      SLACK_API_URL: workspace.apiUrl,
    },
    yaml,
  );
  workspace.bot.connect(bot.url);
  return bot;
}

function textsFor(workspace: Workspace, person: string): readonly string[] {
  const { id } = workspace.person(person);
  return workspace
    .messages(CHANNELS.ops)
    .filter((message) => message.ephemeralFor === id)
    .map((message) => JSON.stringify([message.text, message.blocks]));
}

describe('node src/app/main.ts bot', () => {
  test('answers people without any cluster credential, counts it, and ends with 0 on SIGTERM', async () => {
    const redis = await redisForTest();
    const workspace = await workspaceForTest();
    const bot = await startBot(workspace, redis.url, 'bot', WITH_TLS);
    await untilReady(bot);

    const delivery = await workspace.person('operator').command('/kube help');
    await workspace.waitFor('the help', () => textsFor(workspace, 'operator').some((text) => text.includes('defrag')));

    expect(delivery.status).toBe(200);
    const metrics = await (await fetch(`${bot.url}/metrics`)).text();
    expect(metrics).toContain('drydock_ack_seconds_count{kind="command"} 1');
    expect(metrics).toMatch(/drydock_slack_calls_total\{method="auth\.test",outcome="ok"\} 1/);
    expect(await bot.process.stop(25_000)).toEqual({ code: 0, signal: null });
  });

  test('refuses what Slack did not sign', async () => {
    const redis = await redisForTest();
    const workspace = await workspaceForTest();
    const bot = await startBot(workspace, redis.url);
    await untilReady(bot);

    const forged = await workspace.person('operator').command('/kube help', { secret: 'another secret' });
    const stale = await workspace.person('operator').command('/kube help', { timestamp: Date.now() / 1000 - 600 });

    expect([forged.status, stale.status]).toEqual([401, 401]);
    expect(textsFor(workspace, 'operator')).toEqual([]);
  });

  test('waits for Slack, putting requests off until Slack has told who the bot is', async () => {
    const redis = await redisForTest();
    const workspace = await workspaceForTest();
    workspace.faults.set('auth.test', { kind: 'status', status: 503 });
    const bot = await startBot(workspace, redis.url);
    await waitFor('an answer of /readyz', async () => (await bot.readyz()) === 503);
    const early = await workspace.person('operator').command('/kube help');

    workspace.faults.clear();
    await untilReady(bot);

    expect(early.status).toBe(503);
    expect((await workspace.person('operator').command('/kube help')).status).toBe(200);
  });

  test('does not start with a token that Slack refuses', async () => {
    const redis = await redisForTest();
    const workspace = await workspaceForTest();
    workspace.faults.set('auth.test', { kind: 'error', error: 'invalid_auth' });
    const bot = await startBot(workspace, redis.url);

    expect(await bot.process.ended).toMatchObject({ code: 69 });
    expect(bot.process.output()).toContain('Slack refuses the bot token (invalid_auth)');
    expect(bot.process.output()).not.toContain(workspace.botToken);
  });

  test('tells the person who asks when Redis is away, at the start and in the middle', async () => {
    const redis = await redisForTest();
    const workspace = await workspaceForTest();
    await redis.halt();
    const bot = await startBot(workspace, redis.url);
    await waitFor('Slack', () => bot.process.output().includes('Slack has told who the bot is'));

    await workspace.person('operator').command('/kube defrag prod');
    await workspace.waitFor('the answer', () =>
      textsFor(workspace, 'operator').some((text) => text.includes('cannot reach its store')),
    );
    await redis.start();
    await untilReady(bot);
    await redis.kill();
    await waitFor('503', async () => (await bot.readyz()) === 503);
    await workspace.person('operator').command('/kube defrag prod');
    await workspace.waitFor(
      'a second answer',
      () => textsFor(workspace, 'operator').filter((text) => text.includes('cannot reach its store')).length === 2,
    );

    expect(bot.process.end()).toBeUndefined();
  });
});

describe('Socket Mode', () => {
  test('a bot that cannot connect yet is alive, not ready, keeps the token to itself, and ends with 0 on SIGTERM', async () => {
    const redis = await redisForTest();
    const workspace = await workspaceForTest();
    const bot = await startDrydock(['bot'], {
      REDIS_URL: redis.url,
      SLACK_BOT_TOKEN: workspace.botToken,
      SLACK_APP_TOKEN: 'xapp-1-canary',
      SLACK_API_URL: workspace.apiUrl,
    });
    await waitFor('a try to connect', () => workspace.calls.some((call) => call.method === 'apps.connections.open'));

    expect(await bot.readyz()).toBe(503);
    expect((await fetch(`${bot.url}/healthz`)).status).toBe(200);
    expect(await bot.process.stop(25_000)).toEqual({ code: 0, signal: null });
    expect(bot.process.output()).not.toContain('canary');
  });
});

describe('node src/app/main.ts all', () => {
  test('carries a command out from request to card, and learns the team', async () => {
    const redis = await redisForTest();
    const workspace = await workspaceForTest();
    const all = await startBot(workspace, redis.url, 'all');
    await untilReady(all);

    await workspace.person('operator').command('/kube defrag prod');
    await workspace.waitFor('the end on the card', () =>
      workspace.messages(CHANNELS.ops).some((message) => JSON.stringify(message.blocks).includes('could not be read')),
    );

    expect(await all.process.stop(25_000)).toEqual({ code: 0, signal: null });
  });
});
