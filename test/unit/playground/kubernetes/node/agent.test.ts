import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeTemporaryDirectory, removeDirectory } from '../../../../../playground/directories.ts';
import { createNodeAgent, type NodeAgent } from '../../../../../playground/kubernetes/node/agent.ts';
import { waitFor } from '../../../../../playground/waiting.ts';
import { createFakeLocalApi, type FakeLocalApi } from '../../../../fakes/local-api.ts';

const POD = '/api/v1/namespaces/default/pods/web';
const MIRROR = '/api/v1/namespaces/kube-system/pods/scheduler-n-1';
const MANIFEST = `apiVersion: v1
kind: Pod
metadata: { name: scheduler, namespace: kube-system }
spec: { hostNetwork: true, terminationGracePeriodSeconds: 1, containers: [{ name: scheduler, image: kube-scheduler }] }
`;

let directory = '';
let api: FakeLocalApi;
let agent: NodeAgent;

beforeEach(async () => {
  directory = await makeTemporaryDirectory('agent');
  await mkdir(join(directory, 'rootfs/etc/kubernetes/manifests'), { recursive: true });
  api = createFakeLocalApi();
  const place = { name: 'n-1', address: '127.0.0.1', directory, port: (port: number) => port };
  agent = createNodeAgent({ place, api, images: {}, index: 7, pace: 0.02, backOff: { first: 100, longest: 400 } });
});
afterEach(async () => {
  await agent.powerOff();
  await removeDirectory(directory);
});

function manifest(name = 'scheduler.yaml'): string {
  return join(directory, 'rootfs/etc/kubernetes/manifests', name);
}

async function createPod(metadata: object = {}, spec: object = {}): Promise<void> {
  await api.request({
    method: 'POST',
    path: '/api/v1/namespaces/default/pods',
    body: {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'web', namespace: 'default', ...metadata },
      spec: { nodeName: 'n-1', containers: [{ name: 'app', image: 'app' }], ...spec },
    },
  });
}

function behaviour(what: object): object {
  return { annotations: { 'playground.drydock/behaviour': JSON.stringify(what) } };
}

async function phaseIs(path: string, phase: string): Promise<unknown> {
  return waitFor(`${path} to be ${phase}`, () => {
    const status = api.get(path)?.['status'];
    return JSON.stringify(status ?? null).includes(`"phase":"${phase}"`) && status;
  });
}

test('the node registers itself and renews its lease', async () => {
  agent.start();
  const lease = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/n-1';
  const first = await waitFor('the lease', () => api.get(lease));
  await waitFor('its renewal', () => api.get(lease)?.metadata['resourceVersion'] !== first.metadata['resourceVersion']);

  expect(api.get('/api/v1/nodes/n-1')).toMatchObject({
    spec: { podCIDR: '10.244.7.0/24' },
    status: {
      addresses: [
        { type: 'InternalIP', address: '127.0.0.1' },
        { type: 'Hostname', address: 'n-1' },
      ],
    },
  });
});

test('a pod gets an address and is ready; its deletion waits for its container', async () => {
  agent.start();
  await createPod();
  const status = await phaseIs(POD, 'Running');
  await api.request({ method: 'DELETE', path: POD });

  await waitFor('the pod to go', () => api.get(POD) === undefined);
  expect(status).toMatchObject({ podIP: '10.244.7.1', containerStatuses: [{ ready: true, restartCount: 0 }] });
  expect(agent.worker('default/web')).toBeUndefined();
});

test('a container that needs longer than its grace is killed', async () => {
  agent.start();
  await createPod(behaviour({ stopsAfter: 3_600 }), { terminationGracePeriodSeconds: 1 });
  await phaseIs(POD, 'Running');
  const ended = agent.worker('default/web')?.running('app')?.ended;
  await api.request({ method: 'DELETE', path: POD });
  await waitFor('the pod to go', () => api.get(POD) === undefined);

  expect((await ended)?.exitCode).toBe(137);
});

test('a pod that is not ready says which container', async () => {
  agent.start();
  await createPod(behaviour({ readyAfter: -1 }));

  expect(await phaseIs(POD, 'Running')).toMatchObject({
    conditions: expect.arrayContaining([
      expect.objectContaining({
        type: 'Ready',
        status: 'False',
        reason: 'ContainersNotReady',
        message: 'containers with unready status: [app]',
      }),
    ]),
  });
});

test.each([
  ['Never', 0, 'Succeeded'],
  ['Never', 2, 'Failed'],
  ['OnFailure', 0, 'Succeeded'],
])('restartPolicy %s with exit code %i ends as %s', async (restartPolicy, exitCode, phase) => {
  agent.start();
  await createPod(behaviour({ exitAfter: 0.1, exitCode }), { restartPolicy });

  expect(await phaseIs(POD, phase)).toMatchObject({
    containerStatuses: [{ restartCount: 0, state: { terminated: { exitCode } } }],
  });
});

test('a crashing container is restarted with growing waits, and says so', async () => {
  agent.start();
  await createPod(behaviour({ exitAfter: 0.1, exitCode: 1 }));
  const status = await waitFor('three restarts', () => {
    const found = JSON.stringify(api.get(POD)?.['status'] ?? null);
    return found.includes('"restartCount":3') && found.includes('CrashLoopBackOff') && found;
  });

  expect(status).toContain('restarting failed container=app pod=web_default(');
});

test('a static pod needs no API server; later it gets its mirror', async () => {
  api.away(true);
  await writeFile(manifest(), MANIFEST);
  agent.start();
  await waitFor('its container', () => agent.worker('kube-system/scheduler-n-1')?.running('scheduler'));
  const whileAway = api.get(MIRROR);
  api.away(false);

  await phaseIs(MIRROR, 'Running');
  expect(whileAway).toBeUndefined();
});

test('a changed manifest replaces the pod; a removed one ends it', async () => {
  await writeFile(manifest(), MANIFEST);
  agent.start();
  await phaseIs(MIRROR, 'Running');
  const uid = api.get(MIRROR)?.metadata['uid'];
  await writeFile(manifest(), MANIFEST.replace('image: kube-scheduler', 'image: kube-scheduler:2'));
  await waitFor('another mirror', () => {
    const mirror = api.get(MIRROR);
    return (
      mirror !== undefined && mirror.metadata['uid'] !== uid && JSON.stringify(mirror).includes('kube-scheduler:2')
    );
  });
  await rm(manifest());

  await waitFor('the mirror to go', () => api.get(MIRROR) === undefined);
  expect(agent.worker('kube-system/scheduler-n-1')).toBeUndefined();
});

test('a file that is no pod harms nobody and is named', async () => {
  await writeFile(manifest('broken.yaml'), 'kind: [');
  await writeFile(manifest(), MANIFEST);
  agent.start();
  await phaseIs(MIRROR, 'Running');

  expect(agent.problems().map((each) => each.file)).toEqual(['broken.yaml']);
});

test('a status that could not be sent is sent when the API server is back', async () => {
  agent.start();
  await createPod(behaviour({ readyAfter: 10 }));
  await phaseIs(POD, 'Running');
  api.away(true);
  await waitFor('the container to be ready', () => agent.worker('default/web')?.containers()[0]?.ready);
  api.away(false);

  await waitFor('its report', () => JSON.stringify(api.get(POD)).includes('"ready":true'));
  expect(JSON.stringify(api.get(POD))).toContain('"ready":true');
});

test('a stopped kubelet reports nothing; started again it goes on with the same containers', async () => {
  agent.start();
  await createPod();
  await phaseIs(POD, 'Running');
  const id = agent.worker('default/web')?.containers()[0]?.run?.id;
  await agent.stop();
  const calls = api.calls.length;
  await api.request({ method: 'DELETE', path: POD });
  const sent = api.calls.length - calls;
  const stillThere = agent.worker('default/web')?.containers()[0]?.run?.id;
  agent.start();

  await waitFor('the pod to go', () => api.get(POD) === undefined);
  expect([stillThere, sent]).toEqual([id, 1]);
});

test('a pod that was deleted by force has no container any more', async () => {
  agent.start();
  await createPod();
  await phaseIs(POD, 'Running');
  await api.request({ method: 'DELETE', path: POD, body: { gracePeriodSeconds: 0 } });

  await waitFor('its worker to go', () => agent.worker('default/web') === undefined);
  expect(api.get(POD)).toBeUndefined();
});

test('a container whose image cannot be pulled waits, and starts when it can', async () => {
  agent.breakPulls((image) => image === 'app');
  agent.start();
  await createPod();
  const waiting = await waitFor('the pull to fail', () => {
    const status = api.get(POD)?.['status'];
    return JSON.stringify(status ?? null).includes('ImagePullBackOff') && status;
  });
  agent.breakPulls(() => false);
  await phaseIs(POD, 'Running');

  expect(waiting).toMatchObject({
    phase: 'Pending',
    containerStatuses: [
      { ready: false, state: { waiting: { reason: 'ImagePullBackOff', message: 'Back-off pulling image "app"' } } },
    ],
  });
});

test('a pod whose time is over is ended by the kubelet and stays as failed', async () => {
  agent.start();
  await createPod({}, { activeDeadlineSeconds: 20 });
  await phaseIs(POD, 'Running');
  const status = await phaseIs(POD, 'Failed');

  expect(status).toMatchObject({ reason: 'DeadlineExceeded', containerStatuses: [{ ready: false }] });
  expect(agent.worker('default/web')?.over()).toBe(true);
});
