import type { EtcdAlarm, EtcdMember, EtcdStatus, MemberId } from '../ports/etcd.ts';
import type { MemberReading, RingReading } from './reading.ts';
import { parseEtcdVersion } from './version-gate.ts';

/** etcd's quota when nothing else is set, bytes. */
export const DEFAULT_QUOTA_BYTES = 2 * 1024 ** 3;

/** Quota of one member and where the figure comes from. `assumed`: etcd's default, because nothing tells it. */
export interface Quota {
  readonly bytes: number;
  readonly source: 'server' | 'configured' | 'assumed';
}

/** One member as it was seen. */
export interface RingMember {
  readonly member: EtcdMember;
  readonly id: MemberId;
  /** Name for people; with the id when two members share a name, the id alone when it has none. */
  readonly label: string;
  /** It has joined: a member that was only added has no name yet. */
  readonly started: boolean;
  readonly learner: boolean;
  /** What it says of itself; `null`: see `trouble`. */
  readonly status: EtcdStatus | null;
  /** Why there is no status, in words; `null` when there is one. */
  readonly trouble: string | null;
  readonly isLeader: boolean;
  /** Entries behind the most advanced member; `null` without status. */
  readonly lag: number | null;
  /** Entries received but not yet applied; `null` without status. */
  readonly backlog: number | null;
  /** It answered a read that needs quorum. */
  readonly reads: boolean;
  /** Whether it knows the same ring and the same members; `null`: it did not say. */
  readonly sameView: boolean | null;
  readonly defragInflight: boolean | null;
  readonly quota: Quota;
  readonly freeDiskBytes: number | null;
}

/** A ring as it was seen in one look. */
export interface Ring {
  /** Hexadecimal. */
  readonly clusterId: string;
  /** The list came without quorum: for diagnosis only. */
  readonly localList: boolean;
  /** By label. One entry a member id, however many addresses it has. */
  readonly members: readonly RingMember[];
  /** The leader all answering voters name; `null`: none, or they disagree. */
  readonly leaderId: MemberId | null;
  /** The term all answering voters name; `null`: they disagree. */
  readonly term: bigint | null;
  /** `null`: could not be read. */
  readonly alarms: readonly EtcdAlarm[] | null;
}

/** Voters of a ring, learners left out. */
export function votersOf(ring: Ring): readonly RingMember[] {
  return ring.members.filter((each) => !each.learner);
}

/** Whether an alarm of this kind is active. */
export function hasAlarm(ring: Ring, type: EtcdAlarm['type']): boolean {
  return ring.alarms?.some((alarm) => alarm.type === type) ?? false;
}

/** The label of a member id, the id itself when it is none of the ring. */
export function labelOf(ring: Ring, id: MemberId): string {
  return ring.members.find((each) => each.id === id)?.label ?? id;
}

/**
 * Builds the model of a ring from one look; `null` when there was no member list at all.
 *
 * @param configuredQuota quota of the configuration, bytes, used where the server does not tell its own
 */
export function buildRing(reading: RingReading, configuredQuota: number | null): Ring | null {
  if (!reading.list.ok) return null;
  const { clusterId } = reading.list.value;
  const ids = reading.list.value.members.map((each) => each.id);
  const unique = reading.members.filter(
    (each, index) => reading.members.findIndex((x) => x.member.id === each.member.id) === index,
  );
  const statuses = unique.map((each) => trusted(each, clusterId));
  const voting = unique.flatMap((each, index) => (each.member.isLearner ? [] : [statuses[index] ?? null]));
  const leaderId = agreed(voting.flatMap((status) => (status === null ? [] : [status.leaderId])));
  const maxApplied = statuses.reduce(
    (max, status) => (status !== null && status.raftAppliedIndex > max ? status.raftAppliedIndex : max),
    0n,
  );
  const members = unique.map((each, index): RingMember => {
    const status = statuses[index] ?? null;
    return {
      member: each.member,
      id: each.member.id,
      label: labelFor(each.member, unique),
      started: each.member.name !== '',
      learner: each.member.isLearner,
      status,
      trouble: status === null ? troubleOf(each, clusterId) : null,
      isLeader: leaderId === each.member.id,
      lag: status === null ? null : Number(maxApplied - status.raftAppliedIndex),
      backlog: status === null ? null : Number(status.raftIndex - status.raftAppliedIndex),
      reads: each.read.ok,
      sameView: each.view.ok ? each.view.value.clusterId === clusterId && sameIds(ids, each.view.value.members) : null,
      defragInflight: each.defragInflight,
      quota: quotaOf(each, status, configuredQuota),
      freeDiskBytes: each.freeDiskBytes,
    };
  });
  return {
    clusterId,
    localList: reading.localList,
    members: members.toSorted((a, b) => (a.label < b.label ? -1 : 1)),
    leaderId,
    term: agreed(voting.flatMap((status) => (status === null ? [] : [status.raftTerm]))),
    alarms: reading.alarms.ok ? reading.alarms.value : null,
  };
}

function trusted(reading: MemberReading, clusterId: string): EtcdStatus | null {
  if (!reading.status.ok) return null;
  const status = reading.status.value;
  return status.memberId === reading.member.id && status.clusterId === clusterId ? status : null;
}

function troubleOf(reading: MemberReading, clusterId: string): string {
  if (!reading.status.ok) return reading.status.error.message;
  const { memberId, clusterId: other } = reading.status.value;
  return other === clusterId
    ? `another member (${memberId}) answers at its address`
    : `another ring (${other}) answers at its address`;
}

function labelFor(member: EtcdMember, all: readonly MemberReading[]): string {
  if (member.name === '') return member.id;
  const shared = all.some((each) => each.member.name === member.name && each.member.id !== member.id);
  return shared ? `${member.name} (${member.id})` : member.name;
}

function agreed<T>(values: readonly (T | null)[]): T | null {
  const [first] = values;
  return first !== undefined && first !== null && values.every((value) => value === first) ? first : null;
}

function sameIds(ids: readonly MemberId[], members: readonly EtcdMember[]): boolean {
  return ids.length === members.length && members.every((each) => ids.includes(each.id));
}

/** Status tells the quota from 3.6 on, the right one from 3.6.6; the metrics of every version do. */
function quotaOf(reading: MemberReading, status: EtcdStatus | null, configured: number | null): Quota {
  if (reading.quotaBytes !== null && reading.quotaBytes > 0) return { bytes: reading.quotaBytes, source: 'server' };
  const version = parseEtcdVersion(status?.version ?? '');
  const reliable = version !== null && (version.minor > 6 || (version.minor === 6 && version.patch >= 6));
  const told = status?.quotaBytes ?? null;
  if (told !== null && told > 0 && reliable) return { bytes: told, source: 'server' };
  if (configured !== null) return { bytes: configured, source: 'configured' };
  return { bytes: DEFAULT_QUOTA_BYTES, source: 'assumed' };
}
