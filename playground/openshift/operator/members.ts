import { at, fieldsOf } from '../../kubernetes/api/reading.ts';
import type { ApiObject } from '../../kubernetes/contracts.ts';
import { identity, isGoing } from '../../kubernetes/controllers/objects.ts';
import { ETCD_SPACE } from '../layout.ts';
import type { OcpScene, Writer } from '../scene.ts';
import { configMap } from './revisions.ts';
import type { SeenMember } from './ring-view.ts';
import { addressOf, hasAddress, isWaitingForRing, type Sources, type View } from './view.ts';

const ENDPOINTS = `/api/v1/namespaces/${ETCD_SPACE}/configmaps`;

/** Keeps `etcd-endpoints`: the voters by id, with their addresses. The API servers use them. */
export async function keepEndpoints(scene: OcpScene, sources: Sources, view: View, writer: Writer): Promise<void> {
  if (view.members === null) return;
  const voters = view.members.filter(({ isLearner, name }) => !isLearner && name !== '');
  const wanted = Object.fromEntries(voters.map(({ id, address }) => [BigInt(id).toString(16), address]));
  const followed = scene.cluster.nodes.filter(({ peerUrl }) =>
    voters.some(({ peerUrls }) => peerUrls.includes(peerUrl)),
  );
  if (followed.length > 0) scene.cluster.etcd.follow(followed.map(({ name }) => name));
  const map = sources.maps.named(ETCD_SPACE, 'etcd-endpoints');
  if (map === undefined) return writer.create(ENDPOINTS, configMap('etcd-endpoints', wanted));
  const present = fieldsOf(at(map, 'data'));
  const gone = Object.keys(present).filter((id) => wanted[id] === undefined);
  const same = gone.length === 0 && Object.entries(wanted).every(([id, address]) => present[id] === address);
  if (same) return;
  await writer.merge(`${ENDPOINTS}/etcd-endpoints`, {
    data: { ...wanted, ...Object.fromEntries(gone.map((id) => [id, null])) },
  });
}

/**
 * Lets learners vote that have caught up; else adds one learner for a pod that waits for its place. It adds nobody while a member is not healthy or
 * has not started, and nobody on a machine that is being deleted.
 *
 * Source: the cluster-etcd-operator's `ClusterMemberController`, retold.
 */
export async function keepMembers({ cluster }: OcpScene, { ring }: Sources, view: View): Promise<void> {
  const { members } = view;
  if (members === null) return;
  for (const learner of members.filter(({ isLearner, name }) => isLearner && name !== '')) {
    // "can only promote a learner member which is in sync with leader": the next round tries again.
    await ring.through((membership) => membership.promote(learner.id)).catch(() => undefined);
  }
  const unwell = members.filter(({ healthy, isLearner }) => !healthy || isLearner);
  if (unwell.length > 0) return;
  const waiting = view.masters.find((master) => waitsForPlace(view, members, master));
  if (waiting === undefined) return;
  const machine = cluster.nodes.find(({ name }) => name === identity(waiting).name);
  if (machine !== undefined) await ring.through((membership) => membership.add(machine.peerUrl, true));
}

function waitsForPlace(view: View, members: readonly SeenMember[], master: ApiObject): boolean {
  const address = addressOf(master);
  if (address === '' || members.some((each) => each.address === address)) return false;
  const machine = view.machines.find((each) => hasAddress(each, address));
  return isWaitingForRing(view.podOf(identity(master).name)) && (machine === undefined || !isGoing(machine));
}

/**
 * Removes a voter that is too many: of a machine that is being deleted, or of none. Only while the others keep quorum.
 *
 * Source: the cluster-etcd-operator's `ClusterMemberRemovalController`, retold; it does nothing where there are no machines.
 */
export async function removeSurplus(scene: OcpScene, { ring }: Sources, view: View): Promise<void> {
  const { machines, members } = view;
  if (members === null || machines.length === 0) return;
  const voters = members.filter(({ isLearner }) => !isLearner);
  if (voters.length <= scene.replicas) return;
  const surplus = voters.find(({ address }) => {
    const machine = machines.find((each) => hasAddress(each, address));
    return machine === undefined || isGoing(machine);
  });
  if (surplus === undefined) return;
  const healthy = voters.filter((each) => each !== surplus && each.healthy).length;
  if (healthy < Math.floor((voters.length - 1) / 2) + 1) return;
  await ring.through((membership) => membership.remove(surplus.id));
}
