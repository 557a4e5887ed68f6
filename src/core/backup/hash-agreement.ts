import { minorOf } from '../etcd/version-gate.ts';

/** The hash of one voter over its key-value store, at the revision that all were asked for. */
export interface VoterHash {
  readonly label: string;
  /** Of etcd. */
  readonly version: string;
  readonly hash: number;
  readonly compactRevision: bigint;
}

/**
 * Whether the member that gives a backup has what the others have.
 *
 * - `same`: nobody who can be compared has anything else.
 * - `majority`: more than half of them have what it has, and `others` do not.
 * - `minority`: more than half of them, `others`, have the same, and it has something else.
 * - `undecided`: they differ, and nothing that one of them has is had by more than half.
 */
export interface Agreement {
  readonly kind: 'same' | 'majority' | 'minority' | 'undecided';
  /** Labels of those that have something else than the giver; in a `minority` those that agree. */
  readonly others: readonly string[];
  /** Labels of all whose hash says something beside that of the giver. */
  readonly compared: readonly string[];
  /** Voters whose hash says nothing beside that of the giver, as sentences. */
  readonly incomparable: readonly string[];
}

/**
 * Judges the hashes of the voters that gave one. Two compare only when both stores were compacted at the same revision, and both run the same minor
 * version of etcd.
 */
export function judgeHashes(giver: VoterHash, others: readonly VoterHash[]): Agreement {
  const judged = others.map((other) => ({ other, why: whyIncomparable(giver, other) }));
  const incomparable = judged.flatMap(({ other, why }) => (why === null ? [] : [notCompared(other.label, why)]));
  const compared = judged.flatMap(({ other, why }) => (why === null ? [other] : []));
  const differing = compared.filter(({ hash }) => hash !== giver.hash);
  const all = compared.length + 1;
  const labels = (of: readonly VoterHash[]): readonly string[] => of.map(({ label }) => label);
  const beside = { compared: labels(compared), incomparable };
  if (differing.length === 0) return { kind: 'same', others: [], ...beside };
  if ((all - differing.length) * 2 > all) return { kind: 'majority', others: labels(differing), ...beside };
  const agreeing = differing
    .map(({ hash }) => differing.filter((each) => each.hash === hash))
    .find((group) => group.length * 2 > all);
  return agreeing === undefined
    ? { kind: 'undecided', others: labels(differing), ...beside }
    : { kind: 'minority', others: labels(agreeing), ...beside };
}

/** That a voter was left out of the comparison, as a sentence. `why`: without its period. */
export function notCompared(label: string, why: string): string {
  return `Whether ${label} has the same data was not compared: ${why}.`;
}

function whyIncomparable(giver: VoterHash, other: VoterHash): string | null {
  if (minorOf(giver.version) !== minorOf(other.version))
    return `it runs etcd ${other.version}, and ${giver.label} runs ${giver.version}`;
  if (giver.compactRevision !== other.compactRevision)
    return `the history was compacted at ${other.compactRevision} there, and at ${giver.compactRevision} on ${giver.label}`;
  return null;
}
