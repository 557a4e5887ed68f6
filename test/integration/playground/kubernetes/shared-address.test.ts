import { afterAll, beforeAll, expect, test } from 'vitest';
import { type PlaygroundCluster, startCluster } from '../../../../playground/kubernetes/cluster.ts';
import { freePort } from '../../../../playground/ports.ts';
import { waitFor } from '../../../../playground/waiting.ts';
import { BINARY_3_5 } from '../../../contract/etcd/real-ring.ts';
import { ETCDCTL, kubectl, type Said, startKubectl } from '../../../support/cluster-pods.ts';

let cluster: PlaygroundCluster;

beforeAll(async () => {
  cluster = await startCluster({ addresses: 'shared', etcd: BINARY_3_5 });
}, 120_000);
afterAll(() => cluster.stop());

function etcdctl(node: string, ...args: readonly string[]): Promise<Said> {
  return kubectl(cluster, ['-n', 'kube-system', 'exec', `etcd-${node}`, '--', ...ETCDCTL, ...args]);
}

test('where nodes cannot have addresses of their own, they have ports of their own', async () => {
  const ports = cluster.etcd.endpoints.map((endpoint) => new URL(endpoint).port);
  const healthy = await Promise.all(cluster.nodes.map((node) => node.etcd.healthy()));

  expect(healthy).toEqual([true, true, true]);
  expect(cluster.nodes.map((node) => node.address)).toEqual(['127.0.0.1', '127.0.0.1', '127.0.0.1']);
  expect(new Set(ports).size).toBe(3);
});

test('the usual ports lead to the member of the pod: exec and port-forward', async () => {
  const said = await etcdctl('cp-2', '--endpoints=https://127.0.0.1:2379', 'endpoint', 'status');
  const port = await freePort();
  const forwarding = await startKubectl(cluster, ['-n', 'kube-system', 'port-forward', 'etcd-cp-3', `${port}:2379`]);
  await waitFor('kubectl to listen', () => forwarding.output().includes(`127.0.0.1:${port}`));
  const { address } = cluster.node('cp-3');
  const through = await etcdctl('cp-1', `--endpoints=https://${address}:${port}`, 'endpoint', 'status', '-w', 'json');
  await forwarding.stop();
  const list = await etcdctl('cp-1', 'member', 'list');
  const third = list.text.split('\n').find((line) => line.includes(' cp-3,'));

  expect(said.text).toContain(cluster.etcd.endpoints[1]);
  expect(through.text).toContain(`"member_id":${BigInt(`0x${third?.split(',')[0] ?? '0'}`)}`);
});
