import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { allCards, type RunCard } from '../../playground/demo/sightings.ts';
import { makeTemporaryDirectory, removeDirectory } from '../../playground/directories.ts';
import { openEtcdClient } from '../../playground/etcd-client.ts';
import { type EtcdRing, startEtcdRing } from '../../playground/etcd-ring.ts';
import { type PlaygroundRedis, startRedis } from '../../playground/redis.ts';
import { type Service, startService } from '../../playground/service.ts';
import { BOT } from '../../playground/workspace/seed.ts';
import { startWorkspace, type Workspace } from '../../playground/workspace/workspace.ts';
import { connectRedis } from '../../src/adapters/redis/connection.ts';
import { type Canaries, makeCanaries } from './canaries.ts';
import { canaryConfiguration } from './canary-configuration.ts';
import { type HostileEtcd, startHostileEtcd } from './hostile-etcd.ts';
import { ROOT } from './repository.ts';
import { type ScriptedApi, startScriptedApi } from './scripted-api.ts';
import { type SocketModeServer, startSocketModeServer } from './socket-mode-server.ts';

/** A whole Drydock with a secret in every place that has one, and servers around it that repeat the secrets. */
export interface CanaryScene {
  readonly canaries: Canaries;
  readonly workspace: Workspace;
  readonly ring: EtcdRing;
  readonly api: ScriptedApi;
  readonly etcd: HostileEtcd;
  /** Slack's side of the second bot, which is in Socket Mode. */
  readonly socket: SocketModeServer;
  /** Whether the plug-in ran. */
  pluginRan(): Promise<boolean>;
  /** Everything that came out so far, by where. */
  findings(): Promise<Readonly<Record<Outlet, string>>>;
  stop(): Promise<void>;
}

/** Where something can come out. */
export type Outlet = 'logs' | 'slack' | 'files in slack' | 'redis' | 'mirror' | 'anchors' | 'http';

type Keep = (close: () => Promise<void> | void) => void;

/** Starts it. */
export async function startCanaryScene(): Promise<CanaryScene> {
  const closing: (() => Promise<void> | void)[] = [];
  async function stop(): Promise<void> {
    for (const close of closing.splice(0).toReversed()) await close();
  }
  try {
    return { ...(await startParts((close) => closing.push(close))), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startParts(keep: Keep): Promise<Omit<CanaryScene, 'stop'>> {
  const canaries = makeCanaries();
  const folder = await makeTemporaryDirectory('canaries');
  keep(async () => await removeDirectory(folder));
  const workspace = await startWorkspace({
    botToken: `xoxb-1-2-${canaries.botToken}`,
    signingSecret: canaries.signingSecret,
  });
  keep(async () => await workspace.stop());
  const redis = await startRedis();
  keep(async () => await redis.stop());
  const redisUrl = await lock(redis, canaries.redisPassword);
  const ring = await startEtcdRing();
  keep(async () => await ring.stop());
  await plantInRing(ring, canaries);
  const api = await startHostileApi(canaries);
  keep(async () => await api.close());
  const etcd = await startHostileEtcd(`upstream said: password=${canaries.etcdText}`);
  keep(() => etcd.stop());
  const config = join(folder, 'drydock.yaml');
  await writeFile(config, stringify(await canaryConfiguration({ folder, ring, api, etcd, canaries })));
  const lines: string[] = [];
  const socket = await startSocketModeServer({ webApi: workspace.apiUrl });
  keep(() => socket.stop());
  const services = await startServices({ workspace, socket, redisUrl, config, canaries, lines, keep });
  workspace.bot.connect(services[0]?.address ?? '');
  return {
    canaries,
    workspace,
    ring,
    api,
    etcd,
    socket,
    pluginRan: async () => (await readdir(folder)).includes('plugin-ran'),
    findings: async () => ({
      logs: lines.join('\n'),
      slack: inSlack(workspace),
      'files in slack': [...workspace.state.files.values()].map(({ content }) => content?.toString() ?? '').join('\n'),
      redis: await everWritten(redis),
      mirror: await readFile(join(folder, 'mirror.jsonl'), 'utf8'),
      anchors: await contentsOf(join(folder, 'anchors')),
      http: await overHttp(services),
    }),
  };
}

/** Redis with a password; answers its address. */
async function lock(redis: PlaygroundRedis, password: string): Promise<string> {
  const client = connectRedis(redis.url, 'store');
  await client.connect();
  await client.config('SET', 'requirepass', password);
  client.disconnect();
  return `redis://:${password}@127.0.0.1:${redis.port}`;
}

async function plantInRing(ring: EtcdRing, canaries: Canaries): Promise<void> {
  const client = openEtcdClient((await ring.leader()).clientUrl, ring.tls);
  await client.put(`/registry/secrets/default/${canaries.etcdKey}`, Buffer.from(canaries.etcdValue));
  client.close();
}

/** An API server that repeats what it was sent, and more. */
async function startHostileApi(canaries: Canaries): Promise<ScriptedApi> {
  const api = await startScriptedApi();
  api.answer((seen) => ({
    status: 403,
    body: {
      kind: 'Status',
      apiVersion: 'v1',
      status: 'Failure',
      reason: 'Forbidden',
      message: `refused ${seen.headers.authorization ?? ''}, ${canaries.kubeconfigToken}; password=${canaries.apiServerText}`,
      code: 403,
    },
  }));
  return api;
}

interface ServiceParts {
  readonly workspace: Workspace;
  readonly socket: SocketModeServer;
  readonly redisUrl: string;
  readonly config: string;
  readonly canaries: Canaries;
  readonly lines: string[];
  readonly keep: Keep;
}

/** The worker has Slack's variables too, which it does not need, as happens in a shared environment file. */
async function startServices(parts: ServiceParts): Promise<Service[]> {
  const { workspace, redisUrl, config, canaries, lines, keep } = parts;
  const env = {
    PATH: process.env['PATH'],
    HOME: process.env['HOME'],
    TMPDIR: process.env['TMPDIR'],
    LOG_LEVEL: 'trace',
    REDIS_URL: redisUrl,
    DRYDOCK_CONFIG: config,
    SLACK_BOT_TOKEN: workspace.botToken,
    SLACK_SIGNING_SECRET: workspace.signingSecret,
    SLACK_API_URL: workspace.apiUrl,
    AWS_SECRET_ACCESS_KEY: canaries.awsKey,
  };
  const shared = { ...env, SLACK_APP_TOKEN: `xapp-1-A0-${canaries.appToken}` };
  const started: Service[] = [];
  for (const [role, own] of [
    ['bot', env],
    ['worker', shared],
    ['bot', { ...shared, SLACK_API_URL: parts.socket.apiUrl }],
  ] as const) {
    const service = await startService({ role, repository: ROOT, env: own, onLine: (line) => lines.push(line) });
    keep(async () => await service.stop(5000));
    started.push(service);
  }
  return started;
}

/** Every call, and everything that the bot showed in other ways. */
function inSlack(workspace: Workspace): string {
  const shown = workspace.feed
    .events()
    .flatMap(({ what }) => ('message' in what && what.message.user === BOT.user ? [what.message] : []));
  return JSON.stringify([workspace.calls.map(({ method, args }) => ({ method, args })), shown]);
}

/** The append-only file: every value that was ever written, also of keys that are gone, such as finished jobs. */
async function everWritten(redis: PlaygroundRedis): Promise<string> {
  return await contentsOf(join(redis.directory, 'appendonlydir'));
}

/** Nothing when there is no such folder yet. */
async function contentsOf(folder: string): Promise<string> {
  const names = existsSync(folder) ? await readdir(folder) : [];
  return (await Promise.all(names.map((name) => readFile(join(folder, name), 'latin1')))).join('\n');
}

async function overHttp(services: readonly Service[]): Promise<string> {
  const paths = services.flatMap(({ address }) => ['healthz', 'readyz', 'metrics'].map((path) => `${address}/${path}`));
  return (await Promise.all(paths.map(async (path) => await (await fetch(path)).text()))).join('\n');
}

/** Gives a command, answers the id of the run that it began. */
export async function begin(workspace: Workspace, line: string): Promise<string> {
  const known = new Set(allCards(workspace).map(({ run }) => run));
  await workspace.person('operator').command(line);
  const card = await workspace.waitFor(`a card after ${line}`, () =>
    allCards(workspace).find(({ run }) => !known.has(run)),
  );
  return card.run;
}

/** Waits until the card of a run is in a state; answers everything that it says. */
export async function cardIn(workspace: Workspace, run: string, state: string): Promise<string> {
  function now(): RunCard | undefined {
    return allCards(workspace).find((each) => each.run === run);
  }
  const card = await workspace
    .waitFor(`${run} to be ${state}`, () => (now()?.state === state ? now() : undefined), 40_000)
    .catch((error: unknown) => {
      throw new Error(`${run} shows ${JSON.stringify(now()?.message.blocks)}`, { cause: error });
    });
  return JSON.stringify([card.message.text, card.message.blocks]);
}

/** Does something and answers what the bot then told that person alone. */
export async function answerTo(
  workspace: Workspace,
  person: 'operator' | 'approver-1',
  act: () => Promise<unknown>,
): Promise<string> {
  const { id } = workspace.person(person);
  const seq = workspace.feed.events().length;
  await act();
  return await workspace.waitFor('an answer', () => {
    const posted = workspace.feed.events(seq).flatMap(({ what }) => (what.kind === 'posted' ? [what.message] : []));
    const mine = posted.find(
      (message) => message.user === BOT.user && (message.ephemeralFor === id || message.channel.startsWith('D')),
    );
    return mine === undefined ? undefined : JSON.stringify([mine.text, mine.blocks]);
  });
}
