import { afterAll, beforeAll, expect, test } from 'vitest';
import { definitions } from '../../../playground/cluster-api/definitions.ts';
import { NAMESPACE, shapeOf } from '../../../playground/cluster-api/shape.ts';
import { APPLICATION, APPLICATIONS, TRACKING_ID } from '../../../playground/gitops/application.ts';
import { createArgo } from '../../../playground/gitops/argocd.ts';
import { listAt, textAt } from '../../../playground/kubernetes/api/reading.ts';
import { type PlaygroundCluster, startCluster } from '../../../playground/kubernetes/cluster.ts';
import type { Fields } from '../../../playground/kubernetes/contracts.ts';
import { waitFor } from '../../../playground/waiting.ts';
import { deployWorkload, type SampleWorkload } from '../../../playground/workload/workload.ts';
import { aPlane } from '../../support/argo-objects.ts';
import { kubectl } from '../../support/cluster-pods.ts';

/** The sample workload and Argo CD by themselves, on one cluster without Cluster API's controllers. */
let cluster: PlaygroundCluster;
let workload: SampleWorkload;

beforeAll(async () => {
  cluster = await startCluster({ controlPlanes: 1, workers: 3, pace: 0.2 });
  workload = await deployWorkload(cluster.api);
}, 120_000);

afterAll(async () => {
  workload.stop();
  await cluster.stop();
});

async function drain(node: string, timeout: string) {
  return await kubectl(cluster, ['drain', node, '--ignore-daemonsets', `--timeout=${timeout}`]);
}

async function whole(): Promise<void> {
  await kubectl(cluster, ['uncordon', 'worker-1', 'worker-2', 'worker-3']);
  await waitFor('all pods to be ready', () => workload.now().ready === 10);
}

test('ten pods are ready, and a drain never takes more than its budget allows', async () => {
  expect(workload.now()).toMatchObject({ ready: 10, needed: 8, wanted: 10 });
  const drained = await drain('worker-1', '60s');
  await whole();

  expect(drained.code, drained.text).toBe(0);
  expect(workload.lowest()).toMatchObject({ ready: expect.any(Number), needed: 8 });
  expect(workload.lowest().ready).toBeGreaterThanOrEqual(8);
  expect(workload.history().some(({ ready }) => ready < 10)).toBe(true);
  const again = await deployWorkload(cluster.api);
  again.stop();
  expect(again.now().ready).toBe(10);
}, 90_000);

test('a budget that needs all pods lets none go', async () => {
  const since = Date.now();
  await workload.setNeeded(10);
  await waitFor('the budget to be looked at', () => workload.now().needed === 10);
  const drained = await drain('worker-2', '2s');
  await workload.setNeeded(8);
  await whole();

  expect(drained.code).not.toBe(0);
  expect(drained.text).toContain("violate the pod's disruption budget");
  expect(workload.lowest(since).ready).toBe(10);
}, 60_000);

test('pods that are held end and do not go, until they are released', async () => {
  const held = await workload.holdPods();
  const drained = await drain('worker-3', '5s');
  await workload.releasePods();
  const again = await drain('worker-3', '30s');
  await whole();

  expect(held.length).toBeGreaterThan(1);
  expect(drained.code).not.toBe(0);
  expect(held.some((name) => drained.text.includes(name))).toBe(true);
  expect(again.code, again.text).toBe(0);
}, 90_000);

const SHAPE = shapeOf('v1beta2');
const PLANE = `${SHAPE.controlPlanes}/capi-control-plane`;

async function put(path: string, body: Fields): Promise<void> {
  const { status } = await cluster.api.request({ method: 'POST', path, body });
  expect(status).toBe(201);
}

async function change(version: string): Promise<void> {
  await cluster.api.request({ method: 'PATCH', path: PLANE, body: { spec: { version } }, agent: 'somebody' });
}

async function plane(): Promise<unknown> {
  return (await cluster.api.request({ method: 'GET', path: PLANE })).body;
}

async function isAt(version: string): Promise<boolean> {
  return textAt(await plane(), 'spec', 'version') === version;
}

test('Argo CD takes back what others change, takes commits over, and leaves nothing behind', async () => {
  for (const definition of definitions('v1beta2'))
    await put('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', definition);
  await put('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } });
  await waitFor('control planes to be served', async () => {
    return (await cluster.api.request({ method: 'GET', path: SHAPE.controlPlanes })).status === 200;
  });
  await put(SHAPE.controlPlanes, aPlane({ spec: { replicas: 3, version: 'v1.30.6', machineTemplate: {} } }));
  const argo = createArgo(cluster.api, { collections: [SHAPE.controlPlanes], namespace: NAMESPACE, healAfterMs: 300 });
  await argo.turnOn();
  const tracked = textAt(await plane(), 'metadata', 'annotations', TRACKING_ID);
  await change('v1.31.4');
  await waitFor('the change to be taken back', async () => await isAt('v1.30.6'));
  const managers = listAt(await plane(), 'metadata', 'managedFields').map((each) => textAt(each, 'manager'));
  argo.commit({ kind: 'KubeadmControlPlane', name: 'capi-control-plane' }, { spec: { version: 'v1.31.4' } });
  await waitFor('the commit to be taken over', async () => await isAt('v1.31.4'));
  const heals = argo.heals();
  await argo.turnOff();
  await change('v1.32.0');

  expect(tracked).toBe(
    'capi-clusters:controlplane.cluster.x-k8s.io/KubeadmControlPlane:capi-clusters/capi-control-plane',
  );
  expect(managers).toContain('argocd-controller');
  expect([heals, argo.isOn()]).toEqual([1, false]);
  expect(await isAt('v1.32.0')).toBe(true);
  expect(textAt(await plane(), 'metadata', 'annotations', TRACKING_ID)).toBe('');
  expect((await cluster.api.request({ method: 'GET', path: `${APPLICATIONS}/${APPLICATION}` })).status).toBe(404);
  await argo.turnOn();
  await argo.turnOff();
}, 60_000);
