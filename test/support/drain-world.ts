import type { JsonObject } from '../../src/core/json.ts';
import type { KubernetesObject, KubernetesPort } from '../../src/core/ports/kubernetes.ts';
import { createFakeKubernetes, type FakeKubernetes } from '../fakes/kubernetes.ts';
import { treeAt } from '../fakes/kubernetes-fields.ts';
import { type Controllers, createControllers, dataOf } from './drain-controllers.ts';
import { controlledBy, type DeploymentSpec, nodeObject, podObject, WEB } from './drain-objects.ts';
import { createFakeClock, type FakeClock } from './fake-clock.ts';

/** What a test may set. */
export interface DrainWorldOptions {
  /** Default 3. */
  readonly workers?: number;
  /** Default 1. */
  readonly controlPlanes?: number;
  readonly deployments?: readonly DeploymentSpec[];
  /** Default: one of its own. */
  readonly clock?: FakeClock;
}

/** A cluster in fake time whose controllers, scheduler and kubelets do their work before each look at it. */
export interface DrainWorld {
  readonly clock: FakeClock;
  readonly fake: FakeKubernetes;
  readonly port: KubernetesPort;
  /** Names of pods that never end by themselves. */
  readonly stuck: Set<string>;
  /** Names of Deployments whose new pods never become ready. */
  readonly sick: Set<string>;
  /** Names of pods that not even force ends. */
  readonly keepsFinalizers: Set<string>;
  /** Uids of pods whose end was asked for, dry runs left out, as often as it was. */
  readonly asked: readonly string[];
  /** Names of the pods on a node, those of daemon sets left out. */
  podsOn(node: string): readonly string[];
  isCordoned(node: string): boolean;
  /** Names of the pods of this Deployment that are ready. */
  ready(deployment: string): number;
  /** The fewest ready pods that this Deployment had since the beginning. */
  leastReady(deployment: string): number;
  addPod(pod: JsonObject): KubernetesObject;
  /** Changes fields of a node, as somebody else. */
  setNode(name: string, change: JsonObject): void;
  /** Changes the spec of the budget of a Deployment, as somebody else. */
  setBudget(name: string, spec: JsonObject): void;
  /** Lets something happen so long from now, before the next look. */
  later(afterMs: number, happens: () => void): void;
  /** Lets something happen once, before the first look after a pod was asked to go. */
  afterFirst(happens: () => void): void;
}

/** Makes a cluster of nodes `worker-N` and `cp-N`, each with one pod of a daemon set. */
export function createDrainWorld(options: DrainWorldOptions = {}): DrainWorld {
  const { workers = 3, controlPlanes = 1, deployments = [], clock = createFakeClock() } = options;
  const now = (): string => `${new Date(clock.nowMs()).toISOString().slice(0, 19)}Z`;
  const fake = createFakeKubernetes({ now });
  const resource = 'replicationcontrollers';
  fake.addKind({ apiVersion: 'v1', kind: 'ReplicationController', resource, namespaced: true, subresources: [] });
  fake.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kube-system', uid: 'uid-of-kube-system' } });
  const names = [...numbered('worker', workers), ...numbered('cp', controlPlanes)];
  const asked: string[] = [];
  const due: Due[] = [];
  const controllers = createControllers({ fake, clock, deployments, nodes: names });
  for (const name of names) fake.put(nodeObject(name));
  const daemons = fake.put({
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { namespace: 'kube-system', name: 'proxy' },
    status: {},
  });
  const owner = controlledBy('apps/v1', 'DaemonSet', 'proxy', daemons.metadata.uid);
  for (const node of names)
    controllers.add(podObject({ namespace: 'kube-system', name: `proxy-${node}`, node, owner }));
  controllers.settle();
  // What was there before the test begins has become ready.
  for (const { startMs = 2000 } of deployments) controllers.settle(clock.nowMs() + startMs);
  controllers.forget();
  return {
    clock,
    fake,
    port: watched(fake, asked, controllers, due),
    stuck: controllers.stuck,
    sick: controllers.sick,
    keepsFinalizers: controllers.keepsFinalizers,
    asked,
    podsOn: (node) =>
      controllers
        .pods()
        .filter((pod) => treeAt(dataOf(pod), 'spec')['nodeName'] === node && pod.metadata.namespace !== 'kube-system')
        .map(({ metadata }) => metadata.name),
    isCordoned: (name) => treeAt(nodeNamed(fake, name), 'spec')['unschedulable'] === true,
    ready: (deployment) => controllers.ready(deployment),
    leastReady: (deployment) => controllers.least(deployment),
    addPod: (pod) => controllers.add(pod),
    setNode(name, change) {
      const node = nodeNamed(fake, name);
      const part = (field: string): JsonObject => ({ ...treeAt(node, field), ...treeAt(change, field) });
      fake.put({ ...node, metadata: part('metadata'), spec: part('spec'), status: part('status') });
      controllers.touch();
    },
    setBudget(name, spec) {
      const ref = { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', namespace: WEB, name };
      const budget = fake.read(ref);
      if (budget === null) throw new Error(`there is no budget ${name}`);
      const { selector = null } = treeAt(dataOf(budget), 'spec');
      fake.put({ ...dataOf(budget), spec: { selector, ...spec } });
      controllers.touch();
    },
    later(afterMs, happens) {
      const atMs = clock.nowMs() + afterMs;
      due.push({ isDue: () => clock.nowMs() >= atMs, happens });
    },
    afterFirst(happens) {
      due.push({ isDue: () => asked.length > 0, happens });
    },
  };
}

function numbered(prefix: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, at) => `${prefix}-${at + 1}`);
}

function nodeNamed(fake: FakeKubernetes, name: string): JsonObject {
  const node = fake.read({ apiVersion: 'v1', kind: 'Node', namespace: null, name });
  if (node === null) throw new Error(`there is no node ${name}`);
  return dataOf(node);
}

/** Something that happens by itself. */
interface Due {
  isDue(): boolean;
  happens(): void;
}

/** The port, before each of whose calls the controllers work. */
function watched({ port }: FakeKubernetes, asked: string[], controllers: Controllers, due: Due[]): KubernetesPort {
  const settle = (): void => {
    for (const each of due.filter((one) => one.isDue())) {
      due.splice(due.indexOf(each), 1);
      each.happens();
      controllers.touch();
    }
    controllers.settle();
  };
  return {
    ...port,
    patchMerge: async (...given) => {
      settle();
      controllers.touch();
      return await port.patchMerge(...given);
    },
    get: async (...given) => {
      settle();
      return await port.get(...given);
    },
    list: async (...given) => {
      settle();
      return await port.list(...given);
    },
    eachPage: async (...given) => {
      settle();
      return await port.eachPage(...given);
    },
    evict: async (pod, how) => {
      settle();
      controllers.touch();
      if (how.dryRun !== true) asked.push(pod.uid);
      return await port.evict(pod, how);
    },
    delete: async (ref, how) => {
      settle();
      controllers.touch();
      if (how.dryRun !== true) asked.push(how.preconditions.uid ?? '');
      return await port.delete(ref, how);
    },
  };
}
