import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { withNodeShell } from '../../../jobs/steps/node-shell.ts';
import { type PlaygroundCluster, startCluster } from '../../../playground/kubernetes/cluster.ts';
import { openKubernetes } from '../../../src/adapters/kubernetes/open.ts';
import type { KubernetesPort } from '../../../src/core/ports/kubernetes.ts';
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
  const pods = await kubernetes.list(
    { apiVersion: 'v1', kind: 'Pod', namespace: 'drydock-node-shell' },
    { timeoutMs: 10_000 },
  );
  expect(pods.ok && pods.value.items.filter(({ metadata }) => metadata.deletionTimestamp === undefined)).toEqual([]);
});
