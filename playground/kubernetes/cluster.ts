import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TlsFiles } from '../certificates.ts';
import { makeTemporaryDirectory, removeDirectory } from '../directories.ts';
import { waitFor } from '../waiting.ts';
import { createAccess, keepAccess, makeBootstrapRoles } from './access/access.ts';
import { type ApiServerOptions, startApiServer } from './api/server.ts';
import { bootstrap } from './cluster/bootstrap.ts';
import { type Front, keepFront } from './cluster/front.ts';
import { writeKubeconfig } from './cluster/kubeconfig.ts';
import { clientUrl, writeManifests } from './cluster/manifests.ts';
import { type ClusterNode, createClusterNode } from './cluster/nodes.ts';
import { type ClusterPki, makeClusterPki, writeNodePki } from './cluster/pki.ts';
import { findEtcd } from './cluster/programs.ts';
import { isReady } from './cluster/readiness.ts';
import { createRelay, type Relay } from './cluster/relay.ts';
import type { Attributes, Guard, LocalApi, User } from './contracts.ts';
import { startControllers } from './controllers/start.ts';
import { createFieldRules } from './fields/field-rules.ts';
import type { BackOffRules } from './node/back-off.ts';
import { createNodeGate } from './node/gate.ts';
import { choosePlaces, type NodePlace } from './node/place.ts';

export type { ClusterNode } from './cluster/nodes.ts';

/** Who may do what, what changes writes, and what answers subresources; made when the cluster's keys are there. */
export type Access = (facts: {
  readonly pki: ClusterPki;
  readonly api: LocalApi;
}) => Pick<ApiServerOptions, 'guard' | 'admission' | 'handlers'>;

/** All optional. */
export interface ClusterOptions {
  /** Default `prod`. */
  readonly name?: string;
  /** Default 3: `cp-1` … */
  readonly controlPlanes?: number;
  /** Default 0: `worker-1` … */
  readonly workers?: number;
  /** Path or name of the etcd program; `etcdctl` is taken from beside it. Default `etcd` of PATH. */
  readonly etcd?: string;
  /** Further arguments of every member; a later one wins. */
  readonly etcdArgs?: readonly string[];
  /** Default 512 MiB. */
  readonly quotaBytes?: number;
  /** What the nodes and the API server say they are; default `v1.36.2`. */
  readonly kubernetesVersion?: string;
  /** Scales the kubelets' waits but not their back-off, and what controllers wait for; default 1. */
  readonly pace?: number;
  /** Default: the kubelet's. */
  readonly backOff?: BackOffRules;
  /** Default: tokens, RBAC, reviews and evictions as a real cluster has them; the kubeconfig is of `system:masters`. */
  readonly access?: Access;
  /** Told of each request that somebody has no right to. */
  readonly onRefused?: (user: User, what: Attributes) => void;
  /** `shared`: all nodes are 127.0.0.1 with free ports. Default: on Linux each has an address of its own. */
  readonly addresses?: 'own' | 'shared';
  /** Default: a new temporary directory, deleted by {@link PlaygroundCluster.stop}. A given one is kept; it must be empty. */
  readonly directory?: string;
}

/** A kubeadm-like cluster: real etcd in static pods, our API server and node agents. */
export interface PlaygroundCluster {
  readonly name: string;
  readonly directory: string;
  /** Path of the administrator's kubeconfig; its context is `<name>-admin`. */
  readonly kubeconfig: string;
  /** `https://…`. */
  readonly server: string;
  readonly pki: ClusterPki;
  /** The API server from inside; calls throw while it is away. */
  readonly api: LocalApi;
  readonly nodes: readonly ClusterNode[];
  /** @throws Error for an unknown name. */
  node(name: string): ClusterNode;
  /** etcd's client URLs, one for each control-plane node, and a client certificate. */
  readonly etcd: { readonly endpoints: readonly string[]; readonly tls: TlsFiles };
  /** The API server: `down` holds it down, `up` starts it on the same address. */
  readonly apiServer: Pick<Front, 'down' | 'up' | 'running'>;
  /** Waits until the API server answers and every node and control-plane pod is ready (default 60 s). */
  waitReady(timeoutMs?: number): Promise<void>;
  /** Ends every process and deletes the data. */
  stop(): Promise<void>;
}

/**
 * Starts a cluster and waits until it is ready. Nothing of it outlives this process.
 *
 * @throws Error when a program is missing or the cluster is not ready within 60 s.
 */
export async function startCluster(options: ClusterOptions = {}): Promise<PlaygroundCluster> {
  const directory = options.directory ?? (await makeTemporaryDirectory('kubernetes'));
  const endings: (() => Promise<void>)[] = [];
  async function stop(): Promise<void> {
    for (const end of endings.splice(0).toReversed()) await end();
    if (options.directory === undefined) await removeDirectory(directory);
  }
  try {
    const cluster = await assemble(options, directory, stop, (end) => endings.push(end));
    await cluster.waitReady();
    return cluster;
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Ground {
  readonly name: string;
  readonly directory: string;
  readonly front: NodePlace;
  readonly members: readonly NodePlace[];
  readonly workers: readonly NodePlace[];
  readonly pki: ClusterPki;
  readonly etcdTls: TlsFiles;
}

async function assemble(
  options: ClusterOptions,
  directory: string,
  stop: () => Promise<void>,
  onEnd: (end: () => Promise<void>) => void,
): Promise<PlaygroundCluster> {
  const ground = await prepare(options, directory);
  const relay = createRelay();
  const nodes = await createNodes(options, ground, relay);
  onEnd(async () => {
    await Promise.all(nodes.map((node) => node.powerOff()));
  });
  for (const node of nodes) node.startKubelet();
  const front = keepFront(nodes, relay, () => startApiServer(serverOptions(options, ground, nodes, relay)));
  onEnd(() => front.stop());
  const endpoint = `${ground.front.address}:${ground.front.port(6443)}`;
  const kubeconfig = join(directory, `${ground.name}.kubeconfig`);
  const user = options.access === undefined ? ground.pki.superAdmin : ground.pki.admin;
  await writeKubeconfig(kubeconfig, { name: ground.name, server: `https://${endpoint}`, ca: ground.pki.ca.cert, user });
  await front.waitReady(60_000).catch((error: unknown) => {
    const words = nodes.map((node) => `${node.name}: ${node.etcd.output().split('\n').slice(-5).join('\n')}`);
    throw new Error(`the cluster did not start; etcd said\n${words.join('\n')}`, { cause: error });
  });
  await bootstrap(relay, {
    name: ground.name,
    kubernetesVersion: options.kubernetesVersion ?? VERSION,
    endpoint,
    ca: ground.pki.ca.cert,
  });
  onEnd(await beginControllers(relay, ground, options.pace ?? 1));
  return {
    name: ground.name,
    directory,
    kubeconfig,
    server: `https://${endpoint}`,
    pki: ground.pki,
    api: relay,
    nodes,
    node(name) {
      const found = nodes.find((each) => each.name === name);
      if (found === undefined) throw new Error(`the cluster has no node ${name}`);
      return found;
    },
    etcd: { endpoints: ground.members.map(clientUrl), tls: ground.etcdTls },
    apiServer: front,
    async waitReady(timeoutMs = 60_000) {
      await front.waitReady(timeoutMs);
      const settings = { timeoutMs, everyMs: 100 };
      await waitFor('every node and control-plane pod to be ready', () => isReady(relay, nodes), settings);
    },
    stop,
  };
}

/** Makes the roles that every cluster has, and keeps what depends on others. Answers how it ends. */
async function beginControllers(relay: Relay, { pki }: Ground, pace: number): Promise<() => Promise<void>> {
  await makeBootstrapRoles(relay);
  const ending = new AbortController();
  const kept = keepAccess(relay, await readFile(pki.ca.cert, 'utf8'), ending.signal);
  const controllers = startControllers(relay, { pace });
  return async () => {
    controllers.stop();
    ending.abort();
    await kept;
  };
}

/** What a real cluster has. */
function defaultAccess({ pki, api }: Parameters<Access>[0]): ReturnType<Access> {
  const accountKey = readFileSync(pki.serviceAccount.key, 'utf8');
  return createAccess({ api, rules: createFieldRules(), accountKey });
}

const VERSION = 'v1.36.2';

async function prepare(options: ClusterOptions, directory: string): Promise<Ground> {
  const memberNames = Array.from({ length: options.controlPlanes ?? 3 }, (_, index) => `cp-${index + 1}`);
  const workerNames = Array.from({ length: options.workers ?? 0 }, (_, index) => `worker-${index + 1}`);
  const names = ['control-plane-endpoint', ...memberNames, ...workerNames];
  const [front, ...places] = await choosePlaces(names, directory, options.addresses);
  if (front === undefined) throw new Error('no address for the API server');
  const members = places.slice(0, memberNames.length);
  const pki = await makeClusterPki(
    directory,
    memberNames,
    [front, ...members].map((each) => each.address),
  );
  await Promise.all(members.map((place) => writeNodePki(pki, place)));
  const etcdTls = { ca: pki.etcdCa.cert, ...pki.apiServerEtcdClient };
  return {
    name: options.name ?? 'prod',
    directory,
    front,
    members,
    workers: places.slice(memberNames.length),
    pki,
    etcdTls,
  };
}

async function createNodes(options: ClusterOptions, ground: Ground, api: LocalApi): Promise<readonly ClusterNode[]> {
  const etcd = await findEtcd(options.etcd ?? 'etcd');
  const facts = {
    members: ground.members,
    etcdVersion: etcd.version,
    kubernetesVersion: options.kubernetesVersion ?? VERSION,
    quotaBytes: options.quotaBytes ?? 512 * 1024 * 1024,
    etcdArgs: options.etcdArgs ?? [],
  };
  await Promise.all(ground.members.map((place) => writeManifests(place, facts)));
  const settings = {
    api,
    images: { etcd: etcd.programs },
    kubeletVersion: facts.kubernetesVersion,
    removeWhenOrphaned: options.directory === undefined ? [ground.directory] : [],
    ...(options.pace === undefined ? {} : { pace: options.pace }),
    ...(options.backOff === undefined ? {} : { backOff: options.backOff }),
  };
  return [...ground.members, ...ground.workers].map((place, index) =>
    createClusterNode(place, index, index < ground.members.length ? 'control-plane' : 'worker', settings),
  );
}

function serverOptions(
  options: ClusterOptions,
  { front, members, pki, etcdTls }: Ground,
  nodes: readonly ClusterNode[],
  relay: Relay,
): ApiServerOptions {
  const access = (options.access ?? defaultAccess)({ pki, api: relay });
  const { guard } = access;
  return {
    etcd: { endpoints: members.map(clientUrl), tls: etcdTls },
    listen: { host: front.address, port: front.port(6443) },
    tls: { ...pki.apiServer, clientCa: pki.ca.cert },
    rules: createFieldRules(),
    nodeGate: createNodeGate((name) => nodes.find((node) => node.name === name)?.agent),
    ...access,
    ...(guard === undefined ? {} : { guard: telling(guard, options.onRefused) }),
  };
}

function telling(guard: Guard, onRefused: ClusterOptions['onRefused']): Guard {
  return {
    ...guard,
    async authorize(user, what) {
      const answer = await guard.authorize(user, what);
      if (!answer.allowed) onRefused?.(user, what);
      return answer;
    },
  };
}
