import type { Ring, RingMember } from '../ring.ts';
import type { MemberCondition } from './condition.ts';

/**
 * Who observed it. `etcd`: our own connection to the member; all others are observers beside it. `controller`: what looks after etcd in the
 * cluster, for instance the etcd operator of OpenShift.
 */
export type EvidenceSource = 'etcd' | 'peers' | 'pod' | 'node' | 'machine' | 'host' | 'controller' | 'log' | 'hash';

/** One thing that was seen of a member. */
export interface Evidence {
  readonly source: EvidenceSource;
  /** A few words without a period, without secrets: `pod etcd-cp-2: CrashLoopBackOff, 12 restarts`. */
  readonly words: string;
  /** Since when, ISO; `null`: not told. */
  readonly since: string | null;
}

/** By what a member was matched with a node or machine. Only `name-and-address` is good enough to act on. */
export type MatchedBy = 'name-and-address' | 'address' | 'name' | 'none';

/** Who looks after a machine, by its owner references. `other`: somebody we do not know, named in `controllerName`. */
export type MachineController = 'control-plane-machine-set' | 'kubeadm-control-plane' | 'etcdadm' | 'other' | 'none';

/** The Machine object behind a member, of OpenShift or of Cluster API. */
export interface MachinePlace {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** Empty: it has none. */
  readonly providerId: string;
  readonly matchedBy: MatchedBy;
  readonly controller: MachineController;
  /** `Kind/name` of the controller; empty: none. */
  readonly controllerName: string;
  /** It stands on a host that a BareMetalHost describes. */
  readonly bareMetal: boolean;
}

/** Where a member runs. */
export interface MemberPlace {
  /** Name of the node; `null`: no node belongs to it, or none was seen. */
  readonly node: string | null;
  readonly nodeUid: string | null;
  /** `not-seen`: the nodes could not be read, so nothing is known. */
  readonly nodeState: 'ready' | 'not-ready' | 'absent' | 'not-seen';
  readonly machine: MachinePlace | null;
  /** Address of the host of a bare ring, without port; `null` where nodes carry the members. */
  readonly host: string | null;
  /** Whether the host let us in; `not-asked`: no access to hosts is configured. */
  readonly hostState: 'reached' | 'unreachable' | 'not-asked';
  /** The first of its peer URLs; empty: it has none. */
  readonly peerUrl: string;
  /** How well member and node belong together. */
  readonly matchedBy: MatchedBy;
}

/** How the distance of a lagging member develops over the looks. */
export type LagTrend = 'growing' | 'shrinking' | 'steady';

/** What was concluded of one member, and from what. */
export interface Diagnosed {
  /** As it was in the last look. */
  readonly member: RingMember;
  readonly condition: MemberCondition;
  /** What speaks for the condition first; never empty. */
  readonly evidence: readonly Evidence[];
  /** Other conditions that were seen too, without the one that stands. */
  readonly alsoSeen: readonly MemberCondition[];
  readonly place: MemberPlace;
  /** Only with `lagging`. */
  readonly lagTrend: LagTrend | null;
  /** What would tell more, when it is `silent` or `unsteady`; else empty. Without a period. */
  readonly wouldTell: string;
}

/** What was seen of a whole ring, from one or several looks. */
export interface Diagnosis {
  /** The ring as it was in the last look. */
  readonly ring: Ring;
  /** In the order of the ring. */
  readonly members: readonly Diagnosed[];
  /** Nodes of the control plane that no member stands for, for instance because it was removed before. */
  readonly withoutMember: readonly MemberPlace[];
  readonly looks: number;
  /** How long lay between first and last look, ms. */
  readonly overMs: number;
  /** What could not be seen, as sentences. */
  readonly unseen: readonly string[];
}
