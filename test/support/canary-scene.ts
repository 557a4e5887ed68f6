import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { allCards } from '../../playground/demo/sightings.ts';
import { makeTemporaryDirectory, removeDirectory } from '../../playground/directories.ts';
import { openEtcdClient } from '../../playground/etcd-client.ts';
import { type EtcdRing, startEtcdRing } from '../../playground/etcd-ring.ts';
import { type PlaygroundRedis, startRedis } from '../../playground/redis.ts';
import { type Service, startService } from '../../playground/service.ts';
import { BOT, CHANNELS, PEOPLE } from '../../playground/workspace/seed.ts';
import { startWorkspace, type Workspace } from '../../playground/workspace/workspace.ts';
import { connectRedis } from '../../src/adapters/redis/connection.ts';
import { type Canaries, makeCanaries, pemWith } from './canaries.ts';
import { type HostileEtcd, startHostileEtcd } from './hostile-etcd.ts';
import { ROOT } from './repository.ts';
import { kubeconfigText, type ScriptedApi, startScriptedApi } from './scripted-api.ts';

/** A whole Drydock with a secret in every place that has one, and servers around it that repeat the secrets. */
export interface CanaryScene {
  readonly canaries: Canaries;
  readonly workspace: Workspace;
  readonly ring: EtcdRing;
  readonly api: ScriptedApi;
  readonly etcd: HostileEtcd;
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
  await writeFile(config, stringify(await configuration({ folder, ring, api, etcd, canaries })));
  const lines: string[] = [];
  const services = await startBoth({ workspace, redisUrl, config, canaries, lines, keep });
  workspace.bot.connect(services[0]?.address ?? '');
  return {
    canaries,
    workspace,
    ring,
    api,
    etcd,
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

interface ConfigurationParts {
  readonly folder: string;
  readonly ring: EtcdRing;
  readonly api: ScriptedApi;
  readonly etcd: HostileEtcd;
  readonly canaries: Canaries;
}

async function configuration({ folder, ring, api, etcd, canaries }: ConfigurationParts): Promise<object> {
  async function file(name: string, text: string): Promise<string> {
    const path = join(folder, name);
    await writeFile(path, text, { mode: 0o700 });
    return path;
  }
  const channels = { ops: CHANNELS.ops, incidents: CHANNELS.incidents, audit: CHANNELS.audit };
  const server = { server: api.server };
  const pem = Buffer.from(pemWith(canaries.clientKey)).toString('base64');
  const proxy = {
    server: 'http://192.0.2.1:6443',
    'proxy-url': `http://drydock:${canaries.proxyPassword}@127.0.0.1:9`,
  };
  const exec = await plugin(file, folder, canaries);
  const kubeconfigs = {
    'by-token': kubeconfigText(server, { token: canaries.kubeconfigToken }),
    'by-key': kubeconfigText(server, { 'client-key-data': pem, 'client-certificate-data': pem }),
    'by-proxy': kubeconfigText(proxy, { token: canaries.kubeconfigToken }),
    'by-plugin': kubeconfigText(server, { exec }),
  };
  const kubernetes = await Promise.all(
    Object.entries(kubeconfigs).map(async ([name, text]) => {
      const kubeconfig = await file(`${name}.kubeconfig`, text);
      return [name, { platform: 'kubeadm', kubeconfig, context: 'x', channels }] as const;
    }),
  );
  const badKey = await file(`client-token=${canaries.fileName}.key`, pemWith(canaries.tlsKey));
  const defrag = { pause: '1s', sample: '100ms', answerWithin: '8s' };
  const bad = { access: 'direct', endpoints: ['https://127.0.0.1:9'], tls: { ...ring.tls, key: badKey } };
  return {
    version: 1,
    http: { host: '127.0.0.1' },
    clusters: {
      prod: {
        platform: 'etcd',
        etcd: { access: 'direct', endpoints: ring.endpoints, tls: ring.tls, defrag },
        channels,
      },
      hostile: { platform: 'etcd', etcd: { access: 'direct', endpoints: [etcd.endpoint] }, channels },
      'bad-key': { platform: 'etcd', etcd: bad, channels },
      ...Object.fromEntries(kubernetes),
    },
    roles: { operator: { users: [PEOPLE.operator] }, approver: { users: [PEOPLE['approver-1']] } },
    policy: [{ clusters: ['*'], commands: COMMANDS, allow: ['operator', 'approver'] }],
    defaults: { approvals: { required: 1, from: ['approver'], expires: '30m' } },
    audit: { mirror: join(folder, 'mirror.jsonl'), anchors: { type: 'file', path: join(folder, 'anchors') } },
  };
}

const COMMANDS = ['status', 'members', 'alarms', 'defrag', 'audit', 'lock', 'unlock', 'freeze', 'thaw'];

type WriteFile = (name: string, text: string) => Promise<string>;

/** A plug-in that fails and tells everything. */
async function plugin(file: WriteFile, folder: string, canaries: Canaries): Promise<object> {
  const script = [
    `#!${process.execPath}`,
    `require('node:fs').writeFileSync(${JSON.stringify(join(folder, 'plugin-ran'))}, '');`,
    `console.error('login failed: password=${canaries.pluginStderr}, sent ' + process.env.VENDOR_SECRET);`,
    'process.exit(1);',
  ];
  const command = await file('plugin.cjs', script.join('\n'));
  const env = [{ name: 'VENDOR_SECRET', value: canaries.pluginSetting }];
  return { apiVersion: 'client.authentication.k8s.io/v1', command, env, interactiveMode: 'Never' };
}

interface ServiceParts {
  readonly workspace: Workspace;
  readonly redisUrl: string;
  readonly config: string;
  readonly canaries: Canaries;
  readonly lines: string[];
  readonly keep: Keep;
}

/** The worker has Slack's variables too, which it does not need, as happens in a shared environment file. */
async function startBoth({ workspace, redisUrl, config, canaries, lines, keep }: ServiceParts): Promise<Service[]> {
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
  const socket = { ...env, SLACK_APP_TOKEN: `xapp-1-A0-${canaries.appToken}` };
  const started: Service[] = [];
  for (const [role, own] of [
    ['bot', env],
    ['worker', socket],
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
  const card = await workspace.waitFor(
    `${run} to be ${state}`,
    () => allCards(workspace).find((each) => each.run === run && each.state === state),
    40_000,
  );
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
