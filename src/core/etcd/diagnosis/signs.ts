import type { NodeReading } from '../../kubernetes/node.ts';
import type { ServiceState } from '../host-service.ts';
import type { RingMember } from '../ring.ts';
import type { EvidenceSource, MemberPlace } from './evidence.ts';

/** What somebody beside us says of a member: another member, the etcd operator, the lease of the API server beside it. */
export interface ObserverSign {
  readonly source: Extract<EvidenceSource, 'peers' | 'controller' | 'node'>;
  /** It votes, as far as the observer can tell. */
  readonly alive: boolean;
  /** Without a period. */
  readonly words: string;
  /** ISO; `null`: not told. */
  readonly since: string | null;
}

/** How the container of etcd is, as the kubelet tells it. */
export interface PodSign {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly node: string;
  /** The container runs now. */
  readonly running: boolean;
  /** The kubelet's own probe says that it is ready. */
  readonly ready: boolean;
  readonly restarts: number;
  /** Why it waits: `CrashLoopBackOff`; empty: it does not. */
  readonly waiting: string;
  /** How it ended last; `null`: it has not. */
  readonly ended: { readonly exitCode: number; readonly at: string | null } | null;
  /** ISO; `null`: it is not being deleted. */
  readonly deletedAt: string | null;
}

/** How a node is. */
export interface NodeSign extends NodeReading {
  /** Addresses and host names that it reports. */
  readonly addresses: readonly string[];
}

/** How a Machine object is, of OpenShift or of Cluster API. */
export interface MachineSign {
  readonly name: string;
  /** Empty: not told. */
  readonly phase: string;
  /** What its provider says that means that it does not run, in words without a period; empty: nothing. */
  readonly complaints: readonly string[];
  readonly deletedAt: string | null;
}

/** How the host of a bare ring is, as it was when Drydock went there. */
export type HostSign =
  | { readonly reached: false; readonly why: string }
  | {
      readonly reached: true;
      /** Name of the service that runs etcd. */
      readonly name: string;
      /** In the last look; `null`: the service manager did not say. */
      readonly service: ServiceState | null;
      /** In the first look; `null`: there was one look only, or nothing was said. */
      readonly before: ServiceState | null;
      /** Free bytes where the data lies; `null`: not told. */
      readonly freeBytes: number | null;
    };

/** Why etcd ended, as its log names it. A closed list: the log itself is never shown beside a conclusion. */
export type LogCause = 'removed' | 'damaged-data' | 'no-space' | 'data-inconsistency' | 'certificate' | 'other-cluster';

/** What the data of a member is beside that of the other voters at one revision. */
export type HashSign =
  | { readonly kind: 'same' | 'not-compared' }
  /** `undecided`: they differ, and nobody has what most have. */
  | { readonly kind: 'differs' | 'undecided'; readonly words: string };

/** Everything that was seen of one member. */
export interface MemberSigns {
  /** The member in each look that had it, oldest first; at least one. */
  readonly looks: readonly [RingMember, ...RingMember[]];
  readonly place: MemberPlace;
  readonly observers: readonly ObserverSign[];
  /** The pod in the first and in the last look; `absent`: the pods were read and none is its; `not-seen`: they were not read. */
  readonly pod: { readonly first: PodSign | null; readonly last: PodSign } | 'absent' | 'not-seen';
  readonly node: NodeSign | null;
  readonly machine: MachineSign | null;
  /** The Machine objects were read, so that none is a finding. */
  readonly machinesSeen: boolean;
  readonly host: HostSign | null;
  readonly log: readonly LogCause[];
  readonly hash: HashSign;
  /** Within what time 99 of 100 writes to its log were on disk, ms; `null`: not told. */
  readonly fsyncP99Ms: number | null;
}

/** What was seen of the ring as a whole. */
export interface RingSigns {
  /** ms since the epoch. */
  readonly nowMs: number;
  /** A read that needs quorum was answered, though fewer voters than a quorum answer us. */
  readonly unseenVotes: boolean;
  /** A node that is not ready for a shorter time is not believed, ms: a dead kubelet shows after about 48 s, a restarted one comes back. */
  readonly nodeNotReadyMs: number;
}
