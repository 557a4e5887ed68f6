/** Size of a member's file, and how much of it holds data. Bytes, as etcd tells them in its status. */
export interface MemberSize {
  readonly name: string;
  readonly dbSize: number;
  readonly dbSizeInUse: number;
}

/** What a filling wrote and deleted again. Bytes of values. */
export interface FreedWanted {
  readonly keptBytes: number;
  readonly deletedBytes: number;
  /** What each member had in use before the filling, by its name. A member that is not named had nothing. */
  readonly usedBefore: ReadonlyMap<string, number>;
}

/** Part of the deleted bytes that has to be free: others write too, and take free pages first. */
const FREED_PART = 0.75;
/** What others may have added meanwhile, as a part of the deleted bytes, and at least, bytes. */
const ADDED_PART = 0.1;
const ADDED_BYTES = 256 * 1024;

/**
 * Whether a member has given free what was deleted: so much lies free in its file, and no more is in use than before and what stays. How large the
 * file is says nothing: for the same data it was seen between 1.4 and 2.3 MiB, by how the writes fell into commits.
 */
export function hasFreedPages(
  { name, dbSize, dbSizeInUse }: MemberSize,
  { keptBytes, deletedBytes, usedBefore }: FreedWanted,
): boolean {
  const added = Math.max(ADDED_BYTES, deletedBytes * ADDED_PART);
  const isFree = dbSize - dbSizeInUse >= deletedBytes * FREED_PART;
  return isFree && dbSizeInUse <= (usedBefore.get(name) ?? 0) + keptBytes + added;
}
