import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { removeDirectory } from '../../directories.ts';
import { throughAny } from '../../etcd-membership.ts';
import { waitFor } from '../../waiting.ts';
import type { ClusterNode, PlaygroundCluster } from '../cluster.ts';

/** What `kubeadm reset` wrote. It ends with 0 whatever happened. */
export interface ResetOutcome {
  readonly exitCode: 0;
  readonly output: readonly string[];
}

/**
 * `kubeadm reset -f` on a control-plane node: tries to take the member out of the ring, and only warns when it could not. Then it stops
 * what runs and empties the directories. The Node object stays.
 */
export async function resetNode(cluster: PlaygroundCluster, node: ClusterNode): Promise<ResetOutcome> {
  const output = ['[preflight] Running pre-flight checks'];
  try {
    await removeMember(cluster, node);
    output.push('[reset] Removed the etcd member of this node from the cluster');
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    output.push(
      `W [removeetcdmember.go] failed to remove etcd member: ${words}, please manually remove this etcd member`,
    );
  }
  await emptyManifests(node);
  await node.stopKubelet();
  await node.powerOff();
  for (const folder of ['etc/kubernetes', 'var/lib/etcd', 'var/lib/kubelet']) {
    await removeDirectory(join(node.root, folder));
  }
  output.push(
    '[reset] Deleting contents of directories: [/etc/kubernetes/manifests /var/lib/kubelet /etc/kubernetes/pki /var/lib/etcd]',
  );
  return { exitCode: 0, output };
}

/** kubeadm asks the other members, not its own. */
async function removeMember(cluster: PlaygroundCluster, node: ClusterNode): Promise<void> {
  const others = cluster.etcd.endpoints.filter((endpoint) => endpoint !== node.clientUrl);
  await throughAny(others, cluster.etcd.tls, async (ring) => {
    const own = (await ring.list()).find(({ peerUrls }) => peerUrls.includes(node.peerUrl));
    if (own === undefined) throw new Error('the member is not in the list');
    await ring.remove(own.id);
  });
}

/** The kubelet, if it runs, ends what the manifests no longer say. */
async function emptyManifests(node: ClusterNode): Promise<void> {
  const folder = join(node.root, 'etc/kubernetes/manifests');
  const files = await readdir(folder).catch(() => []);
  await Promise.all(files.map((file) => rm(join(folder, file), { force: true })));
  if (!node.agent.running()) return;
  await waitFor(`the static pods of ${node.name} to end`, () => node.etcd.pid() === undefined, { timeoutMs: 60_000 });
}
