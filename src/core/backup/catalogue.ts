import type { Digest } from '../ports/runtime.ts';
import { parseTime } from '../time.ts';
import {
  byBackup,
  type ListedObject,
  type Part,
  partOf,
  type ReadJson,
  type Records,
  recordsOf,
} from './catalogue-parts.ts';
import { type BackupManifest, readManifest } from './manifest.ts';
import { readBackupId } from './names.ts';
import { BackupHold, BackupMark, type DrillRecord } from './records.ts';

/**
 * What a backup is as far as the store tells without reading its files.
 *
 * - `good`: its manifest is in order, and every file is there as the manifest says.
 * - `damaged`: something of it is not as it was written, or a drill found that it is not what it should be.
 * - `half-written`: there is no manifest: it was never finished, or is being taken now; or somebody began to remove it ({@link BEING_REMOVED}).
 * - `unknown`: it cannot be judged: a newer Drydock wrote it, or its manifest, or the last record of a drill or a reading, could not be read just now.
 */
export type BackupState = 'good' | 'damaged' | 'half-written' | 'unknown';

/** One backup in a store. */
export interface CataloguedBackup {
  readonly id: string;
  readonly cluster: string;
  /** ISO, as the id says. */
  readonly createdAt: string;
  readonly state: BackupState;
  /** Why it is not good, without a period; `null`: it is. */
  readonly why: string | null;
  readonly manifest: BackupManifest | null;
  /** Of all of it, bytes. */
  readonly storedBytes: number;
  /** The last drill that came to an end; only if there was none: the last reading. */
  readonly drill: DrillRecord | null;
  /** When all of its bytes were last read and were as they should be, ISO; `null`: not since it was taken. */
  readonly readAt: string | null;
  /** Whether the store tells the checksum of each of its files, so that the list alone shows a changed one: neither folders nor buckets do. */
  readonly checksums: boolean;
  /** `unreadable`: there is a hold, and what it says cannot be read. It holds. */
  readonly hold: BackupHold | 'unreadable' | null;
  readonly mark: BackupMark | null;
  /** The latest time until which the store keeps any part of it, ISO; `null`: none is kept. */
  readonly retainedUntil: string | null;
  /**
   * Why the store of static files could not be looked at, without a period: what it should have there is neither missing nor seen, and the rest is
   * judged as always. `null`: it could be, or there is none.
   */
  readonly unseen: string | null;
  /** All of its objects. */
  readonly keys: readonly string[];
}

/**
 * Keys whose content {@link catalogueOf} wants to know and that are not known yet: manifests, holds, marks, and of each backup the last record of a
 * drill and the last one of a reading. Ask again with what was read: before a drill that was aborted, another one counts.
 *
 * @param known what was read so far; `null`: not yet
 */
export function keysToRead(
  objects: readonly ListedObject[],
  known: (key: string) => ReadJson | null,
): readonly string[] {
  const parts = objects.flatMap((object) => partOf(object) ?? []);
  const single = parts.filter(({ key: { kind } }) => kind === 'manifest' || kind === 'hold' || kind === 'mark');
  const records = [...byBackup(parts).values()].flatMap((each) => recordsOf(each, known).wanted);
  return [...single.map(({ object }) => object.key).filter((key) => known(key) === null), ...records];
}

/**
 * What lies in a store, newest first. Objects that belong to no backup of this cluster are left out.
 *
 * @param read the content of one of {@link keysToRead}
 * @param unseen why the store of static files could not be listed, without a period; `null`: it was, or there is none
 */
export function catalogueOf(
  cluster: string,
  objects: readonly ListedObject[],
  read: (key: string) => ReadJson,
  digest: Pick<Digest, 'of'>,
  unseen: string | null = null,
): readonly CataloguedBackup[] {
  const ours = objects.flatMap((object) => partOf(object) ?? []).filter(({ key }) => key.cluster === cluster);
  return [...byBackup(ours)]
    .map(([id, parts]) => backupOf(cluster, id, parts, { read, digest, unseen }))
    .toSorted((a, b) => parseTime(b.createdAt) - parseTime(a.createdAt) || (a.id < b.id ? 1 : -1));
}

interface Looking {
  readonly read: (key: string) => ReadJson;
  readonly digest: Pick<Digest, 'of'>;
  readonly unseen: string | null;
}

function backupOf(
  cluster: string,
  id: string,
  parts: readonly Part[],
  { read, digest, unseen }: Looking,
): CataloguedBackup {
  const json = (kind: 'manifest' | 'hold' | 'mark'): ReadJson | null => {
    const found = parts.find(({ key }) => key.kind === kind);
    return found === undefined ? null : read(found.object.key);
  };
  const { found: records, trouble } = recordsOf(parts, read);
  const judged = judge(id, parts, json('manifest'), { records, trouble }, { digest, unseen });
  const mark = json('mark');
  return {
    id,
    cluster,
    createdAt: readBackupId(id)?.createdAt ?? '',
    ...judged,
    storedBytes: parts.reduce((sum, { object }) => sum + object.size, 0),
    drill: records.find(({ how }) => how === 'drill') ?? records[0] ?? null,
    readAt: latest(records.map(({ at, result }) => (result === 'passed' ? at : null))),
    checksums: parts.every(({ key, object }) => key.kind !== 'file' || object.sha256 !== null),
    hold: holdOf(json('hold')),
    mark: mark?.ok === true ? (BackupMark.safeParse(mark.json).data ?? null) : null,
    retainedUntil: latest(parts.map(({ object }) => object.retainedUntil)),
    unseen,
    keys: parts.map(({ object }) => object.key),
  };
}

/** Why a backup is none whose removal was begun: nothing relies on it, and no hold comes in time for certain. */
export const BEING_REMOVED = 'it is being removed, or that broke off: the next retention ends it';

type Judged = Pick<CataloguedBackup, 'state' | 'why' | 'manifest'>;

function judge(
  id: string,
  parts: readonly Part[],
  found: ReadJson | null,
  { records, trouble }: Pick<Records, 'trouble'> & { readonly records: readonly DrillRecord[] },
  { digest, unseen }: Pick<Looking, 'digest' | 'unseen'>,
): Judged {
  if (parts.some(({ key }) => key.kind === 'removal'))
    return { state: 'half-written', why: BEING_REMOVED, manifest: null };
  if (found === null)
    return { state: 'half-written', why: 'it has no manifest: it was never finished', manifest: null };
  if (!found.ok) return { state: 'unknown', why: `its manifest could not be read: ${found.why}`, manifest: null };
  const read = readManifest(digest, id, found.json);
  if (read.kind === 'newer') return { state: 'unknown', why: read.why, manifest: null };
  if (read.kind === 'damaged') return { state: 'damaged', why: read.why, manifest: null };
  const { manifest } = read;
  const wrong = manifest.files.map((file) => fileTrouble(file, parts, unseen !== null)).find((each) => each !== null);
  if (wrong !== undefined) return { state: 'damaged', why: wrong, manifest };
  const failed = records.find(({ result }) => result === 'failed');
  if (failed !== undefined) {
    const what = failed.how === 'drill' ? 'its drill' : 'its reading';
    return { state: 'damaged', why: `${what} failed: ${failed.found}`, manifest };
  }
  // What cannot be read may be what says that it is damaged.
  if (trouble !== null) return { state: 'unknown', why: trouble, manifest };
  return { state: 'good', why: null, manifest };
}

function fileTrouble(
  file: BackupManifest['files'][number],
  parts: readonly Part[],
  isStaticUnseen: boolean,
): string | null {
  const object = parts.find(({ key }) => key.kind === 'file' && key.name === file.name)?.object;
  if (object === undefined) return isStaticUnseen && file.role === 'static' ? null : `${file.name} is missing`;
  if (object.size !== file.storedBytes) return `${file.name} has ${object.size} bytes, not ${file.storedBytes}`;
  if (object.sha256 !== null && object.sha256 !== file.storedSha256)
    return `${file.name} has another SHA-256 than was written`;
  return null;
}

function holdOf(found: ReadJson | null): CataloguedBackup['hold'] {
  if (found === null) return null;
  return (found.ok ? BackupHold.safeParse(found.json).data : undefined) ?? 'unreadable';
}

function latest(times: readonly (string | null)[]): string | null {
  const known = times.filter((time) => time !== null);
  return known.toSorted((a, b) => parseTime(b) - parseTime(a))[0] ?? null;
}

/** Why the store of static files could not be looked at, as the list says, without a period; `null`: it could be, or there is none. */
export function staticUnseen(backups: readonly CataloguedBackup[]): string | null {
  return backups.find(({ unseen }) => unseen !== null)?.unseen ?? null;
}
