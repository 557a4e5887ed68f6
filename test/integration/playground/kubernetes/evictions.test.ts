import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { keepBudgets } from '../../../../playground/kubernetes/controllers/disruption.ts';
import { waitFor } from '../../../../playground/waiting.ts';
import { type ApiScene, type Heard, startApiScene } from '../../../support/api-scene.ts';

const RUNNING = {
  phase: 'Running',
  conditions: [{ type: 'Ready', status: 'True', lastProbeTime: null, lastTransitionTime: '2026-11-21T13:48:56Z' }],
};

const Budget = z.object({ status: z.looseObject({ disruptionsAllowed: z.number(), currentHealthy: z.number() }) });

let scene: ApiScene;
const ending = new AbortController();
let kept: Promise<void>;
beforeAll(async () => {
  scene = await startApiScene({ access: true });
  kept = keepBudgets(scene.server().local, ending.signal);
});
afterAll(async () => {
  ending.abort();
  await kept;
  await scene.stop();
});

function ask(method: string, path: string, body?: object): Promise<Heard> {
  const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
  return scene.ask(path, { method, headers: { 'Content-Type': type }, body });
}

async function must(method: string, path: string, body?: object): Promise<unknown> {
  const heard = await ask(method, path, body);
  expect(heard.status, `${method} ${path}: ${heard.text}`).toBeLessThan(300);
  return heard.body;
}

/** A namespace with running pods of one application. */
async function application(namespace: string, pods: readonly string[], status: object = RUNNING): Promise<void> {
  await must('POST', '/api/v1/namespaces', { metadata: { name: namespace } });
  const base = `/api/v1/namespaces/${namespace}/pods`;
  for (const name of pods) {
    const containers = [{ name: 'app', image: 'registry.k8s.io/pause:3.10' }];
    const spec = { nodeName: 'node-1', containers, terminationGracePeriodSeconds: 30 };
    await must('POST', base, { metadata: { name, labels: { app: 'web' } }, spec });
    await must('PATCH', `${base}/${name}/status`, { status });
  }
}

async function budget(namespace: string, spec: object, name = 'web'): Promise<void> {
  const path = `/apis/policy/v1/namespaces/${namespace}/poddisruptionbudgets`;
  await must('POST', path, { metadata: { name }, spec: { selector: { matchLabels: { app: 'web' } }, ...spec } });
}

async function statusOf(namespace: string): Promise<z.infer<typeof Budget>['status']> {
  const path = `/apis/policy/v1/namespaces/${namespace}/poddisruptionbudgets/web`;
  return Budget.parse(await must('GET', path)).status;
}

function allows(namespace: string, count: number): Promise<boolean> {
  return waitFor('the budget', async () => (await statusOf(namespace)).disruptionsAllowed === count);
}

function evict(namespace: string, name: string, deleteOptions?: object): Promise<Heard> {
  const body = {
    apiVersion: 'policy/v1',
    kind: 'Eviction',
    metadata: { name },
    ...(deleteOptions === undefined ? {} : { deleteOptions }),
  };
  return ask('POST', `/api/v1/namespaces/${namespace}/pods/${name}/eviction`, body);
}

test('of evictions at the same time only as many succeed as the budget allows', async () => {
  const pods = ['a', 'b', 'c', 'd', 'e'];
  await application('race', pods);
  await budget('race', { minAvailable: 3 });
  await allows('race', 2);
  const heard = await Promise.all(pods.map((name) => evict('race', name)));
  const codes = heard.map(({ status }) => status).toSorted((a, b) => a - b);
  await waitFor('the budget to count', async () => (await statusOf('race')).currentHealthy === 3);

  expect(codes).toEqual([201, 201, 429, 429, 429]);
  expect(await statusOf('race')).toMatchObject({ disruptionsAllowed: 0, currentHealthy: 3 });
}, 60_000);

test('a budget follows its pods: of controllers that are there, and of none', async () => {
  await application('follow', ['a', 'b']);
  await budget('follow', { minAvailable: 1 });
  await allows('follow', 1);
  const notReady = { ...RUNNING, conditions: [{ ...RUNNING.conditions[0], status: 'False' }] };
  await must('PATCH', '/api/v1/namespaces/follow/pods/a/status', { status: notReady });

  expect(await allows('follow', 0)).toBe(true);
  await must('PATCH', '/api/v1/namespaces/follow/pods/a/status', { status: RUNNING });
  expect(await allows('follow', 1)).toBe(true);
});

test('a share of pods whose controller is not there cannot be reckoned, and nothing is let go', async () => {
  await application('orphans', ['a']);
  await budget('orphans', { maxUnavailable: 1 });
  await waitFor('the budget', async () => (await statusOf('orphans')).currentHealthy === 1);
  const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'gone', uid: 'not-there', controller: true };
  await must('PATCH', '/api/v1/namespaces/orphans/pods/a', { metadata: { ownerReferences: [owner] } });
  const message = await waitFor('the budget to fail', async () => {
    const { body } = await evict('orphans', 'a');
    return JSON.stringify(body).includes('failed sync') && JSON.stringify(body);
  });

  expect(message).toContain('because it failed sync: found no controllers for pod \\"a\\"');
});

test('in a namespace that goes, 403 with the cause NamespaceTerminating', async () => {
  await application('ending', ['a']);
  await must('DELETE', '/api/v1/namespaces/ending');

  expect((await evict('ending', 'a')).body).toMatchObject({
    code: 403,
    reason: 'Forbidden',
    message: 'pods "a" is forbidden: unable to create new content in namespace ending because it is being terminated',
    details: { name: 'a', kind: 'pods', causes: [{ reason: 'NamespaceTerminating' }] },
  });
});

test('a revision that was asked for has to hold; the pod stays otherwise', async () => {
  await application('revisions', ['a']);
  const path = '/api/v1/namespaces/revisions/pods/a';
  const WithRevision = z.object({ metadata: z.object({ resourceVersion: z.string() }) });
  const { resourceVersion } = WithRevision.parse(await must('GET', path)).metadata;
  const stale = await evict('revisions', 'a', { preconditions: { resourceVersion: '1' } });
  const untouched = WithRevision.parse(await must('GET', path)).metadata.resourceVersion;
  const fresh = await evict('revisions', 'a', { preconditions: { resourceVersion } });

  expect(stale.body).toMatchObject({ code: 409, reason: 'Conflict', details: { name: 'a', kind: 'Pod' } });
  expect(untouched).toBe(resourceVersion);
  expect(fresh.status).toBe(201);
});

test('a pod that waits for its start goes whatever its budgets say', async () => {
  await application('waiting', ['a'], { phase: 'Pending' });
  await budget('waiting', { minAvailable: 1 });
  const heard = await evict('waiting', 'a');
  const going = await must('GET', '/api/v1/namespaces/waiting/pods/a');

  expect(heard.status).toBe(201);
  expect(going).toMatchObject({ metadata: { deletionGracePeriodSeconds: 30 } });
});

test('a dry run in the query asks the budget and takes nothing from it', async () => {
  await application('dry', ['a', 'b']);
  await budget('dry', { minAvailable: 1 });
  await allows('dry', 1);
  const path = '/api/v1/namespaces/dry/pods/a';
  const heard = await ask('POST', `${path}/eviction?dryRun=All`, { kind: 'Eviction', metadata: { name: 'a' } });
  const pod = JSON.stringify(await must('GET', path));

  expect(heard.status).toBe(201);
  expect((await statusOf('dry')).disruptionsAllowed).toBe(1);
  expect(pod).not.toMatch(/DisruptionTarget|deletionTimestamp/);
});
