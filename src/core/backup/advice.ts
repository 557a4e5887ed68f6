import { formatSpan, parseTime } from '../time.ts';
import { type CataloguedBackup, staticUnseen } from './catalogue.ts';
import { isAhead, newestGood } from './chosen-backup.ts';
import { firstOfEach, identityWords } from './identity.ts';

/** What people have to know of a cluster's backups, each a sentence or two that say what to do. Empty: nothing. */
export interface BackupAdvice {
  readonly rule:
    | 'none'
    | 'old'
    | 'clock'
    | 'damaged'
    | 'not-judged'
    | 'never-drilled'
    | 'drill-old'
    | 'drill-failed'
    | 'mixed'
    | 'static-unseen';
  /** Id of the backup that it is about; empty: all of them together. */
  readonly about: string;
  readonly text: string;
}

/** How old the newest good backup may be where nothing tells, ms. */
export const DEFAULT_MAX_BACKUP_AGE_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** A backup that passed a drill tells something of those taken since so long, ms: a drill a month, and some days. */
const MOST_DRILL_AGE_MS = 35 * DAY_MS;
/** Backups of two clusters are told as mixed while both are younger, ms: after a restore that is over by itself. */
const MIXED_MS = 7 * DAY_MS;

/**
 * What to say of the backups of a cluster.
 *
 * @param backups newest first, as `catalogueOf` gives them
 * @param maxAgeMs how old the newest good one may be
 */
export function adviseOnBackups(
  cluster: string,
  backups: readonly CataloguedBackup[],
  maxAgeMs: number,
  nowMs: number,
): readonly BackupAdvice[] {
  const newest = newestGood(backups, nowMs);
  const ahead = backups.find((backup) => isAhead(backup, nowMs));
  const allDamaged = backups.filter(({ state }) => state === 'damaged');
  const damaged = allDamaged.filter((each) => !drilledBadly(each));
  const failed = allDamaged.filter(drilledBadly);
  return [
    ...ageAdvice(cluster, newest, maxAgeMs, nowMs),
    ...clockAdvice(ahead, nowMs),
    ...failed.map(({ id, drill }) =>
      advice('drill-failed', `The drill of ${id} failed: ${drill?.found ?? ''}. Do not rely on it.`, id),
    ),
    ...damaged.map(({ id, why }) => advice('damaged', `Backup ${id} of ${cluster} is damaged: ${why ?? ''}.`, id)),
    ...backups
      .filter(({ state }) => state === 'unknown')
      .map(({ id, why }) => advice('not-judged', `Whether backup ${id} is good cannot be told: ${why ?? ''}.`, id)),
    ...drillAdvice(cluster, backups, newest, nowMs),
    ...mixedAdvice(cluster, backups, nowMs),
    ...unseenAdvice(cluster, backups),
  ];
}

function drilledBadly({ drill }: CataloguedBackup): boolean {
  return drill?.how === 'drill' && drill.result === 'failed';
}

/** What a scheduled backup may take until it is there, ms: it is not late while it is being taken. */
const TAKING_MS = HOUR_MS;

/**
 * How old the newest good backup may be before the channel is told, ms: `maxAge` and an hour to take the next one, and never more than two
 * intervals of a schedule.
 *
 * @param intervalsMs the longest interval of each schedule of backups; none: there is no schedule, and `maxAge` counts as it is
 */
export function allowedAge(maxAgeMs: number, intervalsMs: readonly number[]): number {
  if (intervalsMs.length === 0) return maxAgeMs;
  return Math.min(maxAgeMs + TAKING_MS, ...intervalsMs.map((each) => 2 * each));
}

/** An age in words: `26 h 5 min`, `3 days`. */
export function ageWords(ms: number): string {
  return ms < 2 * DAY_MS ? formatSpan(ms) : `${Math.floor(ms / DAY_MS)} days`;
}

/**
 * What there is when nothing is wrong: the newest good backup, how old it is and what is known of it, and the last drill that passed. `null`: there
 * is no good backup, which {@link adviseOnBackups} tells.
 *
 * @param backups newest first, as `catalogueOf` gives them
 */
export function newestWords(backups: readonly CataloguedBackup[], nowMs: number): string | null {
  const newest = newestGood(backups, nowMs);
  if (newest === undefined) return null;
  const ago = (at: string): string => ageWords(Math.max(0, nowMs - parseTime(at)));
  const head = `Newest good backup: ${newest.id}, ${ago(newest.createdAt)} old`;
  if (newest.drill !== null && drilledWell(newest)) return `${head}; its drill passed ${ago(newest.drill.at)} ago.`;
  const own = newest.readAt === null ? '' : `, its files last read whole ${ago(newest.readAt)} ago`;
  const [last] = backups
    .flatMap((each) =>
      each.drill !== null && countsAsDrilled(each, nowMs) ? [{ id: each.id, at: each.drill.at }] : [],
    )
    .toSorted((a, b) => parseTime(b.at) - parseTime(a.at));
  const drills = last === undefined ? 'no drill has passed' : `the last drill passed ${ago(last.at)} ago (${last.id})`;
  return `${head}, not drilled itself${own}; ${drills}.`;
}

function ageAdvice(
  cluster: string,
  newest: CataloguedBackup | undefined,
  maxAgeMs: number,
  nowMs: number,
): readonly BackupAdvice[] {
  if (newest === undefined)
    return [advice('none', `${cluster} has no good backup. Take one: \`/kube backup ${cluster}\`.`)];
  const ageMs = nowMs - parseTime(newest.createdAt);
  if (ageMs <= maxAgeMs) return [];
  const text = `The newest good backup of ${cluster} is ${ageWords(ageMs)} old, and should be ${ageWords(maxAgeMs)} at most.`;
  return [advice('old', `${text} Take one: \`/kube backup ${cluster}\`.`)];
}

function clockAdvice(ahead: CataloguedBackup | undefined, nowMs: number): readonly BackupAdvice[] {
  if (ahead === undefined) return [];
  const span = ageWords(parseTime(ahead.createdAt) - nowMs);
  const text = `Backup ${ahead.id} is ${span} from the future: the clock that named it, or the one here, is wrong.`;
  return [advice('clock', `${text} It does not count as the newest. Look at the clocks.`, ahead.id)];
}

function drillAdvice(
  cluster: string,
  backups: readonly CataloguedBackup[],
  newest: CataloguedBackup | undefined,
  nowMs: number,
): readonly BackupAdvice[] {
  if (newest === undefined) return [];
  const next = `Try it: \`/kube drill ${cluster} latest\`.`;
  const drilled = backups.find((backup) => countsAsDrilled(backup, nowMs));
  if (drilled === undefined) {
    const text = `No backup of ${cluster} was ever restored in a drill, so that it works is not proven.`;
    return [advice('never-drilled', `${text} ${next}`)];
  }
  const ageMs = nowMs - parseTime(drilled.createdAt);
  if (ageMs <= MOST_DRILL_AGE_MS) return [];
  const ago = (at: string): string => ageWords(Math.max(0, nowMs - parseTime(at)));
  const text = `The newest backup of ${cluster} that passed a drill, ${drilled.id}, was taken ${ago(drilled.createdAt)} ago and drilled ${ago(drilled.drill?.at ?? drilled.createdAt)} ago: that later ones work is not proven.`;
  return [advice('drill-old', `${text} ${next}`)];
}

function countsAsDrilled(backup: CataloguedBackup, nowMs: number): boolean {
  return drilledWell(backup) && !isAhead(backup, nowMs) && backup.state !== 'damaged';
}

function drilledWell({ drill }: CataloguedBackup): boolean {
  return drill?.how === 'drill' && drill.result === 'passed';
}

function unseenAdvice(cluster: string, backups: readonly CataloguedBackup[]): readonly BackupAdvice[] {
  const why = staticUnseen(backups);
  if (why === null) return [];
  const text = `The store of the static files of ${cluster} cannot be looked at, so whether they are there is not known`;
  return [advice('static-unseen', `${text}: ${why}.`)];
}

/** Two clusters of one name, or one whose configuration leads to another one by now. */
function mixedAdvice(cluster: string, backups: readonly CataloguedBackup[], nowMs: number): readonly BackupAdvice[] {
  const young = backups.filter(
    (each) => each.state === 'good' && !isAhead(each, nowMs) && nowMs - parseTime(each.createdAt) < MIXED_MS,
  );
  const [newest, other] = firstOfEach(young);
  if (newest === undefined || other === undefined) return [];
  const text = `The store has young backups of two clusters that are called ${cluster}: ${whose(newest)} and ${whose(other)}.`;
  const next = 'It was restored or set up anew, or two share a folder, or the configuration leads to another cluster.';
  return [advice('mixed', `${text} ${next} Name a backup by its id before you restore.`)];
}

function whose({ id, manifest }: CataloguedBackup): string {
  return manifest === null ? id : `${id} of ${identityWords(manifest.identity)}`;
}

function advice(rule: BackupAdvice['rule'], text: string, about = ''): BackupAdvice {
  return { rule, about, text };
}
