/** A server version, without what follows the patch level. */
export interface EtcdVersion {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
}

/** What a version means for defragmentation. */
export interface VersionFinding {
  readonly verdict: 'pass' | 'warn' | 'block';
  /** What is known of this version and what to watch; empty when nothing speaks against it. */
  readonly texts: readonly string[];
}

/** Reads a version (`3.5.16`, `v3.6.0-rc.1`); `null`: not a version. */
export function parseEtcdVersion(text: string): EtcdVersion | null {
  const match = /^v?(\d{1,4})\.(\d{1,4})\.(\d{1,4})(?:[-+].*)?$/.exec(text);
  if (match === null) return null;
  return { major: Number(match[1]), minor: Number(match[2]), patch: Number(match[3]) };
}

/** `3.5` of `3.5.16`; the text itself when it is no version. */
export function minorOf(text: string): string {
  const version = parseEtcdVersion(text);
  return version === null ? text : `${version.major}.${version.minor}`;
}

interface Row {
  /** First patch level of each minor that has the repair. Older minors than the first named lack it too. */
  readonly repairedIn: Readonly<Record<string, number>>;
  readonly text: string;
}

const WATCH: readonly Row[] = [
  {
    repairedIn: { '3.4': 35, '3.5': 17 },
    text: 'panics when the disk fills up during a defragmentation: see that the data volume has room for a second copy',
  },
  {
    repairedIn: { '3.4': 38, '3.5': 23, '3.6': 5 },
    text: 'can corrupt its data when it receives a snapshot from the leader during a defragmentation: only members that keep up are touched',
  },
  {
    repairedIn: { '3.4': 19, '3.5': 3 },
    text: 'forgets its storage options in a defragmentation until it restarts: watch its latency afterwards',
  },
];

/**
 * Judges one server version. 3.5.0 to 3.5.5 block; other known faults warn with what to watch.
 *
 * Source: etcd's change logs of 3.4, 3.5 and 3.6 (3.5.3: data inconsistency; 3.5.6: #14685).
 */
export function judgeVersion(text: string): VersionFinding {
  const version = parseEtcdVersion(text);
  if (version === null) return { verdict: 'block', texts: [`its version "${text}" cannot be read`] };
  const blocked = blockedBy(version);
  if (blocked !== null) return { verdict: 'block', texts: [blocked] };
  const texts = WATCH.filter((row) => lacks(version, row)).map((row) => row.text);
  return { verdict: texts.length > 0 ? 'warn' : 'pass', texts };
}

function blockedBy(version: EtcdVersion): string | null {
  if (version.major !== 3 || version.minor !== 5 || version.patch > 5) return null;
  if (version.patch <= 2) return 'can lose data consistency (repaired in 3.5.3): upgrade before any maintenance';
  return 'can end with an inconsistent revision when it stops during a defragmentation (repaired in 3.5.6): upgrade first';
}

function lacks(version: EtcdVersion, row: Row): boolean {
  if (version.major !== 3) return version.major < 3;
  const repaired = row.repairedIn[`3.${version.minor}`];
  if (repaired !== undefined) return version.patch < repaired;
  return version.minor < 4;
}
