import { beforeEach, expect, test } from 'vitest';
import {
  APPLICATION,
  APPLICATIONS,
  applicationObject,
  SKIP_RECONCILE,
} from '../../../../playground/gitops/application.ts';
import { committed, manifestOf, withCommit } from '../../../../playground/gitops/repository.ts';
import { listed, reconcile, type SyncState } from '../../../../playground/gitops/syncing.ts';
import { fieldsOf, isObject } from '../../../../playground/kubernetes/api/reading.ts';
import type { ApiObject, Fields } from '../../../../playground/kubernetes/contracts.ts';
import type { Answer, Client } from '../../../../playground/kubernetes/controllers/client.ts';
import { mergePatched } from '../../../../playground/kubernetes/fields/merge-patch.ts';
import { aDeployment, aPlane } from '../../../support/argo-objects.ts';

const PLANES = '/apis/controlplane.cluster.x-k8s.io/v1beta2/namespaces/capi-clusters/kubeadmcontrolplanes';
const DEPLOYMENTS = '/apis/cluster.x-k8s.io/v1beta2/namespaces/capi-clusters/machinedeployments';
const PLANE = `${PLANES}/capi-control-plane`;
const APP = `${APPLICATIONS}/${APPLICATION}`;
const OPTIONS = { collections: [PLANES, DEPLOYMENTS], namespace: 'capi-clusters', healAfterMs: 0 };

const NOW_MS = Date.parse('2026-11-22T10:00:00Z');

let objects: Map<string, ApiObject>;
let state: SyncState;

beforeEach(() => {
  objects = new Map([
    [PLANE, aPlane()],
    [`${DEPLOYMENTS}/capi-md-0`, aDeployment()],
    [APP, asObject(applicationObject('capi-clusters', true))],
  ]);
  const git = committed([aPlane(), aDeployment()].flatMap((each) => manifestOf(each) ?? []));
  state = {
    git,
    last: { revision: git.revision, finishedAt: '', message: '' },
    compared: null,
    differsSince: null,
    heals: 0,
  };
});

function asObject(value: unknown): ApiObject {
  if (!isObject(value)) throw new Error('it is an object');
  return value;
}

/** Answers from {@link objects} and changes them. */
const client: Client = {
  get: async (path) => await Promise.resolve(read(path)),
  merge: async (path, body) => await Promise.resolve(merge(path, body)),
  create: unused,
  replace: unused,
  strategic: unused,
  remove: unused,
  note: () => undefined,
};

async function unused(): Promise<Answer> {
  return await Promise.reject(new Error('it does not do that'));
}

function read(path: string): Answer {
  const found = objects.get(path);
  if (found !== undefined) return { status: 200, body: found };
  const items = [...objects].filter(([key]) => key.startsWith(`${path}/`)).map(([, object]) => object);
  return items.length === 0 ? { status: 404, body: {} } : { status: 200, body: { items } };
}

function merge(path: string, patch: Fields): Answer {
  const next = asObject(mergePatched(objects.get(path), patch));
  objects.set(path, next);
  return { status: 200, body: next };
}

async function look(atMs = NOW_MS): Promise<number | null> {
  return await reconcile({ client, teller: client }, state, OPTIONS, await listed(client, OPTIONS), atMs);
}

function change(patch: Fields, path = PLANE): void {
  merge(path, patch);
}

function versionNow(): unknown {
  return fieldsOf(objects.get(PLANE)?.['spec'])['version'];
}

function statusNow(): Fields {
  return fieldsOf(objects.get(APP)?.['status']);
}

test('while everything is as Git says, nothing is changed and it says so', async () => {
  expect(await look()).toBeNull();
  expect(statusNow()).toMatchObject({ sync: { status: 'Synced', revision: state.git.revision } });
  expect(state.heals).toBe(0);
});

test('when it was compared with the newest commit: at first, with each commit, each sync that is asked for and every 3 min', async () => {
  const seen: unknown[] = [];
  async function then(afterMs: number): Promise<void> {
    await look(NOW_MS + afterMs);
    seen.push(statusNow()['reconciledAt']);
  }
  change({ spec: { syncPolicy: { automated: null } } }, APP);
  await then(0);
  change({ spec: { version: 'v1.31.4' } });
  await then(60_000);
  state.git = withCommit(
    state.git,
    { kind: 'KubeadmControlPlane', name: 'capi-control-plane' },
    { spec: { version: 'v1.31.4' } },
  );
  await then(61_000);
  change({ operation: { sync: {} } }, APP);
  await then(62_999);
  await then(62_000 + 179_999);
  await then(62_000 + 180_000);

  expect(seen.map((each) => String(each).slice(11))).toEqual([
    '10:00:00Z',
    '10:00:00Z',
    '10:01:01Z',
    '10:01:02Z',
    '10:01:02Z',
    '10:04:02Z',
  ]);
});

test('a change in the cluster is taken back, and who keeps it stands on the object', async () => {
  change({ spec: { version: 'v1.31.4' } });
  await look();

  expect(versionNow()).toBe('v1.30.6');
  expect(state.heals).toBe(1);
  expect(objects.get(PLANE)?.metadata).toMatchObject({
    annotations: {
      'argocd.argoproj.io/tracking-id':
        'capi-clusters:controlplane.cluster.x-k8s.io/KubeadmControlPlane:capi-clusters/capi-control-plane',
    },
  });
  expect(statusNow()).toMatchObject({ operationState: { message: expect.stringContaining('self heal') } });
});

test('it is left for a while first, and told as out of sync', async () => {
  change({ spec: { version: 'v1.31.4' } });
  const again = await reconcile(
    { client, teller: client },
    state,
    { ...OPTIONS, healAfterMs: 60_000 },
    await listed(client, OPTIONS),
    NOW_MS,
  );

  expect(again).toBeGreaterThan(50_000);
  expect(versionNow()).toBe('v1.31.4');
  expect(statusNow()).toMatchObject({ sync: { status: 'OutOfSync' } });
});

test.each([
  ['healing is switched off', { spec: { syncPolicy: { automated: { selfHeal: false } } } }],
  ['syncing is disabled', { spec: { syncPolicy: { automated: { enabled: false } } } }],
  ['syncing is by hand', { spec: { syncPolicy: { automated: null } } }],
])('nothing is taken back while %s; the difference is told', async (_, patch) => {
  change(patch, APP);
  change({ spec: { version: 'v1.31.4' } });

  expect(await look()).toBeNull();
  expect(versionNow()).toBe('v1.31.4');
  expect(statusNow()).toMatchObject({ sync: { status: 'OutOfSync' } });
});

test('an Application that is to be skipped is left alone, its status too', async () => {
  change({ metadata: { annotations: { [SKIP_RECONCILE]: 'true' } } }, APP);
  change({ spec: { version: 'v1.31.4' } });

  expect(await look()).toBeNull();
  expect(versionNow()).toBe('v1.31.4');
  expect(objects.get(APP)?.['status']).toBeUndefined();
});

test('a commit is brought to the cluster without healing too, but not by hand', async () => {
  const version = { spec: { version: 'v1.31.4' } };
  const what = { kind: 'KubeadmControlPlane', name: 'capi-control-plane' };
  change({ spec: { syncPolicy: { automated: null } } }, APP);
  state.git = withCommit(state.git, what, version);
  await look();
  const byHand = versionNow();
  change({ spec: { syncPolicy: { automated: { selfHeal: false } } } }, APP);
  await look();

  expect([byHand, versionNow()]).toEqual(['v1.30.6', 'v1.31.4']);
  expect([state.heals, state.last?.revision]).toEqual([0, state.git.revision]);
});

test('a sync that somebody asked for is carried out once', async () => {
  change({ spec: { syncPolicy: { automated: null } }, operation: { sync: {} } }, APP);
  change({ spec: { version: 'v1.31.4' } });
  await look();

  expect(versionNow()).toBe('v1.30.6');
  expect(objects.get(APP)?.['operation']).toBeUndefined();
  expect(statusNow()).toMatchObject({ sync: { status: 'Synced' } });
});

test('what is gone is not made anew, and is told; without an Application nothing is done', async () => {
  objects.delete(PLANE);
  const first = await look();
  const told = statusNow();
  objects.delete(APP);
  change({ spec: { replicas: 9 } }, `${DEPLOYMENTS}/capi-md-0`);

  expect([first, await look(), state.heals]).toEqual([null, null, 0]);
  expect(told).toMatchObject({ sync: { status: 'OutOfSync' } });
  expect(objects.has(PLANE)).toBe(false);
});
