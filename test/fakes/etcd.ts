import type { EtcdAddition, EtcdAlarm, EtcdError, EtcdPort, MemberId } from '../../src/core/ports/etcd.ts';
import { createFakePort } from './etcd-port.ts';
import { type FakeEtcdClock, instantClock, refresh } from './etcd-reach.ts';
import {
  announce,
  elect,
  type FakeHealth,
  type FakeMember,
  type FakeRingState,
  finishDefragmentation,
  lead,
  raiseAlarm,
  takesPart,
} from './etcd-state.ts';

export type { FakeEtcdClock } from './etcd-reach.ts';
export type { FakeMember, FakeRingState } from './etcd-state.ts';

/** One call the fake received, in order. */
export interface FakeCall {
  readonly method: Exclude<keyof EtcdPort, 'close'>;
  /** Name of the member it was for; `null` for calls to any member. */
  readonly member: string | null;
  readonly atMs: number;
  /** What else was asked: a key, a revision, a target. */
  readonly detail?: string;
}

/** A call that goes wrong once. */
export interface FakeFault {
  readonly method: FakeCall['method'];
  /** Default: any member. */
  readonly member?: string;
  readonly error: EtcdError;
  /** True: the server does it all the same. Default false. */
  readonly happens?: boolean;
}

/** Settings of one member; all optional. */
export type FakeMemberSettings = Partial<Omit<FakeMember, 'changed' | 'busyUntilMs' | 'streams'>>;

/** Settings of the ring; all optional. */
export interface FakeEtcdOptions {
  /** Default three members `m-1` to `m-3`, 100 MiB files with 30 MiB in use. */
  readonly members?: readonly FakeMemberSettings[];
  /** Name of the first leader; default the first voter. */
  readonly leader?: string;
  /** Default `3.5.16`. */
  readonly version?: string;
  /** Default 2 GiB. */
  readonly quotaBytes?: number;
  /** How long a defragmentation takes in fake time; default 1000. */
  readonly defragMs?: number;
  /** Default: an instant clock of its own. */
  readonly clock?: FakeEtcdClock;
  /** Called at the start of every call: the place to change the ring in the middle of a run. */
  readonly onCall?: (call: FakeCall) => void;
}

/** A ring in memory with state, and the knobs to disturb it. Names are member names. */
export interface FakeEtcd {
  readonly port: EtcdPort;
  readonly ring: FakeRingState;
  readonly calls: readonly FakeCall[];
  /** The member itself, by its name or id, to be read and changed. @throws Error for an unknown one. */
  member(name: string): FakeMember;
  /** Keeps connections, answers nothing, takes no part in elections. */
  freeze(name: string): void;
  kill(name: string): void;
  /** Still part of the ring, but Drydock cannot connect. */
  cut(name: string): void;
  /** Back from frozen, down or cut. */
  heal(name: string): void;
  /** Moves leadership (a new term), `null`: nobody leads until the next change. */
  changeLeader(name: string | null): void;
  raise(name: string, type: EtcdAlarm['type']): void;
  /** Another process answers at that member's address; `null` ends it. */
  answerAs(name: string, id: MemberId | null): void;
  /**
   * Defragmentations of that member last until the returned function is called. With the instant clock the caller's limit
   * is over at once: the call is an unknown outcome and the member stays busy. To hold the call itself, give a clock.
   */
  holdDefragmentation(name: string): () => void;
  /** Somebody else defragments that member, for `ms` of fake time (default: until the returned function is called). */
  defragmentElsewhere(name: string, ms?: number): () => void;
  /** Adds a started learner with the data of the ring and gives its name. */
  addLearner(settings?: FakeMemberSettings): string;
  /**
   * A process is started for a member that was added and never started: it gets this name and the data of the ring.
   *
   * @throws Error when no member has this id.
   */
  startAdded(id: MemberId, name: string): void;
  /** The next fitting call fails. */
  failOnce(fault: FakeFault): void;
}

/** Makes the fake. It passes the contract suite of the port, which also runs on real rings. */
export function createFakeEtcd(options: FakeEtcdOptions = {}): FakeEtcd {
  const clock = options.clock ?? instantClock();
  const ring = createRing(options);
  const calls: FakeCall[] = [];
  const faults: FakeFault[] = [];
  const held = new Set<string>();

  function member(name: string): FakeMember {
    const found = ring.members.find((each) => each.name === name) ?? ring.members.find(({ id }) => id === name);
    if (found === undefined) throw new Error(`the fake ring has no member ${name}`);
    refresh(found, clock);
    return found;
  }
  function setHealth(name: string, health: FakeHealth): void {
    const changing = member(name);
    if (changing.health === 'down' && health !== 'down') changing.startedAtS = clock.nowMs() / 1000;
    if (!takesPart(changing)) changing.connectedSinceMs = clock.nowMs();
    changing.health = health;
    if (health === 'down') changing.busyUntilMs = null;
    elect(ring);
    announce(changing);
  }
  function release(name: string): void {
    const released = member(name);
    held.delete(name);
    if (released.busyUntilMs !== null) finishDefragmentation(released);
  }
  function record(call: FakeCall): void {
    calls.push(call);
    options.onCall?.(call);
  }
  function added({ peerUrls, learner }: EtcdAddition): FakeMember {
    const ordinal = ring.members.length + ring.removed.length;
    const unstarted = { name: '', clientUrls: [], peerUrls, isLearner: learner, health: 'down' } as const;
    return createMember(unstarted, ordinal, options);
  }
  const defragMs = options.defragMs ?? 1_000;
  const port = createFakePort({ ring, clock, faults, held, record, defragMs, added });
  return {
    port,
    ring,
    calls,
    member,
    freeze: (name) => setHealth(name, 'frozen'),
    kill: (name) => setHealth(name, 'down'),
    cut: (name) => setHealth(name, 'cut'),
    heal: (name) => setHealth(name, 'up'),
    changeLeader(name) {
      ring.elections = name !== null;
      lead(ring, name === null ? null : member(name));
    },
    raise: (name, type) => raiseAlarm(ring, { memberId: member(name).id, type }),
    answerAs(name, id) {
      member(name).answersAs = id;
    },
    holdDefragmentation(name) {
      held.add(name);
      return () => release(name);
    },
    defragmentElsewhere(name, ms = Number.POSITIVE_INFINITY) {
      member(name).busyUntilMs = clock.nowMs() + ms;
      return () => release(name);
    },
    addLearner(settings = {}) {
      const { dbSizeBytes, dbSizeInUseBytes } = ring.leader ?? member('m-1');
      const learner = { dbSizeBytes, dbSizeInUseBytes, isLearner: true, ...settings };
      const started = createMember(learner, ring.members.length + ring.removed.length, options);
      ring.members.push(started);
      return started.name;
    },
    startAdded(id, name) {
      const { dbSizeBytes, dbSizeInUseBytes } = ring.leader ?? ring.members[0] ?? member(id);
      const starting = member(id);
      const clientUrls = starting.peerUrls.map((url) => url.replace(/\d+$/, '2379'));
      Object.assign(starting, { name, clientUrls, dbSizeBytes, dbSizeInUseBytes });
      setHealth(id, 'up');
    },
    failOnce: (fault) => void faults.push(fault),
  };
}

const MIB = 1024 * 1024;
const FIRST_ID = 0x8e9e05c52164694dn;
const ID_STEP = 0x2b7e151628aed2a7n;

function createRing(options: FakeEtcdOptions): FakeRingState {
  const settings = options.members ?? [{}, {}, {}];
  const members = settings.map((each, at) => createMember(each, at, options));
  const leader = members.find(({ name, isLearner }) =>
    options.leader === undefined ? !isLearner : name === options.leader,
  );
  return {
    clusterId: 'e00d12ba52a76879',
    members,
    removed: [],
    leader: leader ?? null,
    term: 2n,
    raftIndex: 1_000n,
    revision: 100n,
    compactRevision: -1n,
    data: new Map(),
    log: [],
    history: [],
    elections: true,
    alarms: [],
  };
}

function createMember(settings: FakeMemberSettings, at: number, options: FakeEtcdOptions): FakeMember {
  return {
    id: BigInt.asUintN(64, FIRST_ID + BigInt(at) * ID_STEP).toString(16),
    name: `m-${at + 1}`,
    peerUrls: [`https://10.0.0.${11 + at}:2380`],
    clientUrls: [`https://10.0.0.${11 + at}:2379`],
    isLearner: false,
    version: options.version ?? '3.5.16',
    health: 'up',
    quotaBytes: options.quotaBytes ?? 2048 * MIB,
    dbSizeBytes: 100 * MIB,
    dbSizeInUseBytes: 30 * MIB,
    freeDiskBytes: null,
    connectedSinceMs: Number.NEGATIVE_INFINITY,
    fsyncP99Ms: 2,
    certificateEnd: '2027-01-01T00:00:00.000Z',
    startedAtS: -3600,
    showsMetrics: true,
    lag: 0n,
    answersAs: null,
    damaged: false,
    errors: [],
    downgrading: false,
    ...settings,
    busyUntilMs: null,
    streams: 0,
    changed: Promise.withResolvers(),
  };
}
