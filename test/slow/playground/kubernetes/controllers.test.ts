import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { at, listAt, textAt } from '../../../../playground/kubernetes/api/reading.ts';
import { type PlaygroundCluster, startCluster } from '../../../../playground/kubernetes/cluster.ts';
import { waitFor } from '../../../../playground/waiting.ts';
import { kubectl } from '../../../support/cluster-pods.ts';

let cluster: PlaygroundCluster;

beforeAll(async () => {
  cluster = await startCluster({ controlPlanes: 1, workers: 3, pace: 0.05 });
  await apply({ name: 'web', namespace: 'default', replicas: 4 });
}, 120_000);
afterAll(() => cluster.stop());

function spec(app: string): object {
  const labels = { app };
  const containers = [{ name: 'app', image: 'registry.k8s.io/pause:3.10' }];
  const template = { metadata: { labels }, spec: { terminationGracePeriodSeconds: 1, containers } };
  return { selector: { matchLabels: labels }, template };
}

/** A Deployment, a budget of one for it, and a DaemonSet. */
async function apply({ name, namespace, replicas }: Record<'name' | 'namespace', string> & { replicas: number }) {
  const budget = { maxUnavailable: 1, selector: { matchLabels: { app: name } } };
  const list = [
    { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name }, spec: { replicas, ...spec(name) } },
    { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: { name }, spec: budget },
    { apiVersion: 'apps/v1', kind: 'DaemonSet', metadata: { name: `${name}-agent` }, spec: spec(`${name}-agent`) },
  ];
  const file = join(cluster.directory, `${namespace}-${name}.json`);
  await writeFile(file, list.map((each) => JSON.stringify(each)).join('\n'));
  return kubectl(cluster, ['-n', namespace, 'apply', '-f', file]);
}

async function items(path: string): Promise<readonly unknown[]> {
  const { body } = await cluster.api.request({ method: 'GET', path });
  return listAt(body, 'items');
}

function webPods(): Promise<readonly unknown[]> {
  return items('/api/v1/namespaces/default/pods?labelSelector=app%3Dweb');
}

async function rolledOut(name: string, kind = 'deployment'): Promise<void> {
  const { code, text } = await kubectl(cluster, ['rollout', 'status', kind, name, '--timeout=30s']);
  expect(code, text).toBe(0);
}

test('kubectl rollout: status, a new image, undo, pause and resume, scale', async () => {
  await rolledOut('web');
  await rolledOut('web-agent', 'daemonset');
  await kubectl(cluster, ['set', 'image', 'deployment/web', 'app=registry.k8s.io/pause:3.11']);
  await rolledOut('web');
  const images = (await webPods()).map((pod) => textAt(listAt(pod, 'spec', 'containers')[0], 'image'));
  await kubectl(cluster, ['rollout', 'undo', 'deployment/web']);
  await rolledOut('web');
  const history = await kubectl(cluster, ['rollout', 'history', 'deployment/web']);
  await kubectl(cluster, ['rollout', 'pause', 'deployment/web']);
  await kubectl(cluster, ['set', 'image', 'deployment/web', 'app=registry.k8s.io/pause:3.12']);
  await kubectl(cluster, ['scale', 'deployment/web', '--replicas=6']);
  await waitFor('six pods', async () => (await webPods()).length === 6);
  const paused = (await webPods()).map((pod) => textAt(listAt(pod, 'spec', 'containers')[0], 'image'));
  await kubectl(cluster, ['rollout', 'resume', 'deployment/web']);
  await rolledOut('web');

  expect([...new Set(images)]).toEqual(['registry.k8s.io/pause:3.11']);
  expect(history.text).toMatch(/2 +<none>\n3 +<none>/);
  expect([...new Set(paused)]).toEqual(['registry.k8s.io/pause:3.10']);
}, 90_000);

test('kubectl drain moves the pods of a Deployment within its budget, and leaves daemons', async () => {
  await rolledOut('web');
  const drained = await kubectl(cluster, ['drain', 'worker-1', '--ignore-daemonsets', '--timeout=60s']);
  const left = await items('/api/v1/pods?fieldSelector=spec.nodeName%3Dworker-1');
  await rolledOut('web');
  const cordoned = await kubectl(cluster, ['get', 'node', 'worker-1', '-o', 'jsonpath={.spec.taints[*].key}']);
  await kubectl(cluster, ['uncordon', 'worker-1']);

  expect(drained.code, drained.text).toBe(0);
  expect(drained.text).toContain('node/worker-1 drained');
  expect(left.map((pod) => textAt(pod, 'metadata', 'labels', 'app'))).toEqual(['web-agent']);
  expect(cordoned.text).toBe('node.kubernetes.io/unschedulable');
}, 90_000);

test('kubectl delete ns takes everything with it', async () => {
  await cluster.api.request({
    method: 'POST',
    path: '/api/v1/namespaces',
    body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } },
  });
  await apply({ name: 'till', namespace: 'shop', replicas: 2 });
  const deleted = await kubectl(cluster, ['delete', 'ns', 'shop', '--timeout=60s']);
  const pods = await items('/api/v1/namespaces/shop/pods');
  const { status } = await cluster.api.request({ method: 'GET', path: '/api/v1/namespaces/shop' });

  expect([deleted.code, pods.length, status]).toEqual([0, 0, 404]);
}, 90_000);

test('a node whose kubelet is silent is unreachable; out of service its pods go; it comes back', async () => {
  const node = '/api/v1/nodes/worker-3';
  async function taints(): Promise<readonly string[]> {
    const { body } = await cluster.api.request({ method: 'GET', path: node });
    return listAt(body, 'spec', 'taints').map((taint) => textAt(taint, 'key').replace('node.kubernetes.io/', ''));
  }
  await rolledOut('web');
  await cluster.node('worker-3').stopKubelet();
  await waitFor('the taints', async () => (await taints()).length === 2);
  const dead = await taints();
  await kubectl(cluster, ['taint', 'node', 'worker-3', 'node.kubernetes.io/out-of-service=nodeshutdown:NoExecute']);
  await waitFor('its pods to go', async () => {
    const pods = await items('/api/v1/pods?fieldSelector=spec.nodeName%3Dworker-3');
    return pods.every((pod) => textAt(pod, 'metadata', 'labels', 'app') !== 'web');
  });
  await rolledOut('web');
  const places = (await webPods()).map((pod) => textAt(pod, 'spec', 'nodeName'));
  cluster.node('worker-3').startKubelet();
  await waitFor('the node to be back', async () => (await taints()).join() === 'out-of-service');

  expect(dead).toEqual(['unreachable', 'unreachable']);
  expect(places).not.toContain('worker-3');
}, 90_000);

test('while the API server is away for longer than the grace of a node, nobody is taken for dead', async () => {
  await kubectl(cluster, ['taint', 'node', 'worker-3', 'node.kubernetes.io/out-of-service-']);
  await cluster.apiServer.down();
  const downSince = performance.now();
  await waitFor('more than the grace', () => performance.now() - downSince > 50_000 * 0.05 * 1.5);
  await cluster.apiServer.up();
  await kubectl(cluster, ['scale', 'deployment/web', '--replicas=3']);
  await waitFor('three pods', async () => (await webPods()).length === 3);
  const nodes = await items('/api/v1/nodes');
  const keys = nodes.flatMap((node) => listAt(node, 'spec', 'taints').map((taint) => at(taint, 'key')));

  expect(keys).toEqual(['node-role.kubernetes.io/control-plane']);
}, 90_000);
