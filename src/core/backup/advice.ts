import { formatSpan, parseTime } from '../time.ts';
import type { CataloguedBackup } from './catalogue.ts';

/** What people have to know of a cluster's backups, each a sentence or two that say what to do. Empty: nothing. */
export interface BackupAdvice {
  readonly rule: 'none' | 'old' | 'damaged' | 'never-drilled' | 'drill-failed';
  /** Id of the backup that it is about; empty: all of them together. */
  readonly about: string;
  readonly text: string;
}

/** How old the newest good backup may be where nothing tells, ms. */
export const DEFAULT_MAX_BACKUP_AGE_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

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
  const newest = backups.find(({ state }) => state === 'good');
  const allDamaged = backups.filter(({ state }) => state === 'damaged');
  const damaged = allDamaged.filter((each) => !drilledBadly(each));
  const failed = allDamaged.filter(drilledBadly);
  return [
    ...ageAdvice(cluster, newest, maxAgeMs, nowMs),
    ...failed.map(({ id, drill }) =>
      advice('drill-failed', `The drill of ${id} failed: ${drill?.found ?? ''}. Do not rely on it.`, id),
    ),
    ...damaged.map(({ id, why }) => advice('damaged', `Backup ${id} of ${cluster} is damaged: ${why ?? ''}.`, id)),
    ...drillAdvice(cluster, backups, newest),
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

function drillAdvice(
  cluster: string,
  backups: readonly CataloguedBackup[],
  newest: CataloguedBackup | undefined,
): readonly BackupAdvice[] {
  if (newest === undefined || backups.some(({ drill }) => drill?.how === 'drill' && drill.result === 'passed'))
    return [];
  const text = `No backup of ${cluster} was ever restored in a drill, so that it works is not proven.`;
  return [advice('never-drilled', `${text} Try it: \`/kube drill ${cluster} latest\`.`)];
}

function advice(rule: BackupAdvice['rule'], text: string, about = ''): BackupAdvice {
  return { rule, about, text };
}
