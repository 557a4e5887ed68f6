import { afterAll, beforeAll, expect, test } from 'vitest';
import { throughAny } from '../../../../playground/etcd-membership.ts';
import { type PlaygroundCluster, startCluster } from '../../../../playground/kubernetes/cluster.ts';
import { joinControlPlane } from '../../../../playground/kubernetes/kubeadm/join.ts';
import { resetNode } from '../../../../playground/kubernetes/kubeadm/reset.ts';
import { waitFor } from '../../../../playground/waiting.ts';

let cluster: PlaygroundCluster;

beforeAll(async () => {
  cluster = await startCluster({ pace: 0.2, controlPlanes: 1 });
}, 120_000);
afterAll(() => cluster.stop());

const LONG = 240_000;
const MAPS = '/api/v1/namespaces/default/configmaps';

function members() {
  return throughAny(cluster.etcd.endpoints, cluster.etcd.tls, (ring) => ring.list());
}

async function write(name: string): Promise<number> {
  const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { name } };
  try {
    return (await cluster.api.request({ method: 'POST', path: MAPS, body })).status;
  } catch {
    return 0;
  }
}

/** Through another one. etcd refuses until its members have been connected for 5 s. */
async function removeMember(name: string): Promise<void> {
  await waitFor(`${name} to be removed`, async () => {
    const found = (await members()).find((each) => each.name === name);
    if (found === undefined) return true;
    await throughAny(cluster.etcd.endpoints.slice(1), cluster.etcd.tls, (ring) => ring.remove(found.id)).catch(() => 0);
    return false;
  });
}

test(
  'the only member is replaced by one on a new machine, and the API server goes on with what was written before',
  async () => {
    expect(await write('before')).toBe(201);

    await joinControlPlane(cluster, cluster.addNode('cp-2'));
    await removeMember('cp-1');
    await cluster.removeNode('cp-1');
    await waitFor('a write with cp-2', async () => [201, 409].includes(await write('with-cp-2')));
    await cluster.waitReady();

    const found = await members();
    expect(found.map(({ name, isLearner }) => `${name} ${isLearner}`)).toEqual(['cp-2 false']);
    expect(cluster.nodes.map(({ name }) => name)).toEqual(['cp-2']);
    expect(cluster.etcd.endpoints).toEqual([cluster.node('cp-2').clientUrl]);
    const kept = await cluster.api.request({ method: 'GET', path: `${MAPS}/before` });
    expect(kept.status).toBe(200);
  },
  LONG,
);

test(
  'a machine that is taken away while it joins does not come back, and leaves no entry that never started',
  async () => {
    const before = new Set((await members()).map(({ id }) => id));
    const node = cluster.addNode('cp-5');
    const joining = joinControlPlane(cluster, node).then(
      () => 'joined',
      (error: unknown) => String(error),
    );
    await waitFor('its entry', async () => (await members()).some(({ peerUrls }) => peerUrls.includes(node.peerUrl)));
    await cluster.removeNode('cp-5');

    expect(await joining).toContain('the machine cp-5 was taken away');
    expect(node.agent.running()).toBe(false);
    expect(() => node.startKubelet()).toThrow('the machine cp-5 was taken away');
    const left = (await members()).filter(({ id }) => !before.has(id));
    expect(left.filter(({ name }) => name === '')).toEqual([]);
    // One that had a name by then is removed by whoever looks after the ring.
    for (const { name } of left) await removeMember(name);
  },
  LONG,
);

test(
  'a reset that cannot reach the ring only warns, and its member stays in the list',
  async () => {
    await joinControlPlane(cluster, cluster.addNode('cp-3'));
    // With one of two frozen nothing can be committed.
    cluster.node('cp-2').etcd.freeze();
    const outcome = await resetNode(cluster, cluster.node('cp-3'));
    cluster.node('cp-2').etcd.thaw();

    expect(outcome.exitCode).toBe(0);
    expect(outcome.output.join('\n')).toContain('please manually remove this etcd member');
    await waitFor('the ring to answer', async () => {
      const found = await members().catch(() => []);
      return found.some(({ name }) => name === 'cp-3');
    });
    // kubeadm does not join while a listed member is silent.
    await expect(joinControlPlane(cluster, cluster.addNode('cp-4'))).rejects.toThrow('etcd cluster is not healthy');
  },
  LONG,
);
