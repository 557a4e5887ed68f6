import type { EtcdAddition, EtcdCall, EtcdError, EtcdMember, EtcdPort, EtcdResult } from '../../src/core/ports/etcd.ts';
import type { FakeCall, FakeFault } from './etcd.ts';
import { memberListCalls } from './etcd-member-calls.ts';
import { peersOf } from './etcd-membership.ts';
import { type FakeEtcdClock, reach, refresh, refusal, untilCancelled, untilStreamsEnd } from './etcd-reach.ts';
import { snapshots } from './etcd-snapshot.ts';
import {
  compactTo,
  dataAt,
  elect,
  erase,
  type FakeMember,
  type FakeRingState,
  hashAt,
  hasQuorum,
  lead,
  write,
} from './etcd-state.ts';
import { anyMember, findMember, isIn, statusOf, viewOf } from './etcd-views.ts';

/** What the port of the fake works on. */
export interface FakePortParts {
  readonly ring: FakeRingState;
  readonly clock: FakeEtcdClock;
  readonly faults: FakeFault[];
  /** Names of members whose defragmentations are held open. */
  readonly held: ReadonlySet<string>;
  readonly record: (call: FakeCall) => void;
  readonly defragMs: number;
  /** A member as it is after it was added, not yet started. */
  readonly added: (addition: EtcdAddition) => FakeMember;
}

type Method = FakeCall['method'];

const MAX_ANSWER_BYTES = 16 * 1024 * 1024;

interface Asked {
  readonly method: Method;
  readonly call: EtcdCall;
  /** The member asked; `null`: any. */
  readonly member: EtcdMember | null;
  readonly detail?: string;
  /** A change is given only to a member that answers and knows a leader; a linearizable read waits for one in vain. */
  readonly needs: 'nothing' | 'quorum' | 'leader';
  /** Goes through the log: refused while a CORRUPT alarm is active. Plain ranges do not. */
  readonly applies: boolean;
}

type Work<T> = (member: FakeMember, deadlineMs: number) => Promise<EtcdResult<T>> | EtcdResult<T>;

/** The port over the fake ring's state. */
export function createFakePort(parts: FakePortParts): EtcdPort {
  let closed = false;
  async function ask<T>(asked: Asked, work: Work<T>): Promise<EtcdResult<T>> {
    const what = asked.method;
    const deadlineMs = parts.clock.nowMs() + asked.call.timeoutMs;
    const target = asked.member === null ? anyMember(parts.ring) : findMember(parts.ring, asked.member);
    const name = asked.member === null ? null : (target?.name ?? asked.member.id);
    const detail = asked.detail === undefined ? {} : { detail: asked.detail };
    parts.record({ method: what, member: name, atMs: parts.clock.nowMs(), ...detail });
    if (closed) return no(refusal('cancelled', what, 'the port is closed'));
    if (asked.call.signal?.aborted === true) return no(refusal('cancelled', what, 'cancelled'));
    if (target === undefined) return no(refusal('unreachable', what, 'no such member'));
    return await untilCancelled(asked.call, what, serve(asked, target, deadlineMs, work));
  }
  async function serve<T>(asked: Asked, target: FakeMember, deadlineMs: number, work: Work<T>) {
    const what = asked.method;
    const fault = takeFault(parts.faults, what, target.name);
    if (fault !== undefined && fault.happens !== true) return no(fault.error);
    const unreached = await reach({ member: target, call: asked.call, what, deadlineMs, sent: false }, parts.clock);
    if (unreached !== null) return no(asked.needs === 'leader' ? notSent(unreached) : unreached);
    if (asked.needs === 'leader' && target.isLearner)
      return no(refusal('unreachable', what, 'it is a learner. Nothing was sent'));
    const refused = await ringRefusal(parts, asked, deadlineMs);
    if (refused !== null) return no(refused);
    const answer = await work(target, deadlineMs);
    return fault === undefined ? answer : no(fault.error);
  }
  const close = () => Promise.resolve(void (closed = true));
  return {
    ...memberCalls(parts, ask),
    ...ringCalls(parts, ask),
    ...memberListCalls(parts, ask),
    ...figures(parts, ask),
    ...snapshots(parts, ask),
    close,
  };
}

/** One call: recorded, with its faults, to a member that answers. */
export type Ask = <T>(asked: Asked, work: Work<T>) => Promise<EtcdResult<T>>;

type MemberCalls = Pick<EtcdPort, 'members' | 'status' | 'hash' | 'defragment' | 'moveLeader' | 'range'>;

function memberCalls(parts: FakePortParts, ask: Ask): MemberCalls {
  const { ring } = parts;
  return {
    members(call) {
      const local = call.linearizable === false || ring.members.some(({ version }) => version.startsWith('3.4.'));
      const asked = { method: 'members', call, member: call.via ?? null, needs: local ? 'nothing' : 'quorum' } as const;
      return ask({ ...asked, applies: false }, () =>
        yes({ clusterId: ring.clusterId, members: ring.members.map(viewOf) }),
      );
    },
    status(member, call) {
      const asked = { method: 'status', call, member, needs: 'nothing', applies: false } as const;
      return ask(asked, (target) => yes(statusOf(ring, target)));
    },
    hash(member, revision, call) {
      const detail = String(revision ?? 'latest');
      return ask({ method: 'hash', call, member, detail, needs: 'nothing', applies: false }, (target) => {
        const at = revision ?? ring.revision;
        if (target.isLearner) return no(learnerRefusal('hash'));
        if (at > ring.revision) return no(refusal('refused', 'hash', 'mvcc: required revision is a future revision'));
        if (at < ring.compactRevision) return no(refusal('compacted', 'hash', 'required revision has been compacted'));
        const hash = hashAt(ring, target, at);
        return yes({ memberId: target.id, hash, compactRevision: ring.compactRevision, revision: ring.revision });
      });
    },
    defragment(member, call) {
      const asked = { method: 'defragment', call, member, needs: 'nothing', applies: false } as const;
      return ask(asked, (target, deadlineMs) => defragment(parts, target, call, deadlineMs));
    },
    moveLeader(leader, target, call) {
      const asked = {
        method: 'moveLeader',
        call,
        member: leader,
        detail: target,
        needs: 'nothing',
        applies: false,
      } as const;
      return ask(asked, (asking) => {
        if (asking !== ring.leader) return no(refusal('refused', 'moveLeader', 'etcdserver: not leader'));
        const next = ring.members.find(({ id, isLearner }) => id === target && !isLearner);
        if (next === undefined) return no(refusal('refused', 'moveLeader', 'etcdserver: bad leader transferee'));
        if (next.health !== 'up' && next.health !== 'cut') {
          return no(refusal('unknown-outcome', 'moveLeader', 'etcdserver: request timed out'));
        }
        lead(ring, next);
        return yes(null);
      });
    },
    range(request, call) {
      const serializable = request.serializable ?? false;
      const needs = serializable ? 'nothing' : 'quorum';
      const asked = {
        method: 'range',
        call,
        member: call.via ?? null,
        detail: request.key,
        needs,
        applies: false,
      } as const;
      return ask(asked, (target) => {
        if (target.isLearner && !serializable) return no(learnerRefusal('range'));
        const at = request.revision ?? ring.revision;
        if (at > ring.revision) return no(refusal('refused', 'range', 'mvcc: required revision is a future revision'));
        if (at < ring.compactRevision) return no(refusal('compacted', 'range', 'required revision has been compacted'));
        const data = at === ring.revision ? ring.data : dataAt(ring, at);
        const keys = [...data.keys()].toSorted().filter((key) => isIn(key, request.key, request.rangeEnd));
        const kvs = keys.map((key) => ({ key, value: valueOf(data, key, request.keysOnly ?? false) }));
        const shown = request.countOnly === true ? [] : kvs.slice(0, request.limit ?? kvs.length);
        const bytes = shown.reduce((sum, { value }) => sum + value.length, 0);
        if (bytes > MAX_ANSWER_BYTES) {
          return no(
            refusal('refused', 'range', 'the answer is larger than this client accepts; ask for less at a time'),
          );
        }
        return yes({ count: BigInt(keys.length), kvs: shown, revision: ring.revision });
      });
    },
  };
}

async function defragment(
  parts: FakePortParts,
  member: FakeMember,
  call: EtcdCall,
  deadlineMs: number,
): Promise<EtcdResult<null>> {
  if (member.isLearner) return no(learnerRefusal('defragment'));
  const held = await untilStreamsEnd({ member, call, what: 'defragment', deadlineMs, sent: true }, parts.clock);
  if (held !== null) return no(held);
  member.busyUntilMs = parts.held.has(member.name) ? Number.POSITIVE_INFINITY : parts.clock.nowMs() + parts.defragMs;
  const lost = await reach({ member, call, what: 'defragment', deadlineMs, sent: true }, parts.clock);
  return lost === null ? yes(null) : no(lost);
}

type RingCalls = Pick<EtcdPort, 'alarms' | 'disarm' | 'compact' | 'put' | 'deleteKey'>;

function ringCalls({ ring }: FakePortParts, ask: Ask): RingCalls {
  const change = { member: null, needs: 'leader' } as const;
  return {
    alarms(call) {
      return ask({ method: 'alarms', call, member: null, needs: 'quorum', applies: false }, () => yes(ring.alarms));
    },
    disarm(alarm, call) {
      const detail = `${alarm.type} ${alarm.memberId}`;
      return ask({ ...change, method: 'disarm', call, detail, applies: false }, () => {
        if (alarm.type === 'UNKNOWN') return no(refusal('not-available', 'disarm', 'Drydock does not know this alarm'));
        ring.alarms = ring.alarms.filter(({ memberId, type }) => memberId !== alarm.memberId || type !== alarm.type);
        return yes(null);
      });
    },
    compact(revision, call) {
      return ask({ ...change, method: 'compact', call, detail: String(revision), applies: true }, () => {
        if (revision > ring.revision)
          return no(refusal('refused', 'compact', 'required revision is a future revision'));
        if (revision <= ring.compactRevision) {
          return no(refusal('compacted', 'compact', 'required revision has been compacted'));
        }
        compactTo(ring, revision);
        return yes(null);
      });
    },
    put(key, value, call) {
      return ask({ ...change, method: 'put', call, detail: key, applies: true }, (target) =>
        write(ring, target, key, value)
          ? yes({ revision: ring.revision })
          : no(refusal('no-space', 'put', 'etcdserver: mvcc: database space exceeded')),
      );
    },
    deleteKey(key, call) {
      return ask({ ...change, method: 'deleteKey', call, detail: key, applies: true }, () =>
        yes({ deleted: erase(ring, key) }),
      );
    },
  };
}

type Figure = 'defragInflight' | 'startedAt' | 'quota' | 'peers' | 'fsyncP99Ms' | 'certificateEnd' | 'freeDisk';

/** These do not touch the member's data, so they are answered during a defragmentation too. */
function figures(parts: FakePortParts, ask: Ask): Pick<EtcdPort, Figure> {
  async function whileBusy<T>(method: Method, member: EtcdMember, call: EtcdCall, read: (m: FakeMember) => T) {
    const found = findMember(parts.ring, member);
    if (found === undefined || found.busyUntilMs === null)
      return await ask({ method, member, call, needs: 'nothing', applies: false }, (m) => yes(read(m)));
    refresh(found, parts.clock);
    parts.record({ method, member: found.name, atMs: parts.clock.nowMs() });
    if (call.signal?.aborted === true) return no(refusal('cancelled', method, 'cancelled'));
    return yes(read(found));
  }
  return {
    defragInflight: (of, call) => whileBusy('defragInflight', of, call, (m) => fromMetrics(m, m.busyUntilMs !== null)),
    startedAt: (member, call) => whileBusy('startedAt', member, call, (m) => fromMetrics(m, m.startedAtS)),
    quota: (member, call) => whileBusy('quota', member, call, (m) => fromMetrics(m, m.quotaBytes)),
    peers: (member, call) => whileBusy('peers', member, call, (m) => fromMetrics(m, peersOf(parts.ring, m))),
    fsyncP99Ms: (member, call) => whileBusy('fsyncP99Ms', member, call, (m) => fromMetrics(m, m.fsyncP99Ms)),
    certificateEnd: (member, call) => whileBusy('certificateEnd', member, call, (m) => m.certificateEnd),
    freeDisk: (member, call) => whileBusy('freeDisk', member, call, (m) => m.freeDiskBytes),
  };
}

/** What only metrics tell. */
function fromMetrics<T>(m: FakeMember, figure: T): T | null {
  return m.showsMetrics ? figure : null;
}

async function ringRefusal(parts: FakePortParts, asked: Asked, deadlineMs: number): Promise<EtcdError | null> {
  const { ring, clock } = parts;
  elect(ring);
  if (asked.needs !== 'nothing' && (!hasQuorum(ring) || ring.leader === null)) {
    if (asked.needs === 'leader')
      return refusal('unreachable', asked.method, 'no member knows a leader. Nothing was sent');
    await clock.sleep(deadlineMs - clock.nowMs(), asked.call.signal).catch(() => undefined);
    return refusal('unknown-outcome', asked.method, 'no answer in time');
  }
  const corrupt = asked.applies && ring.alarms.some(({ type }) => type === 'CORRUPT');
  if (corrupt) return refusal('corrupt', asked.method, 'etcdserver: corrupt cluster');
  return null;
}

/** A change is preceded by a status call; what fails there was not sent. */
function notSent(error: EtcdError): EtcdError {
  return error.code === 'unknown-outcome'
    ? { code: 'unreachable', message: `${error.message}. Nothing was sent` }
    : error;
}

function takeFault(faults: FakeFault[], method: Method, member: string): FakeFault | undefined {
  const at = faults.findIndex((fault) => fault.method === method && (fault.member ?? member) === member);
  return at < 0 ? undefined : faults.splice(at, 1)[0];
}

function valueOf(data: ReadonlyMap<string, Uint8Array>, key: string, keysOnly: boolean): Uint8Array {
  return keysOnly ? new Uint8Array() : (data.get(key) ?? new Uint8Array());
}

const learnerRefusal = (what: string) => refusal('refused', what, 'etcdserver: rpc not supported for learner');

function yes<T>(value: T): EtcdResult<T> {
  return { ok: true, value };
}

function no(error: EtcdError): { readonly ok: false; readonly error: EtcdError } {
  return { ok: false, error };
}
