import { type ListedMember, throughAny } from '../../etcd-membership.ts';
import { waitFor } from '../../waiting.ts';
import type { ClusterNode, PlaygroundCluster } from '../cluster.ts';

/** All optional. */
export interface JoinOptions {
  /** How long the new member may take to catch up, ms; default 120 s. */
  readonly timeoutMs?: number;
}

/**
 * `kubeadm join --control-plane` on a machine that {@link PlaygroundCluster.addNode} made, or one that was reset: checks that every
 * member answers, adds the new one as a learner, installs certificates and manifests, starts the kubelet, and promotes the learner when
 * it has caught up. What is in its data directory stays there, as kubeadm's check of empty directories is not played.
 * A machine that is taken away meanwhile leaves no entry that never started: the controllers of Cluster API would leave it in the ring for good.
 *
 * @throws Error with kubeadm's kind of words when the ring is not healthy, etcd's when it refuses, and when the machine is taken away.
 */
export async function joinControlPlane(
  cluster: PlaygroundCluster,
  node: ClusterNode,
  { timeoutMs = 120_000 }: JoinOptions = {},
): Promise<void> {
  await checkRing(cluster);
  const added = await learnerOf(cluster, node);
  try {
    await started(cluster, node, added);
    if (added.isLearner) await promoted(cluster, { node, id: added.id, timeoutMs });
  } catch (error) {
    if (isThere(cluster, node)) throw error;
    await removeUnstarted(cluster, added.id);
    throw takenAway(node, error);
  }
  cluster.etcd.follow([...new Set([...followedNodes(cluster), node.name])]);
}

function isThere(cluster: PlaygroundCluster, node: ClusterNode): boolean {
  return cluster.nodes.includes(node);
}

function checkThere(cluster: PlaygroundCluster, node: ClusterNode): void {
  if (!isThere(cluster, node)) throw takenAway(node);
}

function takenAway({ name }: ClusterNode, cause?: unknown): Error {
  return new Error(`the machine ${name} was taken away`, { cause });
}

/** Certificates, manifests and kubelet of the new member. */
async function started(cluster: PlaygroundCluster, node: ClusterNode, added: ListedMember): Promise<void> {
  const { tls } = cluster.etcd;
  const others = await throughAny(cluster.etcd.endpoints, tls, (ring) => ring.list());
  const members = [
    ...others.filter(({ id, name }) => id !== added.id && name !== '').map(namedMember),
    { name: node.name, peerUrl: node.peerUrl },
  ];
  checkThere(cluster, node);
  await cluster.install(node, { members, state: 'existing' });
  node.startKubelet();
}

const REMOVED_WITHIN_MS = 15_000;

async function removeUnstarted(cluster: PlaygroundCluster, id: string): Promise<void> {
  await waitFor(
    'the entry of a machine that is gone to go',
    async () => {
      try {
        return await throughAny(cluster.etcd.endpoints, cluster.etcd.tls, async (ring) => {
          const found = (await ring.list()).find((each) => each.id === id);
          if (found?.name === '') await ring.remove(id);
          return true;
        });
      } catch {
        return false;
      }
    },
    { timeoutMs: REMOVED_WITHIN_MS, everyMs: 250 },
  );
}

/** How long kubeadm asks again while etcd refuses, ms. */
const ADD_FOR_MS = 60_000;

/** The learner's entry. etcd refuses one while it has not been connected to every voter for 5 s: asked again, as kubeadm does. */
async function learnerOf(cluster: PlaygroundCluster, node: ClusterNode): Promise<ListedMember> {
  let problem: unknown;
  const added = waitFor(
    'etcd to take the new member',
    async () => {
      checkThere(cluster, node);
      try {
        return await throughAny(cluster.etcd.endpoints, cluster.etcd.tls, async (ring) => {
          // A try before this one may have left it.
          const present = (await ring.list()).find(({ peerUrls }) => peerUrls.includes(node.peerUrl));
          return present ?? (await ring.add(node.peerUrl, true));
        });
      } catch (error) {
        problem = error;
        return false;
      }
    },
    { timeoutMs: ADD_FOR_MS, everyMs: 500 },
  );
  return added.catch((error: unknown) => {
    throw new Error(`etcd does not take ${node.name} as a member`, { cause: problem ?? error });
  });
}

/** Waits until etcd lets the learner vote. */
async function promoted(
  cluster: PlaygroundCluster,
  { node, id, timeoutMs }: { readonly node: ClusterNode; readonly id: string; readonly timeoutMs: number },
): Promise<void> {
  const settings = { timeoutMs, everyMs: 250 };
  await waitFor(
    'the new member to have caught up',
    async () => {
      checkThere(cluster, node);
      try {
        return await throughAny(cluster.etcd.endpoints, cluster.etcd.tls, async (ring) => {
          const found = (await ring.list()).find((each) => each.id === id);
          if (found === undefined) throw new Error('the new member is no member any more');
          if (found.isLearner) await ring.promote(id);
          return true;
        });
      } catch {
        return false;
      }
    },
    settings,
  );
}

/** kubeadm's check before it joins: it asks every member. */
async function checkRing(cluster: PlaygroundCluster): Promise<void> {
  const members = await throughAny(cluster.etcd.endpoints, cluster.etcd.tls, (ring) => ring.list());
  const silent = (
    await Promise.all(
      members
        .filter(({ clientUrls }) => clientUrls.length > 0)
        .map(async (member) => ((await answers(cluster, member)) ? [] : [member.name])),
    )
  ).flat();
  if (silent.length === 0) return;
  throw new Error(
    `error execution phase check-etcd: etcd cluster is not healthy: failed to dial endpoint of ${silent.join(', ')}: context deadline exceeded`,
  );
}

async function answers(cluster: PlaygroundCluster, { clientUrls }: ListedMember): Promise<boolean> {
  try {
    await throughAny(clientUrls, cluster.etcd.tls, (ring) => ring.status());
    return true;
  } catch {
    return false;
  }
}

function namedMember({ name, peerUrls }: ListedMember): { readonly name: string; readonly peerUrl: string } {
  return { name, peerUrl: peerUrls[0] ?? '' };
}

/** Names of the nodes whose members the API server uses now. */
function followedNodes(cluster: PlaygroundCluster): readonly string[] {
  return cluster.nodes.filter((node) => cluster.etcd.endpoints.includes(node.clientUrl)).map(({ name }) => name);
}
