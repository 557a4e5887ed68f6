import { type Agreement, judgeHashes } from '../../src/core/backup/hash-agreement.ts';
import { backupId, stampOf } from '../../src/core/backup/names.ts';
import { type Ring, type RingMember, votersOf } from '../../src/core/etcd/ring.ts';
import type { EtcdError, EtcdHash, EtcdResult, EtcdStatus } from '../../src/core/ports/etcd.ts';
import type { StepContext } from '../../src/core/step.ts';
import { asJudged, hashVoter, hashVoters, WHOLE_STORE_MS } from '../steps/compare-hashes.ts';
import { LOOK_TIMEOUT_MS } from '../steps/read-ring.ts';
import type { SnapshotFacts } from './input.ts';
import type { PlatformReading } from './read-platform.ts';

/** What was recorded, and what could not be, as sentences. */
export interface RecordedFacts {
  readonly facts: SnapshotFacts;
  /** Of the member right before, bytes. */
  readonly databaseBytes: number;
  readonly notes: readonly string[];
  /** Whether the member has what the other voters have. */
  readonly agreement: Agreement;
}

/** What the facts are of. */
export interface FactsOrder {
  readonly cluster: string;
  readonly runId: string;
  readonly nowIso: string;
  readonly ring: Ring;
  readonly member: RingMember;
  readonly platform: PlatformReading;
  readonly atRest: SnapshotFacts['encryptionAtRest'];
}

/** What a step gives for it. */
export type FactsContext = Pick<StepContext<'etcd'>, 'ports' | 'signal' | 'pause' | 'progress'>;

/** The first key and "no end" of a range over everything. */
const EVERYTHING = { key: '\0', rangeEnd: '\0' } as const;

/**
 * Reads what the manifest says of the member, at one revision, and compares the hash of its keys and values with those of the other voters. A compaction in
 * between moves it on once; what cannot be counted, hashed or compared then is left out and said.
 */
export async function recordFacts(context: FactsContext, order: FactsOrder): Promise<EtcdResult<RecordedFacts>> {
  const first = await atRevision(context, order);
  return first.ok && first.value.compacted ? await atRevision(context, order) : first;
}

async function atRevision(
  context: FactsContext,
  order: FactsOrder,
): Promise<EtcdResult<RecordedFacts & { readonly compacted: boolean }>> {
  const { ports, signal } = context;
  const { member } = order.member;
  const status = await ports.etcd.status(member, { timeoutMs: LOOK_TIMEOUT_MS, signal });
  if (!status.ok) return status;
  const { revision } = status.value;
  const call = { timeoutMs: WHOLE_STORE_MS, signal };
  const counted = await ports.etcd.range(
    { ...EVERYTHING, countOnly: true, serializable: true, revision },
    { ...call, via: member },
  );
  const hashed = await hashVoter(context, order.member, revision);
  const compared = hashed.ok ? await compareVoters(context, order, revision, hashed.value) : NOT_HASHED;
  const { agreement, hashes, moved } = compared;
  const notes = [
    ...(counted.ok ? [] : [missing('The keys were not counted', counted.error)]),
    ...(hashed.ok ? [] : [missing('Keys and values were not hashed', hashed.error)]),
    ...compared.unhashed,
    ...agreement.incomparable,
    ...differenceWords(order.member, agreement, revision),
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
    hashes,
  };
  const failed = [counted, hashed].some((each) => !each.ok && each.error.code === 'compacted');
  return {
    ok: true,
    value: { facts, databaseBytes: status.value.dbSizeBytes, notes, agreement, compacted: failed || moved },
  };
}

interface Compared {
  readonly agreement: Agreement;
  readonly hashes: NonNullable<SnapshotFacts['hashes']>;
  /** Sentences. */
  readonly unhashed: readonly string[];
  /** A compaction came between two of them. */
  readonly moved: boolean;
}

const NOT_HASHED: Compared = {
  agreement: { kind: 'same', others: [], compared: [], incomparable: [] },
  hashes: [],
  unhashed: [],
  moved: false,
};

async function compareVoters(
  context: FactsContext,
  { ring, member: giver }: FactsOrder,
  revision: bigint,
  own: EtcdHash,
): Promise<Compared> {
  const others = votersOf(ring).filter(({ id }) => id !== giver.id);
  const { seen, unhashed } = await hashVoters(context, others, revision);
  const agreement = judgeHashes(
    asJudged(giver, own),
    seen.map(({ voter, hash }) => asJudged(voter, hash)),
  );
  const hashes = seen.flatMap(({ voter, hash }) =>
    agreement.compared.includes(voter.label) ? [{ id: voter.id, hash: hash.hash }] : [],
  );
  const moved = seen.some(({ hash }) => hash.compactRevision !== own.compactRevision);
  return { agreement, hashes, unhashed, moved };
}

/** What people are told while a backup is taken all the same; where none is, its ending says it. */
function differenceWords({ label }: RingMember, { kind, others }: Agreement, revision: bigint): readonly string[] {
  if (kind !== 'majority') return [];
  const differing = others.join(', ');
  return [
    `Warning: ${differing} ${others.length === 1 ? 'has' : 'have'} other data than ${label} at revision ${revision}. ${label} has what most of those that were compared have. Replace ${differing}, as after a CORRUPT alarm.`,
  ];
}

function who(order: FactsOrder, status: EtcdStatus): Omit<SnapshotFacts, 'keys' | 'hashKv' | 'hashes'> {
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
    encryptionAtRest: order.atRest,
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
