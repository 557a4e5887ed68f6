import type { Digest } from '../ports/runtime.ts';
import { parseTime } from '../time.ts';
import { type BackupManifest, readManifest } from './manifest.ts';
import { type BackupKey, readBackupId, readBackupKey } from './names.ts';
import { BackupHold, BackupMark, DrillRecord } from './records.ts';

/** An object of the store, as its list tells of it. */
export interface ListedObject {
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  /** ISO, by the clock of the store. */
  readonly storedAt: string;
  /** `null`: the store does not tell. */
  readonly sha256: string | null;
  /** Until when the store itself keeps it; `null`: it does not, or does not tell. */
  readonly retainedUntil: string | null;
}

/** The content of a small object: what JSON it holds, or why it could not be read. */
export type ReadJson = { readonly ok: true; readonly json: unknown } | { readonly ok: false; readonly why: string };

/**
 * What a backup is as far as the store tells without reading its files.
 *
 * - `good`: its manifest is in order, and every file is there as the manifest says.
 * - `damaged`: something of it is not as it was written, or a drill found that it is not what it should be.
 * - `half-written`: there is no manifest: it was never finished, or is being taken now.
 * - `unknown`: it cannot be judged: a newer Drydock wrote it, or its manifest could not be read just now.
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
  /** `unreadable`: there is a hold, and what it says cannot be read. It holds. */
  readonly hold: BackupHold | 'unreadable' | null;
  readonly mark: BackupMark | null;
  /** The latest time until which the store keeps any part of it, ISO; `null`: none is kept. */
  readonly retainedUntil: string | null;
  /** All of its objects. */
  readonly keys: readonly string[];
}

/** Keys whose content {@link catalogueOf} wants to know: everything but the files themselves. */
export function keysToRead(objects: readonly ListedObject[]): readonly string[] {
  return objects.map(({ key }) => key).filter((key) => (readBackupKey(key)?.kind ?? 'file') !== 'file');
}

/**
 * What lies in a store, newest first. Objects that belong to no backup of this cluster are left out.
 *
 * @param read the content of one of {@link keysToRead}
 */
export function catalogueOf(
  cluster: string,
  objects: readonly ListedObject[],
  read: (key: string) => ReadJson,
  digest: Pick<Digest, 'of'>,
): readonly CataloguedBackup[] {
  const byId = new Map<string, Part[]>();
  for (const object of objects) {
    const key = readBackupKey(object.key);
    if (key === null || key.cluster !== cluster) continue;
    byId.set(key.id, [...(byId.get(key.id) ?? []), { key, object }]);
  }
  return [...byId]
    .map(([id, parts]) => backupOf(cluster, id, parts, read, digest))
    .toSorted((a, b) => parseTime(b.createdAt) - parseTime(a.createdAt) || (a.id < b.id ? 1 : -1));
}

interface Part {
  readonly key: BackupKey;
  readonly object: ListedObject;
}

function backupOf(
  cluster: string,
  id: string,
  parts: readonly Part[],
  read: (key: string) => ReadJson,
  digest: Pick<Digest, 'of'>,
): CataloguedBackup {
  const json = (kind: 'manifest' | 'hold' | 'mark'): ReadJson | null => {
    const found = parts.find(({ key }) => key.kind === kind);
    return found === undefined ? null : read(found.object.key);
  };
  const records = lastRecords(parts, read);
  const judged = judge(id, parts, json('manifest'), records, digest);
  const mark = json('mark');
  return {
    id,
    cluster,
    createdAt: readBackupId(id)?.createdAt ?? '',
    ...judged,
    storedBytes: parts.reduce((sum, { object }) => sum + object.size, 0),
    drill: records.find(({ how }) => how === 'drill') ?? records[0] ?? null,
    hold: holdOf(json('hold')),
    mark: mark?.ok === true ? (BackupMark.safeParse(mark.json).data ?? null) : null,
    retainedUntil: latest(parts.map(({ object }) => object.retainedUntil)),
    keys: parts.map(({ object }) => object.key),
  };
}

type Judged = Pick<CataloguedBackup, 'state' | 'why' | 'manifest'>;

function judge(
  id: string,
  parts: readonly Part[],
  found: ReadJson | null,
  records: readonly DrillRecord[],
  digest: Pick<Digest, 'of'>,
): Judged {
  if (found === null)
    return { state: 'half-written', why: 'it has no manifest: it was never finished', manifest: null };
  if (!found.ok) return { state: 'unknown', why: `its manifest could not be read: ${found.why}`, manifest: null };
  const read = readManifest(digest, id, found.json);
  if (read.kind === 'newer') return { state: 'unknown', why: read.why, manifest: null };
  if (read.kind === 'damaged') return { state: 'damaged', why: read.why, manifest: null };
  const { manifest } = read;
  const wrong = manifest.files.map((file) => fileTrouble(file, parts)).find((trouble) => trouble !== null);
  if (wrong !== undefined) return { state: 'damaged', why: wrong, manifest };
  const failed = records.find(({ result }) => result === 'failed');
  if (failed !== undefined) {
    const what = failed.how === 'drill' ? 'its drill' : 'its reading';
    return { state: 'damaged', why: `${what} failed: ${failed.found}`, manifest };
  }
  return { state: 'good', why: null, manifest };
}

function fileTrouble(file: BackupManifest['files'][number], parts: readonly Part[]): string | null {
  const object = parts.find(({ key }) => key.kind === 'file' && key.name === file.name)?.object;
  if (object === undefined) return `${file.name} is missing`;
  if (object.size !== file.storedBytes) return `${file.name} has ${object.size} bytes, not ${file.storedBytes}`;
  if (object.sha256 !== null && object.sha256 !== file.storedSha256)
    return `${file.name} has another SHA-256 than was written`;
  return null;
}

/**
 * The last drill and the last reading that came to an end, newer or not than one that did not. A reading takes nothing back that a drill found,
 * nor the other way round: they look at different things.
 */
function lastRecords(parts: readonly Part[], read: (key: string) => ReadJson): readonly DrillRecord[] {
  const drills = parts
    .filter(({ key }) => key.kind === 'drill')
    .flatMap(({ object }) => {
      const found = read(object.key);
      const drill = found.ok ? DrillRecord.safeParse(found.json).data : undefined;
      return drill === undefined || drill.result === 'aborted' ? [] : [drill];
    })
    .toSorted((a, b) => parseTime(b.at) - parseTime(a.at));
  return (['drill', 'read'] as const).flatMap((each) => drills.find(({ how }) => how === each) ?? []);
}

function holdOf(found: ReadJson | null): CataloguedBackup['hold'] {
  if (found === null) return null;
  return (found.ok ? BackupHold.safeParse(found.json).data : undefined) ?? 'unreadable';
}

function latest(times: readonly (string | null)[]): string | null {
  const known = times.filter((time) => time !== null);
  return known.toSorted((a, b) => parseTime(b) - parseTime(a))[0] ?? null;
}
