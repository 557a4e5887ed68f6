import { type BackupKey, readBackupKey } from './names.ts';
import { DrillRecord } from './records.ts';

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

/** One object of a backup. */
export interface Part {
  readonly key: BackupKey;
  readonly object: ListedObject;
}

/** What the last drill and the last reading that came to an end found. */
export interface Records {
  /** At most one of each kind, drills first. */
  readonly found: readonly DrillRecord[];
  /** Why what one found is not known, without a period; `null`: it is. */
  readonly trouble: string | null;
  /** Keys that have to be read before it can be told. */
  readonly wanted: readonly string[];
}

/** Of what an object is part; `null`: of no backup. */
export function partOf(object: ListedObject): Part | null {
  const key = readBackupKey(object.key);
  return key === null ? null : { key, object };
}

/**
 * The objects of the newest so many backups, and of the newest so many that were drilled: what tells how the backups are, without reading all.
 */
export function ofNewest(objects: readonly ListedObject[], count: number): readonly ListedObject[] {
  const parts = objects.flatMap((object) => partOf(object) ?? []);
  const newest = (some: readonly Part[]): readonly string[] =>
    [...byBackup(some).keys()].toSorted().toReversed().slice(0, count);
  const ids = new Set([...newest(parts), ...newest(parts.filter(({ key: { kind } }) => kind === 'drill'))]);
  return parts.filter(({ key }) => ids.has(key.id)).map(({ object }) => object);
}

/** Objects by the id of their backup. */
export function byBackup(parts: readonly Part[]): ReadonlyMap<string, readonly Part[]> {
  return Map.groupBy(parts, ({ key }) => key.id);
}

/**
 * The last drill and the last reading that came to an end, newer or not than one that did not. A reading takes nothing back that a drill found,
 * nor the other way round: they look at different things. One that cannot be read may have found anything, so what came before it does not count.
 *
 * @param known what was read so far; `null`: not yet
 */
export function recordsOf(parts: readonly Part[], known: (key: string) => ReadJson | null): Records {
  const kinds = (['drill', 'reading'] as const).map((kind) => lastOf(kind, parts, known));
  return {
    found: kinds.flatMap(({ found }) => found),
    trouble: kinds.map(({ trouble }) => trouble).find((trouble) => trouble !== null) ?? null,
    wanted: kinds.flatMap(({ wanted }) => wanted),
  };
}

const NONE: Records = { found: [], trouble: null, wanted: [] };
const NAMES = {
  drill: 'what its last drill found cannot be read',
  reading: 'what its last reading found cannot be read',
} as const;
const NEXT = { drill: 'drill it again by its id', reading: 'read it again with --verify' } as const;

function lastOf(kind: 'drill' | 'reading', parts: readonly Part[], known: (key: string) => ReadJson | null): Records {
  const newestFirst = parts
    .flatMap(({ key, object }) => (key.kind === kind ? [{ at: key.at, key: object.key }] : []))
    .toSorted((a, b) => (a.at < b.at ? 1 : -1));
  for (const { key } of newestFirst) {
    const read = known(key);
    if (read === null) return { ...NONE, wanted: [key] };
    const record = read.ok ? DrillRecord.safeParse(read.json).data : undefined;
    if (record === undefined) {
      const why = read.ok ? 'it is none that this Drydock knows' : read.why;
      return { ...NONE, trouble: `${NAMES[kind]} (${why}): ${NEXT[kind]}` };
    }
    if (record.result !== 'aborted') return { ...NONE, found: [record] };
  }
  return NONE;
}
