import { expect, test } from 'vitest';
import { z } from 'zod';
import { pauseForeignStep, resumeForeignCleanup } from '../../../jobs/steps/pause-foreign-step.ts';
import { readRing } from '../../../jobs/steps/read-ring.ts';
import { plannedRing } from '../../../src/core/etcd/expected-ring.ts';
import type { ForeignPause } from '../../../src/core/etcd/foreign.ts';
import { RUN_LABEL } from '../../../src/core/kubernetes/node-shell.ts';
import { defineRunbook } from '../../../src/core/runbook.ts';
import { createFakeKubernetes, type FakeKubernetes } from '../../fakes/kubernetes.ts';
import { type CrashPoint, createStepHarness, type StepHarness } from '../../support/step-harness.ts';

const CONFIG_MAP = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  namespace: 'openshift-etcd-operator',
  name: 'etcd-disable-defrag',
};
const NODE = { apiVersion: 'v1', kind: 'ServiceAccount', namespace: 'openshift-etcd-operator', name: 'checked' };
const ANNOTATION = 'cluster.x-k8s.io/paused';

const runbook = defineRunbook({
  id: 'pause',
  version: 1,
  title: 'Pause',
  params: z.strictObject({}),
  needs: ['etcd'],
  steps: [pauseForeignStep],
  cleanups: [resumeForeignCleanup],
  locks: () => [],
  plan: async () => await Promise.reject(new Error('not planned here')),
});

async function paused(
  before: (fake: FakeKubernetes) => void = () => undefined,
  crash?: CrashPoint,
): Promise<{ readonly fake: FakeKubernetes; readonly harness: StepHarness; readonly kind: string }> {
  const fake = createFakeKubernetes();
  fake.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: CONFIG_MAP.namespace } });
  const checked = fake.put({
    apiVersion: NODE.apiVersion,
    kind: NODE.kind,
    metadata: { name: NODE.name, namespace: NODE.namespace },
  });
  before(fake);
  const harness = createStepHarness({
    kubernetes: fake.port,
    runId: 'replace-ocp-7f3k',
    cluster: { platform: 'openshift' },
  });
  const { ring } = await readRing({ etcd: harness.etcd.port, signal: new AbortController().signal, quotaBytes: null });
  if (ring === null) throw new Error('nobody answers');
  const pauses: ForeignPause[] = [
    { kind: 'config-map', namespace: CONFIG_MAP.namespace, name: CONFIG_MAP.name, words: 'its defragmentation' },
    {
      kind: 'annotation',
      apiVersion: NODE.apiVersion,
      objectKind: NODE.kind,
      namespace: NODE.namespace,
      name: NODE.name,
      uid: checked.metadata.uid,
      annotation: ANNOTATION,
      words: 'the health check',
    },
  ];
  if (crash !== undefined) harness.crashAt(crash, 1);
  const step = pauseForeignStep.plan({ ring: plannedRing(ring), mayJoin: null, targetId: null, alsoDead: [], pauses });
  const end = await harness.run(runbook, [step]);
  return { fake, harness, kind: end.kind };
}

const annotation = (fake: FakeKubernetes): string | undefined => fake.read(NODE)?.metadata.annotations?.[ANNOTATION];

test.each([undefined, 'cleanup-registered', 'intent-stored', 'call-made', 'observed-stored'] as const)(
  'paused, and put back at the end (a worker dies: %s)',
  async (crash) => {
    const { fake, harness, kind } = await paused(undefined, crash);

    expect(kind).toBe('done');
    expect(fake.read(CONFIG_MAP)?.metadata.labels).toEqual({ [RUN_LABEL]: 'replace-ocp-7f3k' });
    expect(annotation(fake)).toBe('drydock-replace-ocp-7f3k');
    expect(await harness.restoreCleanups(runbook)).toEqual(new Map());
    expect(fake.read(CONFIG_MAP)).toBeNull();
    expect(annotation(fake)).toBeUndefined();
    expect(harness.deaths()).toBe(crash === undefined ? 0 : 1);
  },
);

test('what somebody else paused stays so', async () => {
  const { fake, harness, kind } = await paused((each) => {
    each.put({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: CONFIG_MAP.name, namespace: CONFIG_MAP.namespace },
    });
    const metadata = { name: NODE.name, namespace: NODE.namespace, annotations: { [ANNOTATION]: 'by hand' } };
    each.put({ apiVersion: NODE.apiVersion, kind: NODE.kind, metadata });
  });

  expect(kind).toBe('done');
  expect(harness.acts).toEqual([]);
  expect(await harness.restoreCleanups(runbook)).toEqual(new Map());
  expect(fake.read(CONFIG_MAP)).not.toBeNull();
  expect(annotation(fake)).toBe('by hand');
});

test('what cannot be put back is said', async () => {
  const { fake, harness } = await paused();
  fake.forbid({ verb: 'delete', resource: 'configmaps' });

  const left = await harness.restoreCleanups(runbook);
  expect([...left.values()]).toEqual([
    expect.stringMatching(
      /^ConfigMap openshift-etcd-operator\/etcd-disable-defrag could not be deleted: .*\. By hand: kubectl -n openshift-etcd-operator delete configmap etcd-disable-defrag$/,
    ),
  ]);
});

test('an API server that is away for minutes is waited for', async () => {
  const { fake, harness } = await paused();
  const { clock } = harness;
  const untilMs = clock.nowMs() + 5 * 60_000;
  fake.fail({
    method: 'get',
    when: () => clock.nowMs() < untilMs,
    error: { code: 'unreachable', message: 'connection refused' },
    times: 1000,
  });

  expect(await harness.restoreCleanups(runbook)).toEqual(new Map());
  expect(fake.read(CONFIG_MAP)).toBeNull();
  expect(annotation(fake)).toBeUndefined();
});

test('one that stays away: what to type is said', async () => {
  const { fake, harness } = await paused();
  fake.fail({ method: 'get', error: { code: 'unreachable', message: 'connection refused' }, times: 10_000 });

  expect([...(await harness.restoreCleanups(runbook)).values()]).toEqual([
    expect.stringMatching(
      /By hand: kubectl -n openshift-etcd-operator annotate serviceaccount checked cluster.x-k8s.io\/paused-$/,
    ),
    expect.stringMatching(/By hand: kubectl -n openshift-etcd-operator delete configmap etcd-disable-defrag$/),
  ]);
});
