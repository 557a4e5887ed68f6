import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { committedWatch } from '../../jobs/steps/gitops/committed-watch.ts';
import { planGitops } from '../../jobs/steps/gitops/plan-gitops.ts';
import { definitions } from '../../playground/cluster-api/definitions.ts';
import { NAMESPACE, shapeOf } from '../../playground/cluster-api/shape.ts';
import { type Argo, createArgo } from '../../playground/gitops/argocd.ts';
import { textAt } from '../../playground/kubernetes/api/reading.ts';
import { type PlaygroundCluster, startCluster } from '../../playground/kubernetes/cluster.ts';
import type { Fields } from '../../playground/kubernetes/contracts.ts';
import { waitFor } from '../../playground/waiting.ts';
import { openKubernetes } from '../../src/adapters/kubernetes/open.ts';
import type { KubernetesPort } from '../../src/core/ports/kubernetes.ts';
import { aPlane } from '../support/argo-objects.ts';
import type { FakeClock } from '../support/fake-clock.ts';
import { gitopsRunbook } from '../support/gitops-scene.ts';
import { createStepHarness } from '../support/step-harness.ts';

/** The steps beside an Argo CD that heals by itself, over the real access to an API server. Their time runs faster. */
let cluster: PlaygroundCluster;
let kubernetes: KubernetesPort;
let argo: Argo;
const SHAPE = shapeOf('v1beta2');
const PLANE = `${SHAPE.controlPlanes}/capi-control-plane`;
const FASTER = 30;

beforeAll(async () => {
  cluster = await startCluster({ controlPlanes: 1, workers: 0, pace: 0.2 });
  kubernetes = openKubernetes({ kubeconfig: cluster.kubeconfig });
  for (const definition of definitions('v1beta2'))
    await put('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', definition);
  await put('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } });
  await waitFor('control planes to be served', async () => {
    return (await cluster.api.request({ method: 'GET', path: SHAPE.controlPlanes })).status === 200;
  });
  await put(SHAPE.controlPlanes, aPlane({ spec: { replicas: 3, version: 'v1.30.6', machineTemplate: {} } }));
  argo = createArgo(cluster.api, { collections: [SHAPE.controlPlanes], namespace: NAMESPACE, healAfterMs: 200 });
  await argo.turnOn();
}, 120_000);

afterAll(async () => {
  argo.stop();
  await kubernetes.close();
  await cluster.stop();
});

async function put(path: string, body: Fields): Promise<void> {
  expect((await cluster.api.request({ method: 'POST', path, body })).status).toBe(201);
}

async function change(to: string): Promise<void> {
  await cluster.api.request({ method: 'PATCH', path: PLANE, body: { spec: { version: to } }, agent: 'drydock' });
}

async function version(): Promise<string> {
  return textAt((await cluster.api.request({ method: 'GET', path: PLANE })).body, 'spec', 'version');
}

async function rest(ms: number, signal?: AbortSignal): Promise<void> {
  await sleep(ms / FASTER, undefined, signal === undefined ? {} : { signal });
}

function quick(): FakeClock {
  const beganMs = Date.now();
  const nowMs = (): number => beganMs + (Date.now() - beganMs) * FASTER;
  return {
    nowMs,
    nowIso: () => new Date(nowMs()).toISOString(),
    sleep: rest,
    advance: rest,
    advanceToNext: async () => await sleep(10, true),
    sleepers: () => 0,
  };
}

test('a self-healing Application is caught in the plan, suspended, and followed again once Git has the change', async () => {
  const harness = createStepHarness({ clock: quick(), extra: { management: kubernetes }, runId: 'upgrade-capi-7f3k' });
  const ref = { ...SHAPE_OF_PLANE, namespace: NAMESPACE, name: 'capi-control-plane' };
  const got = await kubernetes.get(ref, { timeoutMs: 5000 });
  const uid = got.ok ? got.value.metadata.uid : '';
  const merge = { spec: { version: 'v1.31.4' } };
  const patch = { cluster: 'management', ref, uid, paths: [['spec', 'version']], merge } as const;
  const { ports, clock } = harness;
  const { signal } = new AbortController();
  const { nowMs, nowIso } = { nowMs: () => clock.nowMs(), nowIso: () => clock.nowIso() };
  const context = { ports, cluster: harness.cluster, signal, nowMs, nowIso, pause: rest };
  const blocked = await planGitops(context, [patch], { suspend: false });
  const plan = await planGitops(context, [patch], { suspend: true });
  const input = plan.linesAfter[0]?.gates?.[0]?.watch?.input ?? null;
  const look = async () => await committedWatch.look({ ...context, outputs: harness.outputs }, input);
  const steps = [...plan.linesBefore, ...plan.linesAfter].map(({ step }) => step);
  const seen: unknown[] = [];

  const end = await harness.run(gitopsRunbook, steps, {
    before: async (index) => {
      if (index === 0) return;
      await change('v1.31.4');
      await sleep(1000);
      seen.push(await version(), await look());
      await argo.commitLive();
      await waitFor('the commit to be seen', async () => (await look()) !== null);
    },
  });

  expect(blocked.checks).toMatchObject([{ verdict: 'block', evidence: expect.stringContaining('selfHeal') }]);
  expect(blocked.files[0]?.text).toContain('# spec.version: v1.30.6 becomes v1.31.4');
  expect(plan.checks).toMatchObject([{ verdict: 'warn' }]);
  expect(seen).toEqual(['v1.31.4', null]);
  expect(end, end.note).toMatchObject({ kind: 'done' });
  expect([await version(), argo.heals()]).toEqual(['v1.31.4', 0]);
  await change('v1.31.9');
  await waitFor('Git to be followed again', async () => (await version()) === 'v1.31.4');
}, 60_000);

const SHAPE_OF_PLANE = { apiVersion: 'controlplane.cluster.x-k8s.io/v1beta2', kind: 'KubeadmControlPlane' } as const;
