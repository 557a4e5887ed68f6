import { parseEtcdVersion } from '../../src/core/etcd/version-gate.ts';
import type { EtcdAddition, EtcdPeer, EtcdRefusal, MemberId } from '../../src/core/ports/etcd.ts';
import { announce, elect, type FakeMember, type FakeRingState, takesPart } from './etcd-state.ts';

/** What etcd says when it refuses to change its member list. */
export interface MembershipRefusal {
  readonly refusal: EtcdRefusal;
  /** etcd's own words. */
  readonly text: string;
}

/** How long a voter must have been connected until the ring may change, ms. */
const CONNECTED_MS = 5000;

const UNHEALTHY: MembershipRefusal = { refusal: 'unhealthy-cluster', text: 'etcdserver: unhealthy cluster' };
const NOT_STARTED: MembershipRefusal = {
  refusal: 'not-enough-started',
  text: 'etcdserver: re-configuration failed due to not enough started members',
};
const NOT_FOUND: MembershipRefusal = { refusal: 'no-such-member', text: 'etcdserver: member not found' };

/**
 * Why etcd would not add this member now, asked at `via`; `null`: it would. The strict check of the server, then the rules of the
 * list itself.
 *
 * Source: `mayAddMember` in etcd's `server/etcdserver/server.go`, `ValidateConfigurationChange` in `membership/cluster.go`.
 */
export function additionRefusal(
  ring: FakeRingState,
  via: FakeMember,
  addition: EtcdAddition,
  nowMs: number,
): MembershipRefusal | null {
  const voters = votersIn(ring);
  if (!addition.learner && !enoughStarted(voters)) return NOT_STARTED;
  if (!connectedEnough(voters, via, nowMs)) return UNHEALTHY;
  const taken = ring.members.some(({ peerUrls }) => peerUrls.some((url) => addition.peerUrls.includes(url)));
  if (taken) return { refusal: 'peer-url-exists', text: 'etcdserver: Peer URLs already exists' };
  const learners = ring.members.filter(({ isLearner }) => isLearner).length;
  if (addition.learner && learners > 0)
    return { refusal: 'too-many-learners', text: 'etcdserver: too many learner members in cluster' };
  return null;
}

function enoughStarted(voters: readonly FakeMember[]): boolean {
  const started = voters.filter(({ name }) => name !== '').length;
  const after = voters.length + 1;
  return (started === 1 && after === 2) || started >= Math.floor(after / 2) + 1;
}

/** Before 3.5.30 and 3.6.11 all voters must be connected; after that a quorum of the ring as it will be. */
function connectedEnough(voters: readonly FakeMember[], via: FakeMember, nowMs: number): boolean {
  const connected = voters.filter((each) => isConnected(each, via, nowMs)).length;
  return connected >= (wantsAll(via.version) ? voters.length : Math.floor((voters.length + 1) / 2) + 1);
}

function wantsAll(version: string): boolean {
  const read = parseEtcdVersion(version);
  if (read === null || read.major !== 3 || read.minor < 5) return true;
  if (read.minor === 5) return read.patch < 30;
  return read.minor === 6 && read.patch < 11;
}

function isConnected(member: FakeMember, via: FakeMember, nowMs: number): boolean {
  if (member === via) return true;
  return member.name !== '' && takesPart(member) && nowMs - member.connectedSinceMs >= CONNECTED_MS;
}

/**
 * Why etcd would not remove this member now, asked at `via`; `null`: it would. It lets a healthy one go while a quorum stays, and one
 * that it is not connected to always.
 *
 * Source: `mayRemoveMember` in etcd's `server/etcdserver/server.go`.
 */
export function removalRefusal(
  ring: FakeRingState,
  via: FakeMember,
  id: MemberId,
  nowMs: number,
): MembershipRefusal | null {
  const target = ring.members.find((each) => each.id === id);
  if (target === undefined) return NOT_FOUND;
  if (target.isLearner) return null;
  const voters = votersIn(ring);
  const others = voters.filter((each) => each !== target);
  const started = others.filter(({ name }) => name !== '').length;
  if (others.length === 0 || started < Math.floor(others.length / 2) + 1) return NOT_STARTED;
  if (target !== via && !takesPart(target)) return null;
  const active = voters.filter((each) => isConnected(each, via, nowMs)).length;
  return active - 1 < 1 + Math.floor((voters.length - 1) / 2) ? UNHEALTHY : null;
}

/** Takes a member out of the list. One that learns of it ends. */
export function removeFrom(ring: FakeRingState, id: MemberId): void {
  const at = ring.members.findIndex((each) => each.id === id);
  const [gone] = at < 0 ? [] : ring.members.splice(at, 1);
  if (gone === undefined) return;
  ring.removed.push(gone);
  ring.raftIndex += 1n;
  ring.alarms = ring.alarms.filter(({ memberId }) => memberId !== id);
  if (gone.health !== 'frozen') gone.health = 'down';
  elect(ring);
  announce(gone);
}

/** Why etcd would not make this learner a voter; `null`: it would. */
export function promotionRefusal(ring: FakeRingState, id: MemberId): MembershipRefusal | null {
  const member = ring.members.find((each) => each.id === id);
  if (member === undefined) return NOT_FOUND;
  if (!member.isLearner) return { refusal: 'not-a-learner', text: 'etcdserver: can only promote a learner member' };
  const behind = member.name === '' || !takesPart(member) || member.lag * 10n > ring.raftIndex;
  if (!behind) return null;
  const text = 'etcdserver: can only promote a learner member which is in sync with leader';
  return { refusal: 'learner-behind', text };
}

/** How a member sees its connections: to those that were started, and to those that went while it knew them. */
export function peersOf(ring: FakeRingState, member: FakeMember): readonly EtcdPeer[] {
  const known = [...ring.members, ...ring.removed].filter((each) => each !== member && each.name !== '');
  return known.map((each) => ({ id: each.id, active: ring.members.includes(each) && takesPart(each) }));
}

function votersIn(ring: FakeRingState): readonly FakeMember[] {
  return ring.members.filter(({ isLearner }) => !isLearner);
}
