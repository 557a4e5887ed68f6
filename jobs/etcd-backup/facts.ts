import { atRestOf } from '../../src/core/backup/encryption-state.ts';
import { backupId, stampOf } from '../../src/core/backup/names.ts';
import type { Ring, RingMember } from '../../src/core/etcd/ring.ts';
import type { EtcdError, EtcdPort, EtcdResult, EtcdStatus } from '../../src/core/ports/etcd.ts';
import { LOOK_TIMEOUT_MS } from '../steps/read-ring.ts';
import type { SnapshotFacts } from './input.ts';
import type { PlatformReading } from './read-platform.ts';

/** What was recorded, and what could not be, as sentences. */
export interface RecordedFacts {
  readonly facts: SnapshotFacts;
  /** Of the member right before, bytes. */
  readonly databaseBytes: number;
  readonly notes: readonly string[];
}

/** What the facts are of. */
export interface FactsOrder {
  readonly cluster: string;
  readonly runId: string;
  readonly nowIso: string;
  readonly ring: Ring;
  readonly member: RingMember;
  readonly platform: PlatformReading;
}

/** Counting and hashing go through the whole store, ms. */
const WHOLE_STORE_MS = 60_000;
/** The first key and "no end" of a range over everything. */
const EVERYTHING = { key: '\0', rangeEnd: '\0' } as const;

/**
 * Reads what the manifest says of the member, at one revision. A compaction in between moves it on once; what cannot be counted or hashed then is
 * left out and said: the snapshot does not depend on it.
 */
export async function recordFacts(
  etcd: EtcdPort,
  order: FactsOrder,
  signal: AbortSignal,
): Promise<EtcdResult<RecordedFacts>> {
  const first = await atRevision(etcd, order, signal);
  return first.ok && first.value.compacted ? await atRevision(etcd, order, signal) : first;
}

async function atRevision(
  etcd: EtcdPort,
  order: FactsOrder,
  signal: AbortSignal,
): Promise<EtcdResult<RecordedFacts & { readonly compacted: boolean }>> {
  const { member } = order.member;
  const status = await etcd.status(member, { timeoutMs: LOOK_TIMEOUT_MS, signal });
  if (!status.ok) return status;
  const { revision } = status.value;
  const call = { timeoutMs: WHOLE_STORE_MS, signal };
  const counted = await etcd.range(
    { ...EVERYTHING, countOnly: true, serializable: true, revision },
    { ...call, via: member },
  );
  const hashed = await etcd.hash(member, revision, call);
  const notes = [
    ...(counted.ok ? [] : [missing('The keys were not counted', counted.error)]),
    ...(hashed.ok ? [] : [missing('The store was not hashed', hashed.error)]),
    ...order.platform.unseen,
  ];
  const facts: SnapshotFacts = {
    ...who(order, status.value),
    keys: counted.ok ? Number(counted.value.count) : null,
    hashKv: hashed.ok
      ? {
          hash: hashed.value.hash,
          compactRevision: String(hashed.value.compactRevision),
          revision: String(revision),
        }
      : null,
  };
  const compacted = [counted, hashed].some((each) => !each.ok && each.error.code === 'compacted');
  return { ok: true, value: { facts, databaseBytes: status.value.dbSizeBytes, notes, compacted } };
}

function who(order: FactsOrder, status: EtcdStatus): Omit<SnapshotFacts, 'keys' | 'hashKv'> {
  const { ring, member, platform, nowIso } = order;
  return {
    id: idFor(order),
    createdAt: nowIso,
    identity: { etcd: ring.clusterId, kubernetes: platform.uid },
    member: { id: member.id, name: member.member.name },
    versions: { etcd: status.version, kubernetes: platform.version },
    revision: String(status.revision),
    raftIndex: String(status.raftIndex),
    raftTerm: String(status.raftTerm),
    members: ring.members.map((each) => ({
      id: each.id,
      name: each.member.name,
      peerUrls: [...each.member.peerUrls],
      learner: each.learner,
    })),
    alarms: (ring.alarms ?? []).map(({ memberId, type }) => ({ member: memberId, type })),
    encryptionAtRest: platform.encryption === null ? 'none' : atRestOf(platform.encryption),
  };
}

/** A new one for each attempt: it has the time in it. The letters are those of the run, so that both are found together. */
function idFor({ cluster, runId, nowIso }: FactsOrder): string {
  const stamp = stampOf(nowIso);
  if (stamp === null) throw new Error(`the clock gave no time in UTC: ${nowIso}`);
  const letters = runId.replaceAll(/[^a-z0-9]/g, '').slice(-4);
  return backupId(cluster, stamp, letters.padStart(4, '0'));
}

function missing(what: string, error: EtcdError): string {
  return `${what}: ${error.message}. A drill cannot compare that.`;
}
