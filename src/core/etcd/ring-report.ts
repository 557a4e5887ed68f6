import { formatBytes, formatShare } from '../bytes.ts';
import type { EtcdError } from '../ports/etcd.ts';
import type { ReportTable, StateReport } from '../state-report.ts';
import { wayTrouble } from './access.ts';
import type { DbSize } from './defrag-outcome.ts';
import { type GateAnswer, gateTrouble } from './health-gate.ts';
import { labelOf, type Ring, type RingMember } from './ring.ts';

/** `leader`, `follower`, `learner` or `not started`, as people call it. */
export function roleOf(each: RingMember): string {
  if (!each.started) return 'not started';
  if (each.learner) return 'learner';
  if (each.status === null) return 'silent';
  return each.isLeader ? 'leader' : 'follower';
}

/** Sizes and roles of all members. */
export function sizeTable(ring: Ring, title: string): ReportTable {
  return {
    title,
    columns: ['Member', 'Role', 'Version', 'Size', 'In use', 'Quota used'],
    rows: ring.members.map((each) => [each.label, roleOf(each), ...sizeCells(each)]),
  };
}

function sizeCells(each: RingMember): readonly string[] {
  const { status } = each;
  if (status === null) return ['?', '?', '?', '?'];
  return [
    status.version,
    formatBytes(status.dbSizeBytes),
    `${formatBytes(status.dbSizeInUseBytes)} (${formatShare(status.dbSizeInUseBytes, status.dbSizeBytes)})`,
    quotaCell(each, status.dbSizeBytes),
  ];
}

function quotaCell(each: RingMember, size: number): string {
  const share = formatShare(size, each.quota.bytes);
  return each.quota.source === 'assumed' ? `${share} (assumed)` : share;
}

/** Sizes before and after, by member id. A member that is not in `before` was not touched. */
export function beforeAfterTable(ring: Ring, before: ReadonlyMap<string, DbSize>): ReportTable {
  return {
    title: 'etcd members, before and after',
    columns: ['Member', 'Role', 'Version', 'Size before', 'Size after', 'In use', 'Quota used'],
    rows: ring.members.map((each) => {
      const was = before.get(each.id);
      const [version, size, inUse, quota] = sizeCells(each);
      return [
        each.label,
        roleOf(each),
        version ?? '?',
        was === undefined ? 'not touched' : formatBytes(was.size),
        size ?? '?',
        inUse ?? '?',
        quota ?? '?',
      ];
    }),
  };
}

/** Who the members are and how far they are. */
export function memberTable(ring: Ring): ReportTable {
  return {
    title: 'etcd members',
    columns: ['Member', 'ID', 'Role', 'Version', 'Term', 'Applied index', 'Behind'],
    rows: ring.members.map((each) => [
      each.label,
      each.id,
      roleOf(each),
      each.status?.version ?? '?',
      each.status === null ? '?' : String(each.status.raftTerm),
      each.status === null ? '?' : String(each.status.raftAppliedIndex),
      each.lag === null ? '?' : String(each.lag),
    ]),
  };
}

const ALARM_MEANING = {
  NOSPACE: 'over its quota: writes are refused on the whole ring',
  CORRUPT: 'its data differs: everything on the ring is frozen',
  UNKNOWN: 'a kind that Drydock does not know',
} as const;

/** Active alarms; a row that says so when there is none. */
export function alarmTable(ring: Ring): ReportTable {
  const rows = ring.alarms?.map((alarm) => [labelOf(ring, alarm.memberId), alarm.type, ALARM_MEANING[alarm.type]]) ?? [
    ['?', '?', 'the alarms could not be read'],
  ];
  return {
    title: 'Alarms',
    columns: ['Member', 'Alarm', 'Meaning'],
    rows: rows.length === 0 ? [['–', 'none', 'no alarm is active']] : rows,
  };
}

/** What people should do about members that fill their quota. `threshold` is a share, 0 to 1. */
export function quotaAdvice(ring: Ring, threshold: number): readonly string[] {
  return ring.members.flatMap((each) => {
    const size = each.status?.dbSizeBytes ?? 0;
    if (size <= each.quota.bytes * threshold) return [];
    // Free pages count for the quota: giving them back comes before asking for more.
    const inUse = each.status?.dbSizeInUseBytes ?? 0;
    const way = inUse <= each.quota.bytes * threshold ? 'defragment it' : 'raise the quota or delete data';
    return [
      `${each.label} uses ${formatShare(size, each.quota.bytes)} of its quota of ${formatBytes(each.quota.bytes)}, ${formatBytes(inUse)} of it for data: ${way}.`,
    ];
  });
}

/** What is assumed rather than seen. */
export function assumptions(ring: Ring): readonly string[] {
  const assumed = ring.members.filter((each) => each.status !== null && each.quota.source === 'assumed');
  if (assumed.length === 0) return [];
  return [
    `The quota of ${assumed.map((each) => each.label).join(', ')} cannot be seen: etcd's default of ${formatBytes(assumed[0]?.quota.bytes ?? 0)} is assumed.`,
  ];
}

/** One line for people: how the ring is. */
export function ringSummary(ring: Ring, gate: GateAnswer): string {
  const leader = ring.members.find((each) => each.isLeader);
  if (gate.ok && leader !== undefined)
    return `${ring.members.length} of ${ring.members.length} members are healthy, ${leader.label} leads.`;
  return `The ring is not healthy: ${gateTrouble(gate)}.`;
}

/** The report on a ring of which nothing could be read, and why: it is silent, or Drydock was not let in. */
export function unseenReport(cluster: string, error: EtcdError | null, at: string): StateReport {
  const trouble = wayTrouble(error);
  const why = error?.message ?? 'nobody said why';
  const summary =
    trouble === null
      ? `The etcd ring of ${cluster} does not answer: ${why}.`
      : `The etcd ring of ${cluster} could not be read. ${trouble}: ${why}.`;
  const advice =
    trouble === null
      ? 'Check the members, the endpoints and the certificates of Drydock.'
      : 'Mend what is named above; this says nothing of how the ring is.';
  return { at, healthy: false, summary, tables: [], notes: [`Nothing of the ring could be read. ${advice}`] };
}
