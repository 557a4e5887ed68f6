import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { nodeShellCleanup, withNodeShell } from '../../../jobs/steps/node-shell.ts';
import { type PlaygroundCluster, startCluster } from '../../../playground/kubernetes/cluster.ts';
import { createNoAccess } from '../../../src/adapters/etcd/no-access.ts';
import { openKubernetes } from '../../../src/adapters/kubernetes/open.ts';
import type { KubernetesObject, KubernetesPort } from '../../../src/core/ports/kubernetes.ts';
import { NO_PORTS } from '../../support/no-ports.ts';
import { shellContext } from '../../support/shell-context.ts';

let cluster: PlaygroundCluster;
let kubernetes: KubernetesPort;

beforeAll(async () => {
  cluster = await startCluster({ controlPlanes: 1 });
  kubernetes = openKubernetes({ kubeconfig: cluster.kubeconfig });
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'drydock-node-shell' } };
  await kubernetes.create(namespace, { timeoutMs: 10_000 });
}, 120_000);
afterAll(async () => {
  await kubernetes.close();
  await cluster.stop();
});

test('a shell on a control-plane node sees the files of the node, with exit code and both outputs apart', async () => {
  const context = shellContext(kubernetes);

  const answer = await withNodeShell(context, { node: 'cp-1', image: 'busybox:1.37' }, async (shell) => ({
    list: await shell.run(['ls', '/etc/kubernetes/manifests'], { timeoutMs: 20_000 }),
    miss: await shell.run(['ls', '/etc/no-such-thing'], { timeoutMs: 20_000 }),
  }));

  if (!answer.ok) throw new Error(answer.why);
  const { list, miss } = answer.value;
  const there = await readdir(join(cluster.node('cp-1').root, 'etc/kubernetes/manifests'));
  expect(list.ok && Buffer.from(list.value.stdout).toString().trim().split('\n')).toEqual(there.toSorted());
  expect(miss).toMatchObject({ ok: true, value: { exitCode: 2 } });
  expect(miss.ok && Buffer.from(miss.value.stderr).toString()).toContain('no-such-thing');
  expect(context.open.size).toBe(0);
  expect(await pods()).toEqual([]);
});

test('an image that cannot be had: the kubelet is quoted, and the pod is gone afterwards', async () => {
  const { agent } = cluster.node('cp-1');
  agent.breakPulls((image) => image === 'busybox:none');
  const context = shellContext(kubernetes, 20);

  const answer = await withNodeShell(context, { node: 'cp-1', image: 'busybox:none' }, nothing);

  expect(answer).toMatchObject({
    ok: false,
    why: expect.stringContaining('the kubelet says ImagePullBackOff: Back-off'),
  });
  expect(context.open.size).toBe(0);
  expect(await pods()).toEqual([]);
});

test('a node that the cluster does not have gets no pod', async () => {
  const answer = await withNodeShell(shellContext(kubernetes, 20), { node: 'cp-9', image: 'busybox:1.37' }, nothing);

  expect(answer).toMatchObject({ ok: false, why: expect.stringContaining('the cluster has no node cp-9') });
  expect(await pods()).toEqual([]);
});

test('a kubelet that is gone: nobody says that the programs ended, so the cleanup is done only when it is back', async () => {
  const node = cluster.node('cp-1');
  const context = shellContext(kubernetes, 20);
  const answer = await withNodeShell(context, { node: 'cp-1', image: 'busybox:1.37' }, async () => {
    await node.stopKubelet();
    return await Promise.resolve('worked');
  });
  const [left] = await pods();

  expect(answer).toEqual({ ok: true, value: 'worked' });
  expect(context.open).toEqual(new Set(['node-shell/cp-1']));
  const name = left?.metadata.name ?? '';
  const ports = { ...NO_PORTS, kubernetes, etcd: createNoAccess('not asked') };
  const input = { name, run: context.runId };
  expect(await nodeShellCleanup.restore({ ...shellContext(kubernetes, 20), ports }, input)).toContain(
    `drydock-node-shell/${name} (uid ${left?.metadata.uid}) is still there 60 s after it was deleted`,
  );

  node.startKubelet();
  expect(await nodeShellCleanup.restore({ ...shellContext(kubernetes), ports }, input)).toBeNull();
  expect(await pods()).toEqual([]);
});

async function nothing(): Promise<void> {
  await Promise.resolve();
}

async function pods(): Promise<readonly KubernetesObject[]> {
  const query = { apiVersion: 'v1', kind: 'Pod', namespace: 'drydock-node-shell' };
  const listed = await kubernetes.list(query, { timeoutMs: 10_000 });
  if (!listed.ok) throw new Error(listed.error.message);
  return listed.value.items;
}
