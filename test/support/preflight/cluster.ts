import { gzipSync } from 'node:zlib';
import { type Preflight, type PreflightOrder, planPreflight } from '../../../jobs/steps/preflight/plan-preflight.ts';
import type { JsonObject } from '../../../src/core/json.ts';
import { createFakeKubernetes, type FakeKubernetes, type FakeKubernetesOptions } from '../../fakes/kubernetes.ts';
import { planContext } from '../plan-context.ts';
import { createStepHarness } from '../step-harness.ts';
import { roomNode, roomPod } from './room.ts';

/** Metrics of an API server that nobody asks for anything old. */
export const QUIET_METRICS = 'apiserver_client_certificate_expiration_seconds_bucket{le="604800"} 0\n';

const CONTROL_PLANE = { 'node-role.kubernetes.io/control-plane': '' };

/** A Deployment or DaemonSet of one container. */
export function addOn(
  kind: 'Deployment' | 'DaemonSet',
  name: string,
  image: string,
  counts: { readonly replicas?: number; readonly ready?: number } = {},
): JsonObject {
  const { replicas = 2 } = counts;
  const { ready = replicas } = counts;
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name, namespace: 'kube-system' },
    spec: {
      ...(kind === 'Deployment' ? { replicas } : {}),
      template: { spec: { containers: [{ name: 'main', image }] } },
    },
    status: kind === 'Deployment' ? { readyReplicas: ready } : { desiredNumberScheduled: replicas, numberReady: ready },
  };
}

/** A pod that is well. */
export function wellPod(sample: Parameters<typeof roomPod>[0]): JsonObject {
  return roomPod({
    ...sample,
    status: { phase: 'Running', containerStatuses: [{ ready: true, restartCount: 0 }], conditions: [] },
  });
}

/** A cluster of one node of the control plane and two workers, all well, at v1.30.6. */
export function wellCluster(options: FakeKubernetesOptions = {}): FakeKubernetes {
  const fake = createFakeKubernetes({ version: 'v1.30.6', metrics: QUIET_METRICS, ...options });
  fake.addKind({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    resource: 'endpointslices',
    namespaced: true,
    subresources: [],
  });
  fake.put(roomNode({ name: 'cp-1', labels: CONTROL_PLANE, spec: { taints: [{ key: 'cp', effect: 'NoSchedule' }] } }));
  for (const name of ['w-1', 'w-2']) fake.put(roomNode({ name }));
  for (const name of ['a', 'b', 'c']) {
    const node = name === 'c' ? 'w-2' : 'w-1';
    fake.put(wellPod({ name: `web-${name}`, node, requests: { cpu: '1', memory: '1Gi' } }));
  }
  fake.put(addOn('DaemonSet', 'kube-proxy', 'registry.k8s.io/kube-proxy:v1.30.6', { replicas: 3 }));
  fake.put(addOn('Deployment', 'coredns', 'registry.k8s.io/coredns/coredns:v1.11.1'));
  fake.put({ apiVersion: 'v1', kind: 'Service', metadata: { name: 'kube-dns', namespace: 'kube-system' } });
  return fake;
}

/** An upgrade of the control plane to the next minor version, its node first leaving. */
export const NEXT_MINOR: PreflightOrder = {
  from: 'v1.30.6',
  to: 'v1.31.4',
  controlPlane: true,
  groups: [],
  leaving: { nodes: ['cp-1'], surge: 1, unavailable: 0 },
};

/** A pre-flight as a plan has it done. */
export async function preflightOf(
  fake: FakeKubernetes,
  order: Partial<PreflightOrder> = {},
  management: FakeKubernetes | null = null,
): Promise<Preflight> {
  const harness = createStepHarness({
    kubernetes: fake.port,
    cluster: { platform: 'cluster-api', management: management === null ? null : { namespace: 'clusters' } },
    extra: management === null ? {} : { management: management.port },
  });
  return await planPreflight(planContext(harness), { ...NEXT_MINOR, ...order });
}

/** The checks of it in one line each. */
export async function checksOf(fake: FakeKubernetes, order: Partial<PreflightOrder> = {}): Promise<readonly string[]> {
  const { checks } = await preflightOf(fake, order);
  return checks.map(({ id, verdict, evidence }) => `${id} ${verdict}: ${evidence}`);
}

/** The check of this id in one line. */
export async function checkOf(fake: FakeKubernetes, id: string, order: Partial<PreflightOrder> = {}): Promise<string> {
  const found = (await checksOf(fake, order)).filter((line) => line.startsWith(`${id} `));
  return found.join('\n').slice(id.length + 1);
}

/** A release of Helm as Helm stores it. */
export function helmSecret(name: string, release: JsonObject, data?: string): JsonObject {
  const packed = gzipSync(Buffer.from(JSON.stringify(release)), { level: 1 }).toString('base64');
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'helm.sh/release.v1',
    metadata: {
      name: `sh.helm.release.v1.${name}.v1`,
      namespace: 'web',
      labels: { owner: 'helm', status: 'deployed', name },
    },
    data: { release: data ?? Buffer.from(packed).toString('base64') },
  };
}
