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
 *
 * @throws Error with kubeadm's kind of words when the ring is not healthy, and etcd's when it refuses.
 */
export async function joinControlPlane(
  cluster: PlaygroundCluster,
  node: ClusterNode,
  { timeoutMs = 120_000 }: JoinOptions = {},
): Promise<void> {
  const { tls } = cluster.etcd;
  await checkRing(cluster);
  const added = await learnerOf(cluster, node);
  const others = await throughAny(cluster.etcd.endpoints, tls, (ring) => ring.list());
  const members = [
    ...others.filter(({ id, name }) => id !== added.id && name !== '').map(namedMember),
    { name: node.name, peerUrl: node.peerUrl },
  ];
  await cluster.install(node, { members, state: 'existing' });
  node.startKubelet();
  if (added.isLearner) await promoted(cluster, added.id, timeoutMs);
  cluster.etcd.follow([...new Set([...followedNodes(cluster), node.name])]);
}

/** How long kubeadm asks again while etcd refuses, ms. */
const ADD_FOR_MS = 60_000;

/** The learner's entry. etcd refuses one while it has not been connected to every voter for 5 s: asked again, as kubeadm does. */
async function learnerOf(cluster: PlaygroundCluster, node: ClusterNode): Promise<ListedMember> {
  let problem: unknown;
  const added = waitFor(
    'etcd to take the new member',
    async () => {
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
async function promoted(cluster: PlaygroundCluster, id: string, timeoutMs: number): Promise<void> {
  const settings = { timeoutMs, everyMs: 250 };
  await waitFor(
    'the new member to have caught up',
    async () => {
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
