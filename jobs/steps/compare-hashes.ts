import { judgeHashes, notCompared, type VoterHash } from '../../src/core/backup/hash-agreement.ts';
import type { HashSign } from '../../src/core/etcd/diagnosis/signs.ts';
import { type Ring, type RingMember, votersOf } from '../../src/core/etcd/ring.ts';
import type { EtcdHash, EtcdPort, EtcdResult, MemberId } from '../../src/core/ports/etcd.ts';
import { LOOK_TIMEOUT_MS } from './read-ring.ts';

/** What hashing needs of a plan or step. */
export interface HashContext {
  readonly ports: { readonly etcd: Pick<EtcdPort, 'hash' | 'status'> };
  readonly signal: AbortSignal;
  readonly pause: (ms: number) => Promise<void>;
  /** Replaces the progress line; absent where nobody sees one. */
  progress?(note: string): Promise<void>;
}

/** Hashing goes through the whole store, ms. */
export const WHOLE_STORE_MS = 10 * 60_000;
/** A voter that is behind has the revision a moment later. */
const BEHIND_LOOKS = 3;
const BEHIND_MS = 1000;

/** Hash of one voter's keys and values at a revision. One that is behind is asked again. */
export async function hashVoter(
  context: HashContext,
  voter: RingMember,
  revision: bigint,
  timeoutMs: number = WHOLE_STORE_MS,
): Promise<EtcdResult<EtcdHash>> {
  const { ports, signal, pause } = context;
  const call = { timeoutMs, signal };
  await context.progress?.(`Comparing the data of the members: ${voter.label} hashes its keys and values.`);
  let hashed = await ports.etcd.hash(voter.member, revision, call);
  for (let look = 1; look < BEHIND_LOOKS && !hashed.ok && hashed.error.code === 'refused'; look += 1) {
    await pause(BEHIND_MS);
    hashed = await ports.etcd.hash(voter.member, revision, call);
  }
  return hashed;
}

/** Hashes of several voters at one revision. */
export interface HashedVoters {
  readonly seen: readonly { readonly voter: RingMember; readonly hash: EtcdHash }[];
  /** Who was not compared and why, as sentences. */
  readonly unhashed: readonly string[];
  /** Somebody's history was compacted beyond the revision meanwhile. */
  readonly compacted: boolean;
}

/** Asks voters one after the other, the leader last: a hash holds up what its member writes. */
export async function hashVoters(
  context: HashContext,
  voters: readonly RingMember[],
  revision: bigint,
  timeoutMs: number = WHOLE_STORE_MS,
): Promise<HashedVoters> {
  const seen: { readonly voter: RingMember; readonly hash: EtcdHash }[] = [];
  const unhashed: string[] = [];
  let compacted = false;
  for (const voter of voters.toSorted((a, b) => Number(a.isLeader) - Number(b.isLeader))) {
    const hash = voter.status === null ? null : await hashVoter(context, voter, revision, timeoutMs);
    if (hash?.ok === true) seen.push({ voter, hash: hash.value });
    else unhashed.push(notCompared(voter.label, hash?.error.message ?? voter.trouble ?? 'it does not answer'));
    compacted ||= hash?.ok === false && hash.error.code === 'compacted';
  }
  return { seen, unhashed, compacted };
}

/** A hash as it is judged. */
export function asJudged({ label, status }: RingMember, { hash, compactRevision }: EtcdHash): VoterHash {
  return { label, version: status?.version ?? '', hash, compactRevision };
}

/** What the data of every voter is beside that of the others. */
export interface ComparedRing {
  readonly signs: ReadonlyMap<MemberId, HashSign>;
  /** The revision that all were asked for; `null`: nobody could be asked. */
  readonly revision: bigint | null;
  /** Who was not compared and why, as sentences. */
  readonly unseen: readonly string[];
}

/**
 * Compares the data of all voters of a ring that answer, at the lowest revision among them. A compaction in between moves it on once. A
 * voter is said to differ only when more than half of those that compare have the same, and it has something else.
 */
export async function compareRing(context: HashContext, ring: Ring, timeoutMs: number): Promise<ComparedRing> {
  const voters = votersOf(ring).filter(({ status }) => status !== null);
  const revision = lowestOf(voters.flatMap(({ status }) => status?.revision ?? []));
  if (revision === null || voters.length < 2) return { signs: new Map(), revision: null, unseen: [] };
  const once = await hashVoters(context, voters, revision, timeoutMs);
  const compactions = new Set(once.seen.map(({ hash }) => hash.compactRevision));
  if (compactions.size < 2 && !once.compacted) return judged(once, revision);
  const now = await Promise.all(
    voters.map(async ({ member }) => {
      const status = await context.ports.etcd.status(member, { timeoutMs: LOOK_TIMEOUT_MS, signal: context.signal });
      return status.ok ? [status.value.revision] : [];
    }),
  );
  const later = lowestOf(now.flat());
  if (later === null || later <= revision) return judged(once, revision);
  return judged(await hashVoters(context, voters, later, timeoutMs), later);
}

function lowestOf(revisions: readonly bigint[]): bigint | null {
  const [first, ...rest] = revisions;
  return first === undefined ? null : rest.reduce((low, each) => (each < low ? each : low), first);
}

function judged({ seen: asked, unhashed }: HashedVoters, revision: bigint): ComparedRing {
  const seen = asked.toSorted((a, b) => (a.voter.label < b.voter.label ? -1 : 1));
  const signs = new Map<MemberId, HashSign>();
  const unseen = new Set(unhashed);
  for (const { voter, hash } of seen) {
    const others = seen.filter((each) => each.voter !== voter);
    const {
      kind,
      others: differing,
      compared,
      incomparable,
    } = judgeHashes(
      asJudged(voter, hash),
      others.map((each) => asJudged(each.voter, each.hash)),
    );
    for (const sentence of incomparable) unseen.add(sentence);
    const names = differing.join(' and ');
    const theirs = others.filter((each) => differing.includes(each.voter.label)).map((each) => each.hash.hash);
    const what = `other data than ${names} at revision ${revision} (hash ${hash.hash}, theirs ${[...new Set(theirs)].join(' and ')})`;
    if (compared.length === 0) signs.set(voter.id, { kind: 'not-compared' });
    else if (kind === 'minority') signs.set(voter.id, { kind: 'differs', words: `it has ${what}` });
    else if (kind === 'undecided') signs.set(voter.id, { kind, words: `it has ${what}, and no data is that of most` });
    else signs.set(voter.id, { kind: 'same' });
  }
  return { signs, revision, unseen: [...unseen] };
}
