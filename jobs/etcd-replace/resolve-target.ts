import type { Platform } from '../../src/core/cluster-profile.ts';
import type { CaseTarget } from '../../src/core/etcd/diagnosis/case.ts';
import type { Diagnosed, Diagnosis, MemberPlace } from '../../src/core/etcd/diagnosis/evidence.ts';
import type { PlaceFacts } from '../../src/core/etcd/diagnosis/place.ts';
import { memberWords } from '../../src/core/etcd/member-words.ts';
import { hostOf } from '../../src/core/etcd/peer-url.ts';
import { votersOf } from '../../src/core/etcd/ring.ts';
import { resolveMembers } from '../../src/core/etcd/selection.ts';
import type { ReplaceParams } from './params.ts';
import { type PastRings, removalOf } from './past-rings.ts';
import { gone, withoutNode } from './removed-target.ts';

/** Who is meant, or why nobody is, as the evidence of a check. */
export type ResolvedTarget =
  | {
      readonly ok: true;
      readonly target: CaseTarget;
      /** `null`: it was removed before anybody asked. */
      readonly diagnosed: Diagnosed | null;
      readonly name: string;
      readonly place: MemberPlace;
    }
  | { readonly ok: false; readonly why: string };

/** Whether no member has that name, id or node, so that only a record can tell of it. Pure. */
export function isUnknown(diagnosis: Diagnosis, params: ReplaceParams): boolean {
  return foundBy(diagnosis, params).length === 0;
}

/** What is known when a target is looked for. */
export interface TargetFacts {
  readonly diagnosis: Diagnosis;
  readonly places: PlaceFacts;
  /** Who was in this ring before: an unknown name is that of a removed member only if this says so. */
  readonly past: PastRings;
}

/** Finds the one member that a name, an id or a node stands for. Pure. */
export function resolveTarget(facts: TargetFacts, platform: Platform, params: ReplaceParams): ResolvedTarget {
  const { diagnosis } = facts;
  const { name } = params.target;
  const found = foundBy(diagnosis, params);
  if (found.length > 1) {
    const words = found.map(({ member }) => memberWords(member.member)).join(' and ');
    return {
      ok: false,
      why: `${name} is ${found.length} entries: ${words}. Give the id: member/${found[0]?.member.id ?? ''}`,
    };
  }
  const [one] = found;
  if (one !== undefined)
    return {
      ok: true,
      target: { kind: 'member', id: one.member.id },
      diagnosed: one,
      name: one.member.member.name,
      place: one.place,
    };
  return removedBefore(facts, platform, params);
}

function foundBy(diagnosis: Diagnosis, { target: { kind, name } }: ReplaceParams): readonly Diagnosed[] {
  return kind === 'member' ? byName(diagnosis, name) : byNode(diagnosis, name);
}

function byName(diagnosis: Diagnosis, name: string): readonly Diagnosed[] {
  const ids = new Set(resolveMembers(diagnosis.ring, name).map(({ id }) => id));
  return diagnosis.members.filter(({ member }) => ids.has(member.id));
}

function byNode(diagnosis: Diagnosis, name: string): readonly Diagnosed[] {
  return diagnosis.members.filter(({ place }) => place.node === name || (place.node === null && place.host === name));
}

/** A member on record in a ring that was larger: of a node of the control plane that no member stands for, of none any more, or on a bare ring. */
function removedBefore(
  { diagnosis, places, past }: TargetFacts,
  platform: Platform,
  { target, peerUrl }: ReplaceParams,
): ResolvedTarget {
  const { name } = target;
  const removal = removalOf(name, votersOf(diagnosis.ring).length, past);
  const called = removal.ok ? removal.name : name;
  const place = diagnosis.withoutMember.find(({ node }) => node === called);
  if (place !== undefined) {
    // A node that is joining, or carries none on purpose, stands without a member, too.
    return removal.ok
      ? gone(called, place, `its control-plane node stands without a member, and ${removal.words}`)
      : { ok: false, why: neverSeen(name, platform, removal.why) };
  }
  const members = `${name} is none of the members: ${diagnosis.members.map(({ member }) => memberWords(member.member)).join(', ')}`;
  if (platform !== 'etcd') {
    if (removal.ok) return withoutNode({ diagnosis, places }, platform, removal);
    return {
      ok: false,
      why: `${members}, and no control-plane node without a member has that name. Nothing shows that it was removed before: ${removal.why}`,
    };
  }
  if (target.kind !== 'member' || peerUrl === null)
    return {
      ok: false,
      why: `${members}. If it was removed before, say where the new one is to be: --peer-url https://HOST:2380`,
    };
  // A mistyped name would add a member beside the one that was meant.
  if (removal.ok) return gone(removal.name, placeAt(peerUrl), removal.words);
  return { ok: false, why: `${members}. Nothing shows that it was removed before: ${removal.why}` };
}

function neverSeen(name: string, platform: Platform, why: string): string {
  const seen = `No member is on node ${name} of the control plane, and nothing shows that one was removed: ${why}. It may be joining just now, or carry none on purpose.`;
  switch (platform) {
    case 'openshift':
      return `${seen} The etcd operator adds a member for it by itself. What that waits for: \`oc get clusteroperator etcd\``;
    case 'cluster-api':
    case 'eks-anywhere':
      return `${seen} The controller of its machines looks after it. What that waits for, in the management cluster: \`kubectl get machines -A\``;
    case 'kubeadm':
      return `${seen} If its member was removed: \`kubeadm reset -f\` on it, \`kubectl delete node ${name}\`, and join it again`;
    case 'etcd':
    case 'eks':
    case 'gke':
    case 'aks':
      return seen;
  }
}

function placeAt(peerUrl: string): MemberPlace {
  return {
    node: null,
    nodeUid: null,
    nodeState: 'not-seen',
    machine: null,
    host: hostOf(peerUrl),
    hostState: 'not-asked',
    peerUrl,
    matchedBy: 'none',
  };
}
