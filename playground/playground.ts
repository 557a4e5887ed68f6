import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BackupPlace, makeBackupPlace } from './backup-place.ts';
import type { CapiOptions } from './cluster-api/capi.ts';
import { makeTemporaryDirectory, removeDirectory } from './directories.ts';
import { type ConfigurationFacts, drydockYaml, etcdSettings } from './drydock-yaml.ts';
import type { EtcdRing, EtcdRingOptions } from './etcd-ring.ts';
import { createFaultBook, type FaultBook } from './faults/faults.ts';
import { type FillOptions, fillRing } from './fill.ts';
import type { ClusterOptions, PlaygroundCluster } from './kubernetes/cluster.ts';
import { openingWindow, type WindowEntry } from './opening-window.ts';
import type { PlaygroundPlatform } from './platforms.ts';
import { type PlaygroundRedis, startRedis } from './redis.ts';
import { type Service, startService } from './service.ts';
import { CLUSTER_WORDS, type ClusterName, type StartedPlatform, startPlatforms } from './start-platforms.ts';
import { startWorkspace, type Workspace, type WorkspaceOptions } from './workspace/workspace.ts';

/** All optional. */
export interface PlaygroundOptions {
  readonly ring?: EtcdRingOptions;
  /**
   * How to fill the first ring before the bot starts; `false`: leave it empty. Default: about 250 MB, a tenth of it kept; without `prod`
   * nothing.
   */
  readonly fill?: FillOptions | false;
  readonly configuration?: Omit<ConfigurationFacts, 'clusters' | 'edgeWindow' | 'backups'>;
  /**
   * `edge` may be changed only from the first full minute on that is at least so many ms after the starting of the bot. Left out: at
   * any time.
   */
  readonly edgeOpensInMs?: number;
  /**
   * What `prod` is: a kubeadm cluster whose etcd runs in static pods (default), with the bare ring `edge` beside it, or a bare
   * ring alone, which starts faster.
   */
  readonly prod?: 'cluster' | 'ring';
  /** Which clusters there are, at least one; default `prod`, and `edge` unless `prod` is a bare ring. */
  readonly clusters?: readonly ClusterName[];
  /** How Drydock reaches the etcd of clusters; default `tunnel`: snapshots do not come through `exec`. */
  readonly access?: 'exec' | 'tunnel';
  readonly cluster?: ClusterOptions;
  /** How `capi` is started. */
  readonly capi?: CapiOptions;
  /** Whether Argo CD keeps the objects of `capi` from the beginning; default false. */
  readonly selfHeal?: boolean;
  /** It enforces Slack's limits unless told not to. */
  readonly workspace?: WorkspaceOptions;
  /** Further environment of bot and worker. */
  readonly env?: Readonly<Record<string, string>>;
  /** What is being started, for people. */
  readonly onProgress?: (line: string) => void;
  /** Each line of output of bot and worker. */
  readonly onLine?: (role: string, line: string) => void;
  /** Ends the starting between two parts. */
  readonly signal?: AbortSignal;
}

/** A whole Drydock with everything around it, on this machine only. */
export interface Playground {
  readonly workspace: Workspace;
  readonly redis: PlaygroundRedis;
  /** Its clusters, the first first. */
  readonly platforms: readonly PlaygroundPlatform[];
  /** The etcd of the first cluster (`prod`, unless that was not wanted), with the members that it began with. */
  readonly ring: EtcdRing;
  /** The first cluster; `null`: it is a bare ring. */
  readonly cluster: PlaygroundCluster | null;
  /** Faults of members of all clusters. */
  readonly faults: FaultBook;
  /** Where backups go. */
  readonly backups: BackupPlace;
  readonly bot: Service;
  readonly worker: Service;
  /** Path of the configuration in use. */
  readonly configPath: string;
  /** Starts one more bot or worker with the same environment. It is stopped with the rest. */
  startAnother(role: 'bot' | 'worker'): Promise<Service>;
  /** Stops everything and deletes its data. */
  stop(): Promise<void>;
}

/** Starts workspace, Redis and ring, fills the ring, then starts bot and worker. Stops what runs when a part fails. */
export async function startPlayground(options: PlaygroundOptions = {}): Promise<Playground> {
  const closing: (() => Promise<void>)[] = [];
  async function stop(): Promise<void> {
    // The last started first: bot and worker before what they need.
    for (const close of closing.splice(0).toReversed()) await close();
  }
  try {
    return await startParts(options, closing, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startParts(
  options: PlaygroundOptions,
  closing: (() => Promise<void>)[],
  stop: () => Promise<void>,
): Promise<Playground> {
  const say = options.onProgress ?? (() => undefined);
  function keep<T extends { stop(): Promise<void> }>(part: T): T {
    closing.push(() => part.stop());
    options.signal?.throwIfAborted();
    return part;
  }
  const directory = await makeTemporaryDirectory('playground');
  closing.push(() => removeDirectory(directory));
  const names = namesOf(options);
  say(`starting the workspace, Redis and ${names.map((name) => wordsOf(name, options)).join(', ')}`);
  const workspace = keep(await startWorkspace({ enforceLimits: true, ...options.workspace }));
  const redis = keep(await startRedis());
  const { first, platforms } = await startClusters(options, names, keep);
  const faults = createFaultBook(() => platforms);
  closing.push(() => faults.close());
  await fillFirst(first, options, say);
  const backups = await makeBackupPlace(directory);
  const configPath = join(directory, 'drydock.yaml');
  const facts = { ...options.configuration, backups: backups.facts, clusters: platforms };
  await writeFile(configPath, drydockYaml({ ...facts, edgeWindow: edgeWindow(options, say) }));
  const env = { ...inherited(), ...options.env, REDIS_URL: redis.url, DRYDOCK_CONFIG: configPath };
  const slack = {
    SLACK_BOT_TOKEN: workspace.botToken,
    SLACK_SIGNING_SECRET: workspace.signingSecret,
    SLACK_API_URL: workspace.apiUrl,
  };
  const services: Service[] = [];
  // Nothing of it is kept, so nobody waits long for an orderly end.
  closing.push(async () => void (await Promise.all(services.map((one) => one.stop(STOP_GRACE_MS)))));
  async function startRole(role: 'bot' | 'worker'): Promise<Service> {
    const started = await startService({
      role,
      repository: REPOSITORY,
      env: role === 'bot' ? { ...env, ...slack } : env,
      removeWhenOrphaned: [directory],
      onLine: (line) => options.onLine?.(role, line),
    });
    services.push(started);
    options.signal?.throwIfAborted();
    return started;
  }
  options.signal?.throwIfAborted();
  say('starting the bot and the worker');
  const [bot, worker] = await bothOrNone(startRole('bot'), startRole('worker'));
  workspace.bot.connect(bot.address);
  const { ring, cluster } = first;
  const parts = { workspace, redis, platforms, ring, cluster, faults, backups, bot, worker, configPath };
  return { ...parts, startAnother: startRole, stop };
}

/** The clusters that are wanted. */
function namesOf({ clusters, prod }: PlaygroundOptions): readonly ClusterName[] {
  return clusters ?? (prod === 'ring' ? ['prod'] : ['prod', 'edge']);
}

function wordsOf(name: ClusterName, { prod }: PlaygroundOptions): string {
  return name === 'prod' && prod === 'ring' ? 'a 3-member etcd ring with TLS' : CLUSTER_WORDS[name];
}

interface Clusters {
  readonly first: StartedPlatform;
  readonly platforms: readonly PlaygroundPlatform[];
}

async function startClusters(
  options: PlaygroundOptions,
  names: readonly ClusterName[],
  keep: (part: { stop(): Promise<void> }) => void,
): Promise<Clusters> {
  const started = await startPlatforms({
    ...options,
    names,
    prod: options.prod ?? 'cluster',
    access: options.access ?? 'tunnel',
    settings: etcdSettings(options.configuration ?? {}),
    keep,
  });
  const [first] = started;
  if (first === undefined) throw new Error('a playground has at least one cluster');
  return { first, platforms: started.map(({ platform }) => platform) };
}

/** Makes something to give back, where defragmentations are shown. */
async function fillFirst({ platform, ring }: StartedPlatform, options: PlaygroundOptions, say: (line: string) => void) {
  const fill = options.fill ?? (platform.name === 'prod' ? {} : false);
  if (fill === false) return;
  say('filling the ring and deleting most of it again, so that there is something to give back');
  const filled = await fillRing(ring, { signal: options.signal, ...fill });
  for (const one of filled.members) say(`${one.name}: ${mib(one.dbSize)} on disk, ${mib(one.dbSizeInUse)} in use`);
}

/** The window of `edge` from now on; `null`: none is wanted. */
function edgeWindow({ edgeOpensInMs }: PlaygroundOptions, say: (line: string) => void): WindowEntry | null {
  if (edgeOpensInMs === undefined) return null;
  const { window, words } = openingWindow(Date.now(), edgeOpensInMs);
  say(`edge has a maintenance window, which opens at ${words}`);
  return window;
}

/** Unlike `Promise.all` it waits for both even when one fails, so that nothing starts behind the back of who cleans up. */
async function bothOrNone<T>(first: Promise<T>, second: Promise<T>): Promise<readonly [T, T]> {
  await Promise.allSettled([first, second]);
  return [await first, await second];
}

const STOP_GRACE_MS = 5_000;

const REPOSITORY = fileURLToPath(new URL('..', import.meta.url));

const OF_NODE = ['NODE_OPTIONS', 'NODE_COMPILE_CACHE', 'NODE_DISABLE_COMPILE_CACHE'];
const WANTED: ReadonlySet<string> = new Set(['PATH', 'HOME', 'TMPDIR', 'LANG', 'TZ', 'LOG_LEVEL', ...OF_NODE]);

/** Bot and worker see only what they need of this machine's environment: no Slack or cloud settings of its owner. */
function inherited(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => WANTED.has(name)));
}

function mib(bytes: number): string {
  return `${Math.round(bytes / 1024 / 1024)} MiB`;
}
