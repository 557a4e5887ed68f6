import { JsonObject } from '../../src/core/json.ts';
import type { KubernetesObject } from '../../src/core/ports/kubernetes.ts';
import type { FakeKubernetes } from '../fakes/kubernetes.ts';
import { treeAt } from '../fakes/kubernetes-fields.ts';
import { controlledBy, type DeploymentSpec, podObject, podStatus, WEB } from './drain-objects.ts';
import type { FakeClock } from './fake-clock.ts';

/** What the controllers work on. */
export interface Ground {
  readonly fake: FakeKubernetes;
  readonly clock: FakeClock;
  readonly deployments: readonly DeploymentSpec[];
  readonly nodes: readonly string[];
}

/** Kubelets, the scheduler, and the controllers of Deployments and budgets: as much of each as a drain meets. */
export interface Controllers {
  readonly stuck: Set<string>;
  readonly sick: Set<string>;
  readonly keepsFinalizers: Set<string>;
  /** Does everything that is due at this time, ms; default: now. */
  settle(atMs?: number): void;
  add(pod: JsonObject): KubernetesObject;
  pods(): readonly KubernetesObject[];
  ready(deployment: string): number;
  least(deployment: string): number;
  /** Somebody changed something: there may be something to do at the same time again. */
  touch(): void;
  /** Forgets how few pods were ready. */
  forget(): void;
}

interface Deployed extends DeploymentSpec {
  readonly owner: JsonObject;
}

/** The object as data. */
export function dataOf(object: KubernetesObject): JsonObject {
  return JsonObject.parse(object);
}

export function createControllers({ fake, clock, deployments, nodes }: Ground): Controllers {
  const stuck = new Set<string>();
  const sick = new Set<string>();
  const keepsFinalizers = new Set<string>();
  const refs = new Map<string, { readonly namespace: string; readonly name: string }>();
  const boundAt = new Map<string, number>();
  const endingSince = new Map<string, number>();
  const least = new Map<string, number>();
  let nth = 0;
  let settledMs = 0;
  let isDirty = true;

  const read = ({ namespace, name }: { readonly namespace: string; readonly name: string }): KubernetesObject | null =>
    fake.read({ apiVersion: 'v1', kind: 'Pod', namespace, name });
  let seen: readonly KubernetesObject[] | null = null;
  const pods = (): readonly KubernetesObject[] => (seen ??= [...refs.values()].flatMap((ref) => read(ref) ?? []));
  const put = (object: JsonObject): KubernetesObject => {
    seen = null;
    return fake.put(object);
  };
  const add = (pod: JsonObject): KubernetesObject => {
    const made = put(pod);
    isDirty = true;
    refs.set(made.metadata.uid, { namespace: made.metadata.namespace ?? '', name: made.metadata.name });
    return made;
  };
  const deployed = deployments.map((spec) => deploy(fake, spec));

  function settle(atMs: number = clock.nowMs()): void {
    if (atMs === settledMs && !isDirty) return;
    settledMs = atMs;
    isDirty = false;
    seen = null;
    endPods(atMs);
    for (const spec of deployed) replace(spec);
    schedule(atMs);
    for (const spec of deployed) start(spec, atMs);
    for (const spec of deployed) count(spec);
  }
  function endPods(atMs: number): void {
    for (const pod of pods()) {
      const { uid, name, namespace = '', deletionTimestamp, deletionGracePeriodSeconds } = pod.metadata;
      if (deletionTimestamp === undefined) continue;
      const since = endingSince.get(uid) ?? atMs;
      endingSince.set(uid, since);
      const isForced = deletionGracePeriodSeconds === 0;
      if (keepsFinalizers.has(name)) continue;
      if (!isForced && (stuck.has(name) || atMs - since < Number(deletionGracePeriodSeconds ?? 0) * 1000)) continue;
      fake.finish({ apiVersion: 'v1', kind: 'Pod', namespace, name });
      refs.delete(uid);
      seen = null;
    }
  }
  function replace({ name, replicas, owner, graceSeconds = 2, pod = {} }: Deployed): void {
    for (let there = live(name).length; there < replicas; there += 1) {
      nth += 1;
      const spec = { terminationGracePeriodSeconds: graceSeconds, ...pod };
      add(podObject({ name: `${name}-${nth}`, node: null, labels: { app: name }, owner, spec }));
    }
  }
  function live(deployment: string): readonly KubernetesObject[] {
    return pods().filter(({ metadata }) => {
      return metadata.labels?.['app'] === deployment && metadata.deletionTimestamp === undefined;
    });
  }
  function schedule(atMs: number): void {
    for (const pod of pods()) {
      const data = dataOf(pod);
      if (treeAt(data, 'spec')['nodeName'] !== undefined || pod.metadata.deletionTimestamp !== undefined) continue;
      const node = roomiest();
      if (node === null) continue;
      boundAt.set(pod.metadata.uid, atMs);
      put({ ...data, spec: { ...treeAt(data, 'spec'), nodeName: node }, status: podStatus('Running', false) });
    }
  }
  function roomiest(): string | null {
    const open = nodes.filter((name) => {
      const node = fake.read({ apiVersion: 'v1', kind: 'Node', namespace: null, name });
      return node !== null && !name.startsWith('cp-') && treeAt(dataOf(node), 'spec')['unschedulable'] !== true;
    });
    const names = pods().map((pod) => treeAt(dataOf(pod), 'spec')['nodeName']);
    const load = new Map(open.map((name) => [name, names.filter((each) => each === name).length]));
    return open.toSorted((a, b) => (load.get(a) ?? 0) - (load.get(b) ?? 0))[0] ?? null;
  }
  function start({ name, startMs = 2000 }: Deployed, atMs: number): void {
    for (const pod of live(name)) {
      const bound = boundAt.get(pod.metadata.uid);
      if (bound === undefined || isReady(pod) || sick.has(name) || atMs - bound < startMs) continue;
      put({ ...dataOf(pod), status: podStatus('Running', true) });
    }
  }
  function ready(deployment: string): number {
    return live(deployment).filter(isReady).length;
  }
  function count(spec: Deployed): void {
    const { name, replicas } = spec;
    const healthy = ready(name);
    least.set(name, Math.min(least.get(name) ?? replicas, healthy));
    tellDeployment(fake, spec, healthy);
    if (spec.budget !== undefined) tellBudget(fake, name, replicas, healthy);
  }
  return {
    stuck,
    sick,
    keepsFinalizers,
    settle,
    add,
    pods,
    ready,
    least: (name) => least.get(name) ?? 0,
    forget() {
      least.clear();
    },
    touch() {
      isDirty = true;
      seen = null;
    },
  };
}

function isReady(pod: KubernetesObject): boolean {
  const conditions = treeAt(dataOf(pod), 'status')['conditions'];
  return JSON.stringify(conditions ?? '').includes('{"type":"Ready","status":"True"}');
}

function deploy(fake: FakeKubernetes, spec: DeploymentSpec): Deployed {
  const { name, replicas, budget } = spec;
  const metadata = { namespace: WEB, name };
  const deployment = fake.put({ apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec: { replicas }, status: {} });
  const above = controlledBy('apps/v1', 'Deployment', name, deployment.metadata.uid);
  const set = fake.put({
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { namespace: WEB, name: `${name}-set`, ownerReferences: [above] },
    spec: { replicas },
    status: {},
  });
  if (budget !== undefined) {
    const selector = { matchLabels: { app: name } };
    fake.put({ apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata, spec: { selector, ...budget } });
  }
  return { ...spec, owner: controlledBy('apps/v1', 'ReplicaSet', `${name}-set`, set.metadata.uid) };
}

function tellDeployment(fake: FakeKubernetes, { name, replicas }: DeploymentSpec, ready: number): void {
  for (const [kind, of] of [
    ['Deployment', name],
    ['ReplicaSet', `${name}-set`],
  ] as const) {
    const object = fake.read({ apiVersion: 'apps/v1', kind, namespace: WEB, name: of });
    if (object === null || treeAt(dataOf(object), 'status')['readyReplicas'] === ready) continue;
    fake.put({ ...dataOf(object), status: { replicas, readyReplicas: ready } });
  }
}

/** Source: kube-controller-manager pkg/controller/disruption. */
function tellBudget(fake: FakeKubernetes, name: string, expected: number, healthy: number): void {
  const budget = fake.read({ apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', namespace: WEB, name });
  if (budget === null) return;
  const { minAvailable, maxUnavailable } = treeAt(dataOf(budget), 'spec');
  const desired = typeof minAvailable === 'number' ? minAvailable : expected - Number(maxUnavailable ?? 0);
  const status = {
    observedGeneration: budget.metadata.generation ?? 1,
    disruptionsAllowed: Math.max(0, healthy - desired),
    currentHealthy: healthy,
    desiredHealthy: desired,
    expectedPods: expected,
    disruptedPods: {},
  };
  fake.put({ ...dataOf(budget), status });
}
