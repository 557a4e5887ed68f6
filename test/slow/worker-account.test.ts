import { afterAll, beforeAll, expect, test } from 'vitest';
import { installWorkerAccount } from '../../playground/kubernetes/cluster/installed-account.ts';
import { type PlaygroundCluster, startCluster } from '../../playground/kubernetes/cluster.ts';
import { kubectl } from '../support/cluster-pods.ts';

let cluster: PlaygroundCluster;
let account: { readonly kubeconfig: string; readonly context: string };

beforeAll(async () => {
  cluster = await startCluster({ controlPlanes: 1 });
  account = await installWorkerAccount(cluster, 'exec');
}, 120_000);
afterAll(() => cluster.stop());

/** Whether the playground's worker may do that, as kubectl says. */
async function mayDo(...asked: readonly string[]): Promise<string> {
  const args = ['--kubeconfig', account.kubeconfig, '--context', account.context, 'auth', 'can-i', ...asked];
  return (await kubectl(cluster, args)).text.trim();
}

// The demo and the end-to-end tests run with these rights, so a right that the shipped roles lack fails there.
test.each([
  ['list nodes', 'yes', ['list', 'nodes']],
  ['run etcdctl in the etcd pods', 'yes', ['create', 'pods', '--subresource=exec', '-n', 'kube-system']],
  ['keep its Leases', 'yes', ['delete', 'leases.coordination.k8s.io', '-n', 'kube-system']],
  ['run programs in other namespaces', 'no', ['create', 'pods', '--subresource=exec', '-n', 'default']],
  ['take port-forwards', 'no', ['create', 'pods', '--subresource=portforward', '-n', 'kube-system']],
  ['read Secrets', 'no', ['get', 'secrets', '-n', 'kube-system']],
  ['delete the Node of a host that is built anew', 'yes', ['delete', 'nodes']],
  ['cordon nodes', 'yes', ['patch', 'nodes']],
  ['make nodes', 'no', ['create', 'nodes']],
  ['change how a node is', 'no', ['patch', 'nodes', '--subresource=status']],
  ['evict pods of every namespace', 'yes', ['create', 'pods', '--subresource=eviction', '-n', 'default']],
  ['delete pods, without regard to budgets', 'no', ['delete', 'pods', '-n', 'default']],
  ['change budgets', 'no', ['patch', 'poddisruptionbudgets.policy', '-n', 'default']],
  ['change Deployments', 'no', ['patch', 'deployments.apps', '-n', 'default']],
  ['everything', 'no', ['*', '*']],
])("may the playground's worker %s: %s", async (_, answer, asked) => {
  expect((await mayDo(...asked)).split('\n').at(-1)).toBe(answer);
});
