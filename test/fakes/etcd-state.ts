import { createHash } from 'node:crypto';
import type { EtcdAlarm, MemberId } from '../../src/core/ports/etcd.ts';

/** `up` answers; `frozen` keeps its connections and answers nothing; `down` is not running; `cut` runs, but not for us. */
export type FakeHealth = 'up' | 'frozen' | 'down' | 'cut';

/** One member of the fake ring. Sizes in bytes. */
export interface FakeMember {
  readonly id: MemberId;
  /** Empty until it is started for the first time. */
  name: string;
  readonly peerUrls: readonly string[];
  clientUrls: readonly string[];
  isLearner: boolean;
  version: string;
  health: FakeHealth;
  quotaBytes: number;
  dbSizeBytes: number;
  dbSizeInUseBytes: number;
  /** `null`: cannot be seen. */
  freeDiskBytes: number | null;
  /** Since when it is connected to the others, by the fake clock. */
  connectedSinceMs: number;
  /** 99 of 100 writes to its log take at most this, ms; `null`: cannot be seen. */
  fsyncP99Ms: number | null;
  /** When its certificate for clients ends, ISO; `null`: cannot be seen. */
  certificateEnd: string | null;
  /** When its process began, s by the fake clock. */
  startedAtS: number;
  /** False: metrics (quota, defragInflight, startedAt) cannot be seen. */
  showsMetrics: boolean;
  /** Entries it has not applied yet. */
  lag: bigint;
  /** Id in its answers when another process took over its address. */
  answersAs: MemberId | null;
  /** Makes its hash differ: its data are damaged. */
  damaged: boolean;
  /** Extra texts of its status. */
  errors: readonly string[];
  downgrading: boolean;
  /** Fake time when its defragmentation ends, `null` while none runs. Infinity: until it is released. */
  busyUntilMs: number | null;
  /** Snapshots being streamed; a defragmentation waits for their end. */
  streams: number;
  /** Resolved and replaced whenever somebody who waits for this member should look again. */
  changed: PromiseWithResolvers<void>;
}

interface Change {
  readonly revision: bigint;
  readonly key: string;
  readonly value: Uint8Array | null;
}

/** What the ring as a whole knows. */
export interface FakeRingState {
  readonly clusterId: string;
  readonly members: FakeMember[];
  /** Members that were taken out of the list, as they were. */
  readonly removed: FakeMember[];
  leader: FakeMember | null;
  term: bigint;
  raftIndex: bigint;
  revision: bigint;
  compactRevision: bigint;
  readonly data: Map<string, Uint8Array>;
  readonly log: Change[];
  /** Values overwritten or deleted at a revision; compacting to it or beyond frees their bytes. */
  history: readonly { readonly revision: bigint; readonly bytes: number }[];
  /** False: nobody is elected by itself. */
  elections: boolean;
  alarms: readonly EtcdAlarm[];
}

const PAGE_BYTES = 4096;
const KEY_OVERHEAD_BYTES = 256;

/** Lets everybody who waits for this member look again. */
export function announce(member: FakeMember): void {
  member.changed.resolve();
  member.changed = Promise.withResolvers();
}

/** Whether enough voters run to commit. */
export function hasQuorum(ring: FakeRingState): boolean {
  const voters = ring.members.filter(({ isLearner }) => !isLearner);
  return voters.filter(takesPart).length > voters.length / 2;
}

/** Whether a member runs and is connected to the others. */
export function takesPart(member: FakeMember): boolean {
  return member.health === 'up' || member.health === 'cut';
}

/** Keeps the leader while it runs and the ring has quorum; else elects the first voter that runs, or nobody. */
export function elect(ring: FakeRingState): void {
  const quorum = hasQuorum(ring);
  if (quorum && ring.leader !== null && takesPart(ring.leader)) return;
  const next =
    quorum && ring.elections ? ring.members.find((member) => takesPart(member) && !member.isLearner) : undefined;
  lead(ring, next ?? null);
}

/** Makes a member the leader, in a new term. */
export function lead(ring: FakeRingState, member: FakeMember | null): void {
  if (member === ring.leader) return;
  ring.leader = member;
  ring.term += 1n;
  ring.raftIndex += 1n;
}

/** Ends a defragmentation: the file holds only what is in use. */
export function finishDefragmentation(member: FakeMember): void {
  member.busyUntilMs = null;
  member.dbSizeBytes = member.dbSizeInUseBytes;
  announce(member);
}

/** Adds an alarm unless it is active already. */
export function raiseAlarm(ring: FakeRingState, alarm: EtcdAlarm): void {
  if (ring.alarms.some(({ memberId, type }) => memberId === alarm.memberId && type === alarm.type)) return;
  ring.alarms = [...ring.alarms, alarm];
  ring.raftIndex += 1n;
}

/**
 * Writes a key through `receiver`. False: refused for lack of space, with the alarm raised, as etcd does it: the file size
 * counts, not what is in use; another member over its quota raises the alarm but the write stays.
 */
export function write(ring: FakeRingState, receiver: FakeMember, key: string, value: Uint8Array): boolean {
  if (ring.alarms.some(({ type }) => type === 'NOSPACE')) return false;
  const bytes = KEY_OVERHEAD_BYTES + key.length + value.length;
  const over = ring.members.filter((member) => member.dbSizeBytes + bytes >= member.quotaBytes);
  for (const member of over) raiseAlarm(ring, { memberId: member.id, type: 'NOSPACE' });
  if (over.includes(receiver)) return false;
  const before = ring.data.get(key);
  ring.data.set(key, value);
  append(ring, key, value);
  if (before !== undefined) supersede(ring, key, before);
  for (const member of ring.members) grow(member, bytes);
  return true;
}

/** Deletes a key and says how many there were. */
export function erase(ring: FakeRingState, key: string): bigint {
  const before = ring.data.get(key);
  if (before === undefined) return 0n;
  ring.data.delete(key);
  append(ring, key, null);
  supersede(ring, key, before);
  return 1n;
}

function supersede(ring: FakeRingState, key: string, value: Uint8Array): void {
  const bytes = KEY_OVERHEAD_BYTES + key.length + value.length;
  ring.history = [...ring.history, { revision: ring.revision, bytes }];
}

function append(ring: FakeRingState, key: string, value: Uint8Array | null): void {
  ring.revision += 1n;
  ring.raftIndex += 1n;
  ring.log.push({ revision: ring.revision, key, value });
}

function grow(member: FakeMember, bytes: number): void {
  member.dbSizeInUseBytes += bytes;
  const pages = Math.ceil(member.dbSizeInUseBytes / PAGE_BYTES) * PAGE_BYTES;
  member.dbSizeBytes = Math.max(member.dbSizeBytes, pages);
}

/** Forgets history up to `revision`: frees pages inside the file, never shrinks it. */
export function compactTo(ring: FakeRingState, revision: bigint): void {
  ring.compactRevision = revision;
  ring.raftIndex += 1n;
  const freed = ring.history.filter((old) => old.revision <= revision).reduce((sum, { bytes }) => sum + bytes, 0);
  ring.history = ring.history.filter((old) => old.revision > revision);
  for (const member of ring.members) {
    member.dbSizeInUseBytes = Math.max(PAGE_BYTES, member.dbSizeInUseBytes - freed);
  }
}

/** Hash of everything written up to a revision; equal on all members that are not damaged. */
export function hashAt(ring: FakeRingState, member: FakeMember, revision: bigint): number {
  const hash = createHash('sha256').update(`${ring.compactRevision}`);
  for (const change of ring.log.filter((each) => each.revision <= revision)) {
    hash.update(`\n${change.revision} ${change.key} `).update(change.value ?? 'deleted');
  }
  if (member.damaged) hash.update(member.id);
  return hash.digest().readUInt32BE(0);
}

/** The keys and values of a revision, in no order. */
export function dataAt(ring: FakeRingState, revision: bigint): ReadonlyMap<string, Uint8Array> {
  const data = new Map<string, Uint8Array>();
  for (const { key, value } of ring.log.filter((each) => each.revision <= revision)) {
    if (value === null) data.delete(key);
    else data.set(key, value);
  }
  return data;
}
