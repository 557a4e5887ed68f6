import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { createFaultBook, type FaultBook, type FaultOrder } from '../../../playground/faults/faults.ts';
import { type PlaygroundCluster, startCluster } from '../../../playground/kubernetes/cluster.ts';
import { membersOfCluster } from '../../../playground/platform-of-cluster.ts';
import type { PlatformMember } from '../../../playground/platforms.ts';
import { waitFor } from '../../../playground/waiting.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

const PATIENCE = { timeoutMs: 90_000, everyMs: 200 };

let cluster: PlaygroundCluster;
let book: FaultBook;

beforeAll(async () => {
  cluster = await startCluster({ name: 'prod', pace: 0.1, backOff: { first: 500, longest: 500 } });
  const platform = {
    name: 'prod',
    members: () => membersOfCluster(cluster),
    tls: cluster.etcd.tls,
    entry: {},
    work: null,
    hint: '',
    stop: async () => await cluster.stop(),
  };
  book = createFaultBook(() => [platform]);
});

afterAll(async () => {
  await book.close();
  await cluster.stop();
});

afterEach(async () => {
  await cluster.waitReady(120_000);
  for (const node of cluster.nodes)
    await waitFor(`${node.name} to be well`, async () => await node.etcd.healthy(), PATIENCE);
});

function memberOf(name: string): PlatformMember {
  const found = membersOfCluster(cluster).find((each) => each.name === name);
  if (found === undefined) throw new Error(`no member ${name}`);
  return found;
}

async function notReady(name: string): Promise<void> {
  await waitFor(`${name} not to be ready`, async () => await memberOf(name).kubelet?.notReadySince(), PATIENCE);
}

async function set(fault: FaultOrder['fault'], member: string): Promise<void> {
  expect(await book.set({ cluster: 'prod', fault, member })).toMatchObject({ ok: true });
}

test('stop-machine: the node does not report and nothing of it runs, until it is switched on', async () => {
  await set('stop-machine', 'cp-2');
  expect(memberOf('cp-2').pid()).toBeUndefined();
  await notReady('cp-2');
  await set('clear', 'cp-2');
});

test('not-ready: kubelet and etcd are gone, and nobody starts etcd again', async () => {
  await set('not-ready', 'cp-3');
  await notReady('cp-3');
  expect(memberOf('cp-3').pid()).toBeUndefined();
  expect(cluster.node('cp-3').runs('kube-scheduler')).toBe(true);
  await set('clear', 'cp-3');
});

test('stop-kubelet: the node is not ready, and its member votes on', async () => {
  await set('stop-kubelet', 'cp-3');
  await notReady('cp-3');
  expect(await cluster.node('cp-3').etcd.healthy()).toBe(true);
  await set('clear', 'cp-3');
});

test('crash-loop: the kubelet starts etcd again and again, in vain', async () => {
  await set('crash-loop', 'cp-1');
  const seen = new Set<string>();
  await waitFor(
    'the pod to loop',
    async () => {
      const path = '/api/v1/namespaces/kube-system/pods/etcd-cp-1';
      const { body } = await cluster.api.request({ method: 'GET', path });
      const [, reason = ''] = /"reason":"(CrashLoopBackOff)"/.exec(JSON.stringify(body)) ?? [];
      seen.add(reason);
      return seen.has('CrashLoopBackOff') && memberOf('cp-1').output().includes('crc mismatch');
    },
    PATIENCE,
  );
  expect(cluster.node('cp-1').runs('kube-scheduler')).toBe(true);
  await set('clear', 'cp-1');
});
