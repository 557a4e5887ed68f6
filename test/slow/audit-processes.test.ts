import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { makeTemporaryDirectory, removeDirectory } from '../../playground/directories.ts';
import type { PlaygroundRedis } from '../../playground/redis.ts';
import { waitFor } from '../../playground/waiting.ts';
import { CHANNELS } from '../../playground/workspace/seed.ts';
import { startWorkspace, type Workspace } from '../../playground/workspace/workspace.ts';
import { canonicalDigest } from '../../src/adapters/runtime/canonical-digest.ts';
import { readAnchor } from '../../src/core/audit-chain.ts';
import { verifyChain } from '../../src/core/audit-verify.ts';
import { CONFIG, redisForTest, type Started, startDrydock, untilReady } from '../integration/app/support.ts';

vi.setConfig({ testTimeout: 150_000 });

const WITH_CHANNEL = CONFIG.replace('ops: C0OPS', 'ops: C0OPS, audit: C0AUDIT');

interface Scene {
  readonly redis: PlaygroundRedis;
  readonly workspace: Workspace;
  readonly folder: string;
  readonly mirror: string;
  start(yaml?: string): Promise<Started>;
}

async function createScene(): Promise<Scene> {
  const redis = await redisForTest();
  const folder = await makeTemporaryDirectory('mirror');
  const workspace = await startWorkspace({ eventRetriesMs: [0] });
  onTestFinished(async () => {
    await workspace.stop();
    await removeDirectory(folder);
  });
  const mirror = join(folder, 'audit.jsonl');
  const audit = `audit: { mirror: ${mirror}, anchorEvery: 60s, anchors: { type: file, path: ${join(folder, 'anchors')} } }\n`;
  const env = {
    REDIS_URL: redis.url,
    SLACK_BOT_TOKEN: workspace.botToken,
    SLACK_SIGNING_SECRET: workspace.signingSecret,
    SLACK_API_URL: workspace.apiUrl,
  };
  return {
    redis,
    workspace,
    folder,
    mirror,
    start: async (yaml = `${WITH_CHANNEL}${audit}`) => {
      const bot = await startDrydock(['bot'], env, yaml);
      workspace.bot.connect(bot.url);
      await untilReady(bot);
      return bot;
    },
  };
}

/** Lets somebody be refused, so that there is one more entry. */
async function refuse({ workspace }: Scene): Promise<void> {
  const stranger = workspace.person('stranger');
  const before = answersTo(workspace);
  await stranger.command('/kube defrag prod');
  await waitFor('the refusal', () => answersTo(workspace) > before);
}

function answersTo(workspace: Workspace): number {
  const { id } = workspace.person('stranger');
  return workspace.messages(CHANNELS.ops).filter((message) => message.ephemeralFor === id).length;
}

function linesIn(path: string): number {
  return existsSync(path) ? readFileSync(path, 'utf8').split('\n').length - 1 : 0;
}

/** Names of the anchors; what a killed bot left unfinished is none. */
function anchorsIn({ folder }: Scene): readonly string[] {
  const place = join(folder, 'anchors');
  return existsSync(place) ? readdirSync(place).filter((name) => name.endsWith('.anchor')) : [];
}

function toldIn({ workspace }: Scene): readonly string[] {
  return workspace.messages(CHANNELS.audit).map((message) => message.text);
}

test('a bot mirrors, anchors and tells the log; killed and started again it goes on, with nothing lost or twice', async () => {
  const scene = await createScene();
  const first = await scene.start();
  await refuse(scene);
  await refuse(scene);
  await waitFor('two lines in the mirror', () => linesIn(scene.mirror) === 2);
  await waitFor('two messages in the audit channel', () => toldIn(scene).length === 2);
  await waitFor('an anchor', () => anchorsIn(scene).length > 0);
  await first.process.kill();

  const second = await scene.start();
  await refuse(scene);
  await waitFor('the third line in the mirror', () => linesIn(scene.mirror) === 3, { timeoutMs: 45_000 });
  await waitFor('the third message in the audit channel', () => toldIn(scene).length === 3, { timeoutMs: 45_000 });
  expect(await second.process.stop(25_000)).toEqual({ code: 0, signal: null });

  const [name = ''] = anchorsIn(scene);
  const [text = ''] = readFileSync(join(scene.folder, 'anchors', name), 'utf8').split(' ');
  const anchor = readAnchor(text);
  const anchors = anchor === null ? [] : [anchor];
  const log = readFileSync(scene.mirror, 'utf8');
  expect(verifyChain(canonicalDigest, log, { anchors, first: 1 })).toMatchObject({ ok: true, last: 3, compared: 1 });
  expect(toldIn(scene).map((each) => /no\. (\d)/.exec(each)?.[1])).toEqual(['1', '2', '3']);
  expect(log).not.toContain(scene.workspace.botToken);
});

test('on standard output the lines stand between those of the log, each to be found by its beginning', async () => {
  const scene = await createScene();
  const bot = await scene.start(`${CONFIG}audit: { mirror: stdout }\n`);
  await refuse(scene);
  const lines = await waitFor('a line', () => {
    const found = bot.process
      .output()
      .split('\n')
      .filter((line) => line.startsWith('{"entry":'));
    return found.length > 0 ? found : undefined;
  });
  expect(verifyChain(canonicalDigest, `${lines.join('\n')}\n`, { anchors: [], first: 1 })).toMatchObject({
    ok: true,
    last: 1,
  });
  expect(await bot.process.stop(25_000)).toEqual({ code: 0, signal: null });
});
