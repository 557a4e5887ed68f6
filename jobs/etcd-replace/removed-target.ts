import type { Platform } from '../../src/core/cluster-profile.ts';
import type { CaseTarget } from '../../src/core/etcd/diagnosis/case.ts';
import type { Diagnosis, MemberPlace } from '../../src/core/etcd/diagnosis/evidence.ts';
import { type PlaceFacts, placeOfRemoved, spareOf } from '../../src/core/etcd/diagnosis/place.ts';
import { MACHINE_NAMESPACE } from '../../src/core/openshift/machine.ts';
import type { Removal } from './past-rings.ts';

/** A member that is out of the list, where it was; or why it cannot be gone on from there. */
export type RemovedTarget =
  | {
      readonly ok: true;
      readonly target: Extract<CaseTarget, { readonly kind: 'removed' }>;
      readonly diagnosed: null;
      readonly name: string;
      readonly place: MemberPlace;
    }
  | { readonly ok: false; readonly why: string };

/** What was removed, and where it was. */
export function gone(name: string, place: MemberPlace, proof: string): RemovedTarget {
  return { ok: true, target: { kind: 'removed', name, place, proof }, diagnosed: null, name, place };
}

/**
 * A member that a record proves removed, and whose node is gone, too: a replacement that ended behind the deletion of the node goes on from
 * there. What of its machines still stands decides how. Pure.
 */
export function withoutNode(
  { diagnosis, places }: { readonly diagnosis: Diagnosis; readonly places: PlaceFacts },
  platform: Platform,
  removal: Extract<Removal, { readonly ok: true }>,
): RemovedTarget {
  const { name, peerUrls, words } = removal;
  const members = diagnosis.ring.members.map(({ member }) => member);
  const { place, machine } = placeOfRemoved({ name, peerUrls }, members, places);
  const proof = `${words}; its node is gone`;
  const refuse = (why: string): RemovedTarget => ({
    ok: false,
    why: `${name} is no member any more: ${words}. ${why}`,
  });
  switch (platform) {
    case 'openshift': {
      if (places.machines === null || place.nodeState !== 'absent')
        return refuse('What is left of its node and Machine could not be read, so nothing is gone on with. Ask again.');
      const spare = spareOf(members, places).machines ?? [];
      const next = spare.filter((each) => each.controlPlane && each.place.uid !== place.machine?.uid);
      const [only] = next;
      if (next.length > 1)
        return refuse(
          `Which Machine takes its place cannot be told: no member stands on ${next.map((each) => each.place.name).join(' and ')}. Delete those that are too many: \`oc -n ${MACHINE_NAMESPACE} delete machine NAME\``,
        );
      const found = gone(name, place, proof);
      return only === undefined || !found.ok
        ? found
        : { ...found, target: { ...found.target, nextMachine: only.place.name } };
    }
    case 'kubeadm':
      return place.nodeState === 'absent'
        ? gone(name, place, proof)
        : refuse('The nodes could not be read, or carry no member, so nothing is gone on with. Ask again.');
    case 'cluster-api':
    case 'eks-anywhere':
      if (place.machine !== null && machine?.deletedAt === null) return gone(name, place, proof);
      return refuse(
        `${machineWords(places, place.machine?.name ?? null, machine?.deletedAt ?? null)} What it waits for, in the management cluster: \`kubectl get machines -A\`, and the conditions of what controls them`,
      );
    case 'etcd':
    case 'eks':
    case 'gke':
    case 'aks':
      return refuse('No node of its name is there.');
  }
}

function machineWords({ machines }: PlaceFacts, name: string | null, since: string | null): string {
  if (machines === null) return 'Its Machine could not be read. A controller that deleted it goes on by itself.';
  return name === null
    ? 'Its Machine is gone: the controller makes the next one by itself, and nobody has to ask it again.'
    : `Machine ${name} is being deleted since ${since ?? 'nobody knows when'}: the controller goes on by itself, and nobody has to ask it again.`;
}
