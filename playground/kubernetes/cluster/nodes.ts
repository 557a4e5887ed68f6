import { existsSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { get } from 'node:http';
import type { LocalApi } from '../contracts.ts';
import { type Component, clientUrl, type Flavour, peerUrl } from '../flavour.ts';
import { createNodeAgent, type NodeAgent, type NodeAgentOptions } from '../node/agent.ts';
import type { ContainerRun } from '../node/containers.ts';
import { logPath } from '../node/log-files.ts';
import { type NodePlace, rootOf } from '../node/place.ts';
import { podKey } from '../node/pod-spec.ts';
import type { PodWorker } from '../node/pod-worker.ts';

/** The etcd process of a control-plane node. */
export interface NodeEtcd {
  /** Undefined while it is down. */
  pid(): number | undefined;
  /** SIGKILL; the kubelet starts it again. */
  kill(): Promise<void>;
  /** SIGSTOP: connections stay, nothing answers. The liveness probe ends it after about two minutes. */
  freeze(): void;
  /** SIGCONT. */
  thaw(): void;
  /** Whether a linearizable read through it works now. */
  healthy(): Promise<boolean>;
  /** What it wrote since its last start. */
  output(): string;
}

/** One node of the cluster, with what tests and faults need. */
export interface ClusterNode {
  readonly name: string;
  readonly address: string;
  readonly role: 'control-plane' | 'worker';
  /** Of its kubelet, and of what a control plane installs on it: `v1.36.2`. */
  readonly version: string;
  /** The directory that is `/` of the node. */
  readonly root: string;
  readonly place: NodePlace;
  readonly agent: NodeAgent;
  /** etcd's URLs on a control-plane node. */
  readonly clientUrl: string;
  readonly peerUrl: string;
  /** On workers it never runs. */
  readonly etcd: NodeEtcd;
  /** Starts the kubelet. @throws Error for a machine that was taken away: who still works on it has not heard. */
  startKubelet(): void;
  /** Stops the kubelet: the node stops reporting, its containers go on. */
  stopKubelet(): Promise<void>;
  /** Kubelet and all containers end at once; {@link startKubelet} boots it again. */
  powerOff(): Promise<void>;
  /** Powers it off for good. What was on it is deleted. */
  takeAway(): Promise<void>;
  /** Whether the container of a component's static pod runs. */
  runs(component: Component): boolean;
}

/** What a further node has of its own; all optional. */
export interface NodeTraits {
  /** Default: the first nodes'. */
  readonly version?: string;
  /** Labels that its kubelet registers with, beside those of its role. */
  readonly labels?: Readonly<Record<string, string>>;
}

/** What all nodes of a cluster share. */
export interface NodeSettings extends Pick<NodeAgentOptions, 'images' | 'pace' | 'backOff'> {
  readonly kubeletVersion: string;
  readonly api: LocalApi;
  readonly flavour: Flavour;
  readonly removeWhenOrphaned: readonly string[];
}

/** Makes a node; its kubelet is not started yet. */
export function createClusterNode(
  place: NodePlace,
  index: number,
  role: ClusterNode['role'],
  settings: NodeSettings,
  { version = settings.kubeletVersion, labels }: NodeTraits = {},
): ClusterNode {
  const { flavour } = settings;
  const ofRole = role === 'control-plane' ? flavour.controlPlane : { labels: flavour.workerLabels, taints: [] };
  const agent = createNodeAgent({
    ...settings,
    kubeletVersion: version,
    place,
    index,
    ...ofRole,
    labels: { ...ofRole.labels, ...labels },
  });
  function workerOf(component: Component): PodWorker | undefined {
    return agent.worker(podKey({ metadata: flavour.podOf(component, place.name) }));
  }
  function etcdLog(): string {
    const worker = workerOf('etcd');
    if (worker === undefined) return '';
    const name = flavour.containerOf('etcd');
    const restarts = worker.containers().find((each) => each.spec.name === name)?.restarts ?? 0;
    return textOf(logPath(place, worker.pod, name, restarts));
  }
  function container(component: Component): ContainerRun | undefined {
    return workerOf(component)?.running(flavour.containerOf(component));
  }
  return {
    name: place.name,
    address: place.address,
    role,
    version,
    root: rootOf(place),
    place,
    agent,
    clientUrl: clientUrl(place),
    peerUrl: peerUrl(place),
    etcd: {
      pid: () => container('etcd')?.pid,
      async kill() {
        await workerOf('etcd')?.killContainer(flavour.containerOf('etcd'));
      },
      freeze: () => container('etcd')?.signal('SIGSTOP'),
      thaw: () => container('etcd')?.signal('SIGCONT'),
      healthy: () => (container('etcd') === undefined ? Promise.resolve(false) : answersHealthy(place)),
      output: etcdLog,
    },
    ...powerOf(place, agent),
    runs: (component) => container(component) !== undefined,
  };
}

/** What switches a machine on and off, until it is taken away. */
function powerOf(
  place: NodePlace,
  agent: NodeAgent,
): Pick<ClusterNode, 'startKubelet' | 'stopKubelet' | 'powerOff' | 'takeAway'> {
  let isGone = false;
  return {
    startKubelet() {
      if (isGone) throw new Error(`the machine ${place.name} was taken away`);
      agent.start();
    },
    stopKubelet: () => agent.stop(),
    powerOff: () => agent.powerOff(),
    async takeAway() {
      isGone = true;
      await agent.powerOff();
      await rm(place.directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
    },
  };
}

function textOf(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

function answersHealthy(place: NodePlace): Promise<boolean> {
  return new Promise((resolve) => {
    const options = {
      host: place.address,
      port: place.port(2381),
      path: '/health',
      agent: false as const,
      timeout: 2_000,
    };
    const request = get(options, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.once('timeout', () => request.destroy(new Error('no answer')));
    request.once('error', () => resolve(false));
  });
}
