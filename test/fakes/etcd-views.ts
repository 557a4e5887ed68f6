import type { EtcdAlarm, EtcdMember, EtcdStatus } from '../../src/core/ports/etcd.ts';
import { elect, type FakeMember, type FakeRingState } from './etcd-state.ts';

/** The member as the member list shows it. */
export function viewOf({ id, name, peerUrls, clientUrls, isLearner }: FakeMember): EtcdMember {
  return { id, name, peerUrls, clientUrls, isLearner };
}

/** The member's status now. */
export function statusOf(ring: FakeRingState, member: FakeMember): EtcdStatus {
  elect(ring);
  const alarms = ring.alarms.map((alarm) => alarmText(alarm));
  const leaderless = ring.leader === null ? ['etcdserver: no leader'] : [];
  return {
    clusterId: ring.clusterId,
    memberId: member.id,
    version: member.version,
    dbSizeBytes: member.dbSizeBytes,
    dbSizeInUseBytes: member.dbSizeInUseBytes,
    quotaBytes: /^3\.(?:[0-5]\.|6\.[0-5]$)/.test(member.version) ? null : member.quotaBytes,
    leaderId: ring.leader?.id ?? null,
    revision: ring.revision,
    raftTerm: ring.term,
    raftIndex: ring.raftIndex,
    raftAppliedIndex: ring.raftIndex - member.lag,
    isLearner: member.isLearner,
    errors: [...leaderless, ...alarms, ...member.errors],
    downgrading: member.downgrading,
  };
}

/** As etcd writes it, blank included. */
function alarmText({ memberId, type }: EtcdAlarm): string {
  return `memberID:${BigInt(`0x${memberId}`)} alarm:${type} `;
}

/** Whether a key lies in a range as etcd understands it. */
export function isIn(key: string, from: string, end: string | undefined): boolean {
  if (end === undefined || end === '') return key === from;
  return key >= from && (end === '\0' || key < end);
}

/** Who is asked when any member may answer. */
export function anyMember(ring: FakeRingState): FakeMember | undefined {
  const voters = ring.members.filter(({ isLearner }) => !isLearner);
  const fit = voters.filter(({ health, answersAs }) => health === 'up' && answersAs === null);
  return (
    fit.find(({ busyUntilMs }) => busyUntilMs === null) ??
    fit[0] ??
    voters.find(({ health }) => health === 'frozen') ??
    voters[0]
  );
}

/** The member of the fake that has this id. */
export function findMember(ring: FakeRingState, member: EtcdMember): FakeMember | undefined {
  return ring.members.find(({ id }) => id === member.id);
}
