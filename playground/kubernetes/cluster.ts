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
import { followMembers, type Ground, nodeSettings, prepare } from './cluster/ground.ts';
import { writeKubeconfig } from './cluster/kubeconfig.ts';
import { createNodeList, type NodeList } from './cluster/node-list.ts';
import type { ClusterNode, NodeTraits } from './cluster/nodes.ts';
import type { Access, ClusterOptions } from './cluster/options.ts';
import type { ClusterPki } from './cluster/pki.ts';
import type { EtcdPrograms } from './cluster/programs.ts';
import { isReady } from './cluster/readiness.ts';
import { createRelay, type Relay } from './cluster/relay.ts';
import type { Guard, LocalApi } from './contracts.ts';
import { startControllers } from './controllers/start.ts';
import { createFieldRules } from './fields/field-rules.ts';
import type { ControlPlaneFacts, Flavour, PlacedObject } from './flavour.ts';
import { createNodeGate } from './node/gate.ts';

export type { ClusterNode } from './cluster/nodes.ts';
export type { ClusterOptions } from './cluster/options.ts';

/** A cluster: real etcd in static pods, our API server and node agents. */
export interface PlaygroundCluster {
  readonly name: string;
  readonly flavour: Flavour;
  readonly directory: string;
  /** Path of the administrator's kubeconfig; its context is `<name>-admin`. */
  readonly kubeconfig: string;
  /** `https://…`. */
  readonly server: string;
  readonly pki: ClusterPki;
  /** The API server from inside; calls throw while it is away. */
  readonly api: LocalApi;
  /** Those of the moment. */
  readonly nodes: readonly ClusterNode[];
  /** @throws Error for an unknown name. */
  node(name: string): ClusterNode;
  /**
   * A further machine with an address of its own: nothing is installed on it, and its kubelet does not run. A name that was there before
   * gets another address. @throws Error for a name that is there, or when no address is left.
   */
  addNode(name: string, role?: ClusterNode['role'], traits?: NodeTraits): ClusterNode;
  /** A machine goes, with all that was on it; its objects at the API server stay. @throws Error for an unknown name. */
  removeNode(name: string): Promise<void>;
  /** Puts certificates and manifests of a control plane on a node; its kubelet starts what they say. */
  install(node: ClusterNode, ring: Pick<ControlPlaneFacts, 'members' | 'state'>): Promise<void>;
  readonly etcd: ClusterEtcd;
  /** The API server: `down` holds it down, `up` starts it on the same address, `blink` does both. */
  readonly apiServer: Pick<Front, 'down' | 'up' | 'blink' | 'running'>;
  /** Waits until the API server answers and every node and control-plane pod is ready (default 60 s). */
  waitReady(timeoutMs?: number): Promise<void>;
  /** Ends every process and deletes the data. */
  stop(): Promise<void>;
}

/** How the etcd of a cluster is reached. */
export interface ClusterEtcd {
  /** Client URLs that the API server uses now: of each control-plane node, until {@link ClusterEtcd.follow} says otherwise. */
  readonly endpoints: readonly string[];
  /** A client certificate. */
  readonly tls: TlsFiles;
  readonly programs: EtcdPrograms;
  /** From now on the API server uses the members of these nodes. Nodes that go are left out by themselves. */
  follow(nodes: readonly string[]): void;
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

async function assemble(
  options: ClusterOptions,
  directory: string,
  stop: () => Promise<void>,
  onEnd: (end: () => Promise<void>) => void,
): Promise<PlaygroundCluster> {
  const ground = await prepare(options, directory);
  const { pki } = ground;
  const relay = createRelay();
  const nodes = createNodeList(ground.first, ground.places, nodeSettings(options, ground, relay));
  const etcd = followMembers(ground, nodes);
  onEnd(async () => {
    await Promise.all(nodes.all().map((node) => node.powerOff()));
  });
  for (const node of nodes.all()) node.startKubelet();
  const front = keepFront(
    () => nodes.all(),
    relay,
    (version) => startApiServer({ ...serverOptions(options, ground, { nodes, etcd, relay }), version }),
  );
  onEnd(() => front.stop());
  const endpoint = `${ground.front.address}:${ground.front.port(6443)}`;
  const kubeconfig = join(directory, `${ground.name}.kubeconfig`);
  const user = options.access === undefined ? pki.superAdmin : pki.admin;
  await writeKubeconfig(kubeconfig, { name: ground.name, server: `https://${endpoint}`, ca: pki.ca.cert, user });
  await front.waitReady(60_000).catch((error: unknown) => {
    const words = nodes.all().map((node) => `${node.name}: ${node.etcd.output().split('\n').slice(-5).join('\n')}`);
    throw new Error(`the cluster did not start; etcd said\n${words.join('\n')}`, { cause: error });
  });
  await bootstrap(relay, await firstObjects(ground, endpoint));
  onEnd(await beginControllers(relay, ground, options.pace ?? 1));
  return clusterOf(ground, { nodes, etcd, relay, front }, { kubeconfig, server: `https://${endpoint}`, stop });
}

async function firstObjects({ name, flavour, facts, pki }: Ground, endpoint: string): Promise<readonly PlacedObject[]> {
  const ca = await readFile(pki.ca.cert, 'utf8');
  return flavour.firstObjects({ name, kubernetesVersion: facts.kubernetesVersion, endpoint, ca });
}

interface Running {
  readonly nodes: NodeList;
  readonly etcd: ClusterEtcd;
  readonly relay: Relay;
  readonly front: Front;
}

function clusterOf(
  { name, flavour, directory, pki, facts }: Ground,
  { nodes, etcd, relay, front }: Running,
  rest: Pick<PlaygroundCluster, 'kubeconfig' | 'server' | 'stop'>,
): PlaygroundCluster {
  return {
    name,
    flavour,
    directory,
    ...rest,
    pki,
    api: relay,
    get nodes() {
      return nodes.all();
    },
    node(wanted) {
      const found = nodes.find(wanted);
      if (found === undefined) throw new Error(`the cluster has no node ${wanted}`);
      return found;
    },
    addNode: (added, role = 'control-plane', traits = {}) => nodes.add(added, role, traits),
    removeNode: (removed) => nodes.remove(removed),
    install: (node, ring) => flavour.install(node.place, { ...facts, kubernetesVersion: node.version, ...ring }),
    etcd,
    apiServer: front,
    async waitReady(timeoutMs = 60_000) {
      await front.waitReady(timeoutMs);
      const settings = { timeoutMs, everyMs: 100 };
      await waitFor(
        'every node and control-plane pod to be ready',
        () => isReady(relay, nodes.all(), flavour),
        settings,
      );
    },
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

function serverOptions(
  options: ClusterOptions,
  { front, pki, etcdTls }: Ground,
  { nodes, etcd, relay }: Omit<Running, 'front'>,
): ApiServerOptions {
  const access = (options.access ?? defaultAccess)({ pki, api: relay });
  const { guard } = access;
  return {
    etcd: { endpoints: () => etcd.endpoints, tls: etcdTls },
    listen: { host: front.address, port: front.port(6443) },
    tls: { ...pki.apiServer, clientCa: pki.ca.cert },
    rules: createFieldRules(),
    nodeGate: createNodeGate((name) => nodes.find(name)?.agent),
    ...access,
    admission: [...(access.admission ?? []), ...(options.admission ?? [])],
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
