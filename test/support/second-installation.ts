import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { env as inherited } from 'node:process';
import { fileURLToPath } from 'node:url';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { makeTemporaryDirectory, removeDirectory } from '../../playground/directories.ts';
import { startRedis } from '../../playground/redis.ts';
import { startService } from '../../playground/service.ts';
import { startWorkspace } from '../../playground/workspace/workspace.ts';
import { connectRedis } from '../../src/adapters/redis/connection.ts';
import { createRedisRunStore } from '../../src/adapters/redis/run-store.ts';
import { type Acting, actingOn, type Scene, type Watching, watchingOf } from './e2e-scene.ts';
import { testSeal } from './test-seal.ts';

/** Another Drydock on the clusters of a scene: its own workspace, Redis, bot and worker. */
export interface SecondInstallation extends Acting, Watching, AsyncDisposable {}

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));

const Configuration = z.looseObject({
  clusters: z.record(z.string(), z.json()),
  policy: z.array(z.looseObject({ clusters: z.array(z.string()) })),
});

/** Starts it. There the cluster `prod` has another name. Stops what runs when a part fails. */
export async function startSecondInstallation(
  scene: Pick<Scene, 'configPath' | 'ring' | 'turns'>,
  nameOfProd: string,
): Promise<SecondInstallation> {
  await using parts = new AsyncDisposableStack();
  const directory = await makeTemporaryDirectory('second-installation');
  parts.defer(async () => await removeDirectory(directory));
  const configPath = join(directory, 'drydock.yaml');
  await writeFile(configPath, await renamed(scene.configPath, nameOfProd));
  const workspace = await startWorkspace({ enforceLimits: true });
  parts.defer(async () => await workspace.stop());
  const redis = await startRedis();
  parts.defer(async () => await redis.stop());
  const { PATH = '', HOME = '' } = inherited;
  const env = { PATH, HOME, LOG_LEVEL: 'info', REDIS_URL: redis.url, DRYDOCK_CONFIG: configPath };
  const slack = {
    SLACK_BOT_TOKEN: workspace.botToken,
    SLACK_SIGNING_SECRET: workspace.signingSecret,
    SLACK_API_URL: workspace.apiUrl,
  };
  async function startRole(role: 'bot' | 'worker') {
    const started = await startService({
      role,
      repository: REPOSITORY,
      env: role === 'bot' ? { ...env, ...slack } : env,
      removeWhenOrphaned: [directory],
    });
    parts.defer(async () => await started.stop(5000));
    return started;
  }
  const bot = await startRole('bot');
  await startRole('worker');
  workspace.bot.connect(bot.address);
  const client = connectRedis(redis.url, 'store');
  parts.defer(() => client.disconnect());
  await client.connect();
  const runs = createRedisRunStore({ redis: client, seal: testSeal });
  const kept = parts.move();
  return {
    ...watchingOf({ workspace, ring: scene.ring }, runs, scene.turns),
    ...actingOn({ workspace }),
    [Symbol.asyncDispose]: async () => await kept.disposeAsync(),
  };
}

async function renamed(configPath: string, name: string): Promise<string> {
  const configuration = Configuration.parse(parse(await readFile(configPath, 'utf8')));
  const { prod = null, ...others } = configuration.clusters;
  configuration.clusters = { ...others, [name]: prod };
  for (const rule of configuration.policy) rule.clusters = rule.clusters.map((each) => (each === 'prod' ? name : each));
  return stringify(configuration);
}
