import { keptWords } from '../ports/object-store.ts';
import { parseTime } from '../time.ts';
import { BEING_REMOVED, type CataloguedBackup } from './catalogue.ts';
import { isAhead } from './chosen-backup.ts';
import { firstOfEach } from './identity.ts';

/** How many backups are kept, and for how long. A backup that either limit keeps is kept; without any, all are. */
export interface RetentionLimits {
  /** The newest so many good ones; `null`: no such limit. */
  readonly keepLast: number | null;
  /** Those younger than this, ms; `null`: no such limit. */
  readonly maxAgeMs: number | null;
}

/** What retention does with one backup, and why, without a period. `unmark`: it was superfluous, and is not any more. */
export interface RetentionVerdict {
  readonly id: string;
  readonly does: 'keep' | 'unmark' | 'mark' | 'wait' | 'remove';
  readonly why: string;
}

/** Nothing younger is superfluous, and nothing is removed sooner after it was marked, ms. */
export const SETTLING_MS = 86_400_000;

/**
 * What is kept, marked and removed after a backup was verified. In two phases: what is superfluous is marked, and removed when it still is a day
 * later. Never: the newest good one of each cluster that had this name; one on hold, or kept by the store; one of this day; one that cannot be
 * judged, or of which the static files cannot be looked at; anything at all while the backup that was just verified is not seen as good in the list. One from the future is kept, and counts for
 * nothing: nobody knows how old it is.
 *
 * @param verified id of the backup that was just taken and verified
 */
export function retain(
  backups: readonly CataloguedBackup[],
  verified: string,
  limits: RetentionLimits,
  nowMs: number,
): readonly RetentionVerdict[] {
  const newestFirst = backups.toSorted((a, b) => createdMs(b) - createdMs(a) || (a.id < b.id ? 1 : -1));
  const good = newestFirst.filter((backup) => backup.state === 'good' && !isAhead(backup, nowMs));
  const seen = newestFirst.some(({ id, state }) => id === verified && state === 'good');
  const protectedIds = [good[0]?.id, ...firstOfEach(good).map(({ id }) => id)];
  return newestFirst.map((backup, at) => {
    // A damaged one is kept as long as it would be if it were good: it may be of use, and shows what went wrong.
    const newerGood = newestFirst.slice(0, at).filter((each) => good.includes(each)).length;
    const kept = seen
      ? (protection(backup, protectedIds, nowMs) ?? withinLimits(backup, newerGood, limits, nowMs))
      : 'the backup that was just verified is not seen in the store';
    return verdictOf(backup, kept, nowMs);
  });
}

function verdictOf(backup: CataloguedBackup, kept: string | null, nowMs: number): RetentionVerdict {
  const { id, mark } = backup;
  if (kept !== null) return { id, does: mark === null ? 'keep' : 'unmark', why: kept };
  const why = superfluous(backup);
  if (mark === null) return { id, does: 'mark', why };
  // A mark from the future was set by another clock: it counts from when it comes true.
  return { id, does: nowMs - parseTime(mark.at) >= SETTLING_MS ? 'remove' : 'wait', why };
}

/** Why it is kept whatever the limits are; `null`: they decide. */
function protection(
  backup: CataloguedBackup,
  [newest, ...ofOthers]: readonly (string | undefined)[],
  nowMs: number,
): string | null {
  if (backup.id === newest) return 'it is the newest good one';
  if (ofOthers.includes(backup.id)) return 'it is the newest good one of another cluster of this name';
  if (backup.hold === 'unreadable') return 'it is on hold';
  if (backup.hold !== null) return `it is on hold by ${backup.hold.by}`;
  if (backup.retainedUntil !== null && parseTime(backup.retainedUntil) > nowMs)
    return `the store keeps it ${keptWords(backup.retainedUntil)}`;
  if (backup.unseen !== null) return 'the store of static files cannot be looked at';
  if (backup.state === 'unknown') return `it cannot be judged: ${backup.why ?? ''}`;
  const ageMs = nowMs - createdMs(backup);
  if (ageMs < 0) return 'its time has not come: the clocks differ';
  return ageMs < SETTLING_MS ? 'it is younger than a day' : null;
}

/** Which limit keeps it; `null`: none. */
function withinLimits(
  backup: CataloguedBackup,
  newerGood: number,
  { keepLast, maxAgeMs }: RetentionLimits,
  nowMs: number,
): string | null {
  // What was never finished is no backup, and no limit is meant for it.
  if (backup.state === 'half-written') return null;
  if (keepLast === null && maxAgeMs === null) return 'no limit is set';
  if (maxAgeMs !== null && nowMs - createdMs(backup) < maxAgeMs) return 'it is not too old yet';
  return keepLast !== null && newerGood < keepLast ? `it is one of the last ${keepLast}` : null;
}

function superfluous(backup: CataloguedBackup): string {
  if (backup.state === 'half-written')
    return backup.why === BEING_REMOVED ? 'its removal was begun' : 'it was never finished';
  return backup.state === 'damaged' ? 'it is damaged, and beyond the limits' : 'it is beyond the limits';
}

function createdMs(backup: CataloguedBackup): number {
  return parseTime(backup.createdAt);
}
