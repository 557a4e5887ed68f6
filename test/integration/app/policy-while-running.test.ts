import { writeFile } from 'node:fs/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { waitFor } from '../../../playground/waiting.ts';
import { CHANNELS } from '../../../playground/workspace/seed.ts';
import { startWorkspace, type Workspace } from '../../../playground/workspace/workspace.ts';
import { CONFIG, redisForTest, type Started, startDrydock, untilReady } from './support.ts';

const WITH_GROUP = CONFIG.replace('operator: { users: [U0OPERATOR] }', 'operator: { groups: [S0PLATFORM] }');

async function workspaceForTest(): Promise<Workspace> {
  const workspace = await startWorkspace({ eventRetriesMs: [0] });
  onTestFinished(async () => {
    await workspace.stop();
  });
  return workspace;
}

async function startBot(workspace: Workspace, redisUrl: string, yaml: string): Promise<Started> {
  const env = {
    REDIS_URL: redisUrl,
    SLACK_BOT_TOKEN: workspace.botToken,
    SLACK_SIGNING_SECRET: workspace.signingSecret,
    SLACK_API_URL: workspace.apiUrl,
  };
  const bot = await startDrydock(['bot'], env, yaml);
  workspace.bot.connect(bot.url);
  return bot;
}

/** What the bot answered a person last, once it did. */
async function answered(workspace: Workspace, person: 'operator' | 'stranger', line: string): Promise<string> {
  const { id } = workspace.person(person);
  const answers = () => workspace.messages(CHANNELS.ops).filter((message) => message.ephemeralFor === id);
  const before = answers().length;
  await workspace.person(person).command(line);
  return await workspace.waitFor('an answer', () => {
    const newest = answers().slice(before).at(-1);
    return newest === undefined ? undefined : JSON.stringify([newest.text, newest.blocks]);
  });
}

describe('a bot whose roles have user groups', () => {
  test('does not start when Slack knows no such group, and says so', async () => {
    const [redis, workspace] = await Promise.all([redisForTest(), workspaceForTest()]);
    const bot = await startBot(workspace, redis.url, WITH_GROUP.replace('S0PLATFORM', 'S0GONE'));
    const end = await waitFor('its end', () => bot.process.end());

    expect(end).toEqual({ code: 69, signal: null });
    expect(bot.process.output()).toMatch(/Drydock does not start. A role has a Slack user group that cannot be read/);
    expect(bot.process.output()).toMatch(/user group S0GONE: there is no such group, or it is disabled/);
  });

  test('waits while Slack does not answer, then people have the role by the group', async () => {
    const [redis, workspace] = await Promise.all([redisForTest(), workspaceForTest()]);
    workspace.faults.set('usergroups.users.list', { kind: 'status', status: 500 });
    const bot = await startBot(workspace, redis.url, WITH_GROUP);
    await waitFor('it waits', () => bot.process.output().includes('waiting for the members of user groups'));
    expect(await bot.readyz()).toBe(503);
    workspace.faults.clear();
    await untilReady(bot);

    expect(await answered(workspace, 'operator', '/kube clusters')).toContain('prod');
    expect(await answered(workspace, 'stranger', '/kube clusters')).not.toContain('prod');
  });
});

test('SIGHUP puts a changed policy in force; a broken file is refused in the log, the metrics and the audit', async () => {
  const [redis, workspace] = await Promise.all([redisForTest(), workspaceForTest()]);
  const bot = await startBot(workspace, redis.url, CONFIG);
  await untilReady(bot);
  expect(await answered(workspace, 'stranger', '/kube clusters')).not.toContain('prod');
  await writeFile(bot.file, CONFIG.replace('[U0OPERATOR]', '[U0OPERATOR, U0STRANGER]'));
  bot.process.signal('SIGHUP');
  await waitFor('the policy', () => bot.process.output().includes('a changed policy is in force'));

  expect(await answered(workspace, 'stranger', '/kube clusters')).toContain('prod');
  await writeFile(bot.file, CONFIG.replace('allow: [operator]', 'allow: [nobody]'));
  await waitFor('the refusal', () => bot.process.output().includes('the changed configuration file was refused'));
  expect(await answered(workspace, 'stranger', '/kube clusters')).toContain('prod');
  const metrics = await (await fetch(`${bot.url}/metrics`)).text();
  expect(metrics).toContain('drydock_policy_reloads_total{outcome="taken"} 1');
  expect(metrics).toContain('drydock_policy_reloads_total{outcome="refused"} 1');
});
