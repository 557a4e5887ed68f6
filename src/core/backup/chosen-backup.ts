import { parseTime } from '../time.ts';
import type { CataloguedBackup } from './catalogue.ts';
import { readBackupId } from './names.ts';

/** Clocks of machines that keep time differ by less, ms. */
const CLOCK_SLACK_MS = 60_000;

/** Whether a backup is from the future: the clock that named it, or the one here, is wrong. */
export function isAhead({ createdAt }: Pick<CataloguedBackup, 'createdAt'>, nowMs: number): boolean {
  return parseTime(createdAt) > nowMs + CLOCK_SLACK_MS;
}

/**
 * The newest good backup, which is none from the future: nobody knows how old those are.
 *
 * @param backups newest first, as `catalogueOf` gives them
 */
export function newestGood(backups: readonly CataloguedBackup[], nowMs: number): CataloguedBackup | undefined {
  return backups.find((backup) => backup.state === 'good' && !isAhead(backup, nowMs));
}

/** Stands for the newest good backup. */
export const LATEST = 'latest';

/** A backup that somebody named, or why there is none, without a period. */
export type ChosenBackup =
  | { readonly ok: true; readonly backup: CataloguedBackup }
  | { readonly ok: false; readonly why: string };

/** A name as people type it, or what is wrong with it, in a sentence. */
export type TypedBackup =
  | { readonly ok: true; readonly name: string }
  | { readonly ok: false; readonly mistake: string };

/** Reads `backup/ID`, an id alone, or `latest` (which nothing at all stands for too). Of another cluster: a mistake. */
export function readBackupName(cluster: string, typed: string): TypedBackup {
  const said = typed.trim().toLowerCase();
  const name = said.replace(/^backup\//, '');
  if (said === '' || name === LATEST) return { ok: true, name: LATEST };
  const id = readBackupId(name);
  if (id === null)
    return {
      ok: false,
      mistake: `"${typed}" is no backup: write backup/ID as \`/kube backups ${cluster}\` shows it, or latest.`,
    };
  if (id.cluster !== cluster) return { ok: false, mistake: `${name} is a backup of ${id.cluster}, not of ${cluster}.` };
  return { ok: true, name };
}

/**
 * The backup of that name.
 *
 * @param backups newest first, as `catalogueOf` gives them
 * @param name an id, or {@link LATEST}
 */
export function chooseBackup(
  cluster: string,
  backups: readonly CataloguedBackup[],
  name: string,
  nowMs: number,
): ChosenBackup {
  const backup = name === LATEST ? newestGood(backups, nowMs) : backups.find(({ id }) => id === name);
  if (backup !== undefined) return { ok: true, backup };
  const ahead = backups.find(({ state }) => state === 'good');
  const also = ahead === undefined ? '' : `; ${ahead.id} is from the future, and can be named by its id`;
  const why =
    name === LATEST
      ? `${cluster} has no good backup${also}; \`/kube backup ${cluster}\` takes one`
      : `the store has no ${name}; \`/kube backups ${cluster}\` lists what it has`;
  return { ok: false, why };
}
