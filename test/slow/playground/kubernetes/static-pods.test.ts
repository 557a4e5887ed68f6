import { existsSync } from 'node:fs';
import { mkdir, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { type PlaygroundCluster, startCluster } from '../../../../playground/kubernetes/cluster.ts';
import { waitFor } from '../../../../playground/waiting.ts';
import { look, podAt } from '../../../support/cluster-pods.ts';

let cluster: PlaygroundCluster;

beforeAll(async () => {
  // The kubelet's rules of back-off with times that a test can wait for.
  cluster = await startCluster({ backOff: { first: 5_000, longest: 8_000 } });
}, 120_000);
afterAll(() => cluster.stop());

const SLOW = { timeoutMs: 40_000, everyMs: 100 };

async function isReady(pod: string): Promise<boolean> {
  const found = await look(cluster, podAt(pod));
  return found?.status.conditions.some((each) => each.type === 'Ready' && each.status === 'True') ?? false;
}

test('the members of the ring run as static pods, with mirror pods as kubeadm has them', async () => {
  const healthy = await Promise.all(cluster.nodes.map((node) => node.etcd.healthy()));
  const { body } = await cluster.api.request({
    method: 'GET',
    path: '/api/v1/namespaces/kube-system/pods?labelSelector=component%3Detcd%2Ctier%3Dcontrol-plane',
  });
  const pods = z
    .object({
      items: z.array(z.looseObject({ metadata: z.looseObject({ name: z.string() }), spec: z.looseObject({}) })),
    })
    .parse(body).items;

  expect(healthy).toEqual([true, true, true]);
  expect(pods.map((each) => each.metadata.name)).toEqual(['etcd-cp-1', 'etcd-cp-2', 'etcd-cp-3']);
  expect(pods[0]).toMatchObject({
    metadata: {
      annotations: {
        'kubeadm.kubernetes.io/etcd.advertise-client-urls': cluster.etcd.endpoints[0],
        'kubernetes.io/config.source': 'file',
        'kubernetes.io/config.mirror': expect.stringMatching(/^[0-9a-f]{32}$/),
      },
      ownerReferences: [{ kind: 'Node', name: 'cp-1' }],
    },
    spec: { hostNetwork: true, nodeName: 'cp-1' },
    status: { phase: 'Running', hostIP: cluster.node('cp-1').address, podIP: cluster.node('cp-1').address },
  });
});

test('nodes are ready, and their leases are renewed by them', async () => {
  const path = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/cp-2';
  const lease = await waitFor('the lease', async () => {
    const answer = await cluster.api.request({ method: 'GET', path });
    return answer.status === 200 && answer;
  });

  expect((await look(cluster, '/api/v1/nodes/cp-2'))?.status.conditions).toContainEqual(
    expect.objectContaining({ type: 'Ready', status: 'True', reason: 'KubeletReady' }),
  );
  expect(lease.body).toMatchObject({
    metadata: { ownerReferences: [{ kind: 'Node', name: 'cp-2' }] },
    spec: { holderIdentity: 'cp-2', renewTime: expect.stringMatching(/\.\d{6}Z$/) },
  });
});

test('the data directory is in the node root, and nothing is outside the cluster directory', async () => {
  const names = await readdir(join(cluster.node('cp-3').root, 'var/lib/etcd/member'));

  expect(names.toSorted()).toEqual(['snap', 'wal']);
  expect(cluster.node('cp-3').root.startsWith(cluster.directory)).toBe(true);
});

test('a killed member comes back at once, the next time after the back-off', async () => {
  const { etcd } = cluster.node('cp-1');
  const first = etcd.pid();
  await etcd.kill();
  await waitFor('the member to be started again', () => etcd.pid() !== undefined && etcd.pid() !== first, SLOW);
  const restarted = await waitFor(
    'its restart to be reported',
    async () =>
      (await look(cluster, podAt('etcd-cp-1')))?.status.containerStatuses.find((each) => each.restartCount === 1),
    SLOW,
  );
  await etcd.kill();
  const looping = await waitFor(
    'the crash loop to be reported',
    async () =>
      (await look(cluster, podAt('etcd-cp-1')))?.status.containerStatuses.find(
        (each) => each.state['waiting']?.reason === 'CrashLoopBackOff',
      ),
    SLOW,
  );

  expect(restarted.lastState['terminated']).toMatchObject({ exitCode: 137, reason: 'Error' });
  expect(looping.ready).toBe(false);
  expect(looping.state['waiting']?.message).toMatch(
    /^back-off \d+s restarting failed container=etcd pod=etcd-cp-1_kube-system\(/,
  );
  await waitFor('the member to be back', () => etcd.healthy(), SLOW);
  await waitFor('its pod to be ready', () => isReady('etcd-cp-1'), SLOW);
});

test('a manifest moved out stops the member; moved back it starts with its data', async () => {
  const node = cluster.node('cp-2');
  const pid = node.etcd.pid() ?? 0;
  const manifest = join(node.root, 'etc/kubernetes/manifests/etcd.yaml');
  const aside = join(node.root, 'root/etcd.yaml');
  await mkdir(join(node.root, 'root'), { recursive: true });
  await rename(manifest, aside);
  await waitFor('the member to stop', () => node.etcd.pid() === undefined, SLOW);
  await waitFor('its mirror pod to go', async () => (await look(cluster, podAt('etcd-cp-2'))) === undefined, SLOW);
  const isGone = !existsSync(`/proc/${pid}`);
  await rename(aside, manifest);

  await waitFor('the member to be healthy again', () => node.etcd.healthy(), SLOW);
  await waitFor('its pod to be ready', () => isReady('etcd-cp-2'), SLOW);
  expect(isGone).toBe(true);
});

test('a deleted mirror pod comes back, and its containers do not notice', async () => {
  const before = await look(cluster, podAt('etcd-cp-3'));
  const pid = cluster.node('cp-3').etcd.pid();
  await cluster.api.request({ method: 'DELETE', path: podAt('etcd-cp-3') });
  const after = await waitFor(
    'a new mirror pod',
    async () => {
      const found = await look(cluster, podAt('etcd-cp-3'));
      return found !== undefined && found.metadata.uid !== before?.metadata.uid && found;
    },
    SLOW,
  );
  await waitFor('its status', () => isReady('etcd-cp-3'), SLOW);

  expect(after.metadata.deletionTimestamp).toBeUndefined();
  expect(cluster.node('cp-3').etcd.pid()).toBe(pid);
});

test('while the API server is away members are restarted, and it hears of it later', async () => {
  const { etcd } = cluster.node('cp-3');
  await cluster.apiServer.down();
  const before = etcd.pid();
  await etcd.kill();
  await waitFor('the member to be started again', () => etcd.pid() !== undefined && etcd.pid() !== before, SLOW);
  const whileAway = await look(cluster, podAt('etcd-cp-3'));
  await cluster.apiServer.up();
  await cluster.waitReady();
  const status = await waitFor(
    'the restart to be reported',
    async () =>
      (await look(cluster, podAt('etcd-cp-3')))?.status.containerStatuses.find((each) => each.restartCount > 0),
    SLOW,
  );

  expect(whileAway).toBeUndefined();
  expect(status.lastState['terminated']?.exitCode).toBe(137);
});

test('without the kube-apiserver manifests there is no API server', async () => {
  const manifests = cluster.nodes.map((node) => join(node.root, 'etc/kubernetes/manifests/kube-apiserver.yaml'));
  for (const path of manifests) await rename(path, path.replace('/manifests/', '/'));
  await waitFor('the API server to stop', () => !cluster.apiServer.running(), SLOW);
  for (const path of manifests) await rename(path.replace('/manifests/', '/'), path);

  await cluster.waitReady();
  expect(cluster.apiServer.running()).toBe(true);
});

test('a node that was off comes back with its data', async () => {
  const node = cluster.node('cp-1');
  await node.powerOff();
  const whileOff = [node.etcd.pid(), node.agent.running()];
  node.startKubelet();

  await waitFor('the member to be healthy', () => node.etcd.healthy(), SLOW);
  expect(whileOff).toEqual([undefined, false]);
});
