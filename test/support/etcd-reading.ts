import type { MemberReading, RingReading } from '../../src/core/etcd/reading.ts';
import { buildRing, type Ring } from '../../src/core/etcd/ring.ts';
import type { EtcdAlarm, EtcdError, EtcdMember, EtcdResult, EtcdStatus } from '../../src/core/ports/etcd.ts';

export const MIB = 1024 ** 2;
export const CLUSTER_ID = 'e00d12ba52a76879';

/** What a test says of one member; the rest is a healthy follower of 100 MiB with 30 MiB in use. */
export interface MemberSketch {
  readonly id?: string;
  readonly name?: string;
  readonly learner?: boolean;
  /** It does not answer, for this reason. */
  readonly silent?: EtcdError['code'];
  readonly status?: Partial<EtcdStatus>;
  /** Ids it knows; default: those of the ring. */
  readonly knows?: readonly string[];
  readonly deaf?: boolean;
  readonly reading?: Partial<Pick<MemberReading, 'status' | 'defragInflight' | 'quotaBytes' | 'freeDiskBytes'>>;
}

/** What a test says of a ring. */
export interface RingSketch {
  readonly members: readonly MemberSketch[];
  /** Position of the leader; `null`: none. Default 0. */
  readonly leader?: number | null;
  readonly term?: bigint;
  readonly alarms?: readonly EtcdAlarm[] | null;
  readonly listed?: boolean;
  readonly localList?: boolean;
}

/** Id of the n-th member (from 0). */
export function idAt(index: number): string {
  return (0x8e9e05c52164694dn + BigInt(index)).toString(16);
}

/** A reading as the port would give it. */
export function readingOf(sketch: RingSketch): RingReading {
  const list = sketch.members.map((each, index): EtcdMember => {
    const name = each.name ?? `m-${index + 1}`;
    return {
      id: each.id ?? idAt(index),
      name,
      peerUrls: [`https://10.0.0.${index + 1}:2380`],
      clientUrls: [`https://10.0.0.${index + 1}:2379`],
      isLearner: each.learner ?? false,
    };
  });
  const leaderAt = sketch.leader === undefined ? 0 : sketch.leader;
  const leaderId = leaderAt === null ? null : (list[leaderAt]?.id ?? null);
  const alarms = sketch.alarms === undefined ? [] : sketch.alarms;
  return {
    list:
      sketch.listed === false ? failed('unreachable') : { ok: true, value: { clusterId: CLUSTER_ID, members: list } },
    localList: sketch.localList ?? false,
    alarms: alarms === null ? failed('unknown-outcome') : { ok: true, value: alarms },
    members: list.map((member, index) =>
      readMember(member, sketch.members[index] ?? {}, list, leaderId, sketch.term ?? 2n),
    ),
  };
}

/** The model of a sketched ring. */
export function ringOf(sketch: RingSketch, configuredQuota: number | null = null): Ring {
  const ring = buildRing(readingOf(sketch), configuredQuota);
  if (ring === null) throw new Error('the sketch has no member list');
  return ring;
}

function readMember(
  member: EtcdMember,
  sketch: MemberSketch,
  list: readonly EtcdMember[],
  leaderId: string | null,
  term: bigint,
): MemberReading {
  const known = list.filter((each) => sketch.knows?.includes(each.id) ?? true);
  const status: EtcdStatus = {
    clusterId: CLUSTER_ID,
    memberId: member.id,
    version: '3.5.16',
    dbSizeBytes: 100 * MIB,
    dbSizeInUseBytes: 30 * MIB,
    quotaBytes: null,
    leaderId,
    revision: 100n,
    raftTerm: term,
    raftIndex: 1000n,
    raftAppliedIndex: 1000n,
    isLearner: member.isLearner,
    errors: [],
    downgrading: false,
    ...sketch.status,
  };
  const silent = sketch.silent;
  return {
    member,
    status: silent === undefined ? { ok: true, value: status } : failed(silent),
    view: silent === undefined ? { ok: true, value: { clusterId: CLUSTER_ID, members: known } } : failed(silent),
    read:
      silent === undefined && sketch.deaf !== true ? { ok: true, value: null } : failed(silent ?? 'unknown-outcome'),
    defragInflight: null,
    quotaBytes: null,
    freeDiskBytes: null,
    ...sketch.reading,
  };
}

function failed(code: EtcdError['code']): EtcdResult<never> {
  return { ok: false, error: { code, message: `${code} in this test` } };
}
