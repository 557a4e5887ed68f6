import { formatBytes } from '../bytes.ts';
import { KEPT_WITHOUT_END } from '../ports/object-store.ts';
import type { ReportTable } from '../state-report.ts';
import { formatSpan, parseTime, timeInWords } from '../time.ts';
import { ageWords } from './advice.ts';
import { type BackupState, type CataloguedBackup, staticUnseen } from './catalogue.ts';
import { firstOfEach, identityWords } from './identity.ts';

/** Backups that a table shows; a store of hourly ones over months has more than anybody reads. */
const MOST_ROWS = 50;
/** Of each kind of note. */
const MOST_NOTES = 10;

/** What a state is called. */
export const STATE_WORDS = {
  good: 'good',
  damaged: 'damaged',
  'half-written': 'half-written',
  unknown: 'not judged',
} as const satisfies Readonly<Record<BackupState, string>>;

/**
 * The backups of a cluster, newest first. Why one is not good stands in the {@link backupNotes}.
 *
 * @param seen `place`: what people call the store; `whole`: ids of those whose files were read just now. Of others without checksums in the store, it
 *   is told when they were
 */
export function backupTable(
  backups: readonly CataloguedBackup[],
  nowMs: number,
  seen: { readonly place: string; readonly whole: ReadonlySet<string> },
): ReportTable {
  return {
    title: 'Backups',
    columns: ['backup', 'age', 'stored', 'database', 'revision', 'versions', 'last drill', 'hold', 'state', 'store'],
    rows: backups
      .slice(0, MOST_ROWS)
      .map((backup) => [
        backup.id,
        agoWords(backup.createdAt, nowMs),
        formatBytes(backup.storedBytes),
        backup.manifest === null ? '' : formatBytes(backup.manifest.databaseBytes),
        backup.manifest?.revision ?? '',
        versionsOf(backup),
        drillOf(backup, nowMs),
        holdOf(backup),
        stateOf(backup, nowMs, seen.whole),
        seen.place,
      ]),
  };
}

/** How many there are and how they are, in one line. `place`: where they are. */
export function backupSummary(cluster: string, backups: readonly CataloguedBackup[], place: string): string {
  if (backups.length === 0) return `${cluster} has no backups in ${place}.`;
  const count = (state: BackupState): number => backups.filter((each) => each.state === state).length;
  const others = (['damaged', 'half-written', 'unknown'] as const).flatMap((state) =>
    count(state) === 0 ? [] : [`${count(state)} ${STATE_WORDS[state]}`],
  );
  const words = [`${count('good')} good`, ...others].join(', ');
  return `${cluster} has ${backups.length === 1 ? '1 backup' : `${backups.length} backups`} in ${place}: ${words}.`;
}

/** What the table has no room for: why one is not good, who holds one and why, what retention means to remove. */
export function backupNotes(backups: readonly CataloguedBackup[]): readonly string[] {
  const bad = backups.flatMap(({ id, state, why }) =>
    state === 'good' ? [] : [`${id} is ${STATE_WORDS[state]}: ${why ?? 'nobody said why'}.`],
  );
  const held = backups.flatMap(({ id, hold }) => {
    if (hold === null) return [];
    if (hold === 'unreadable') return [`${id} is on hold; by whom and why cannot be read.`];
    return [`${id} is on hold by ${hold.by} since ${timeInWords(hold.at)}${hold.why === '' ? '' : `: ${hold.why}`}.`];
  });
  const marked = backups.flatMap(({ id, mark }) =>
    mark === null
      ? []
      : [
          `${id} is marked since ${timeInWords(mark.at)}: ${mark.why}. The first backup that is taken a day later removes it, if that is still so.`,
        ],
  );
  const kept = backups.flatMap(({ id, retainedUntil }) =>
    retainedUntil === null
      ? []
      : [
          `The store itself keeps ${id} ${retainedUntil === KEPT_WITHOUT_END ? 'under a legal hold' : `until ${timeInWords(retainedUntil)}`}.`,
        ],
  );
  const [newest, ...others] = firstOfEach(backups);
  const foreign = others.flatMap(({ id, manifest }) =>
    newest === undefined || newest.manifest === null || manifest === null
      ? []
      : [
          `${id}, and others maybe, are of another cluster of this name (${identityWords(manifest.identity)}) than the newest (${identityWords(newest.manifest.identity)}).`,
        ],
  );
  const more = backups.length - MOST_ROWS;
  return [
    ...unseenNotes(backups),
    ...[bad, foreign, held, marked, kept].flatMap(shortened),
    ...(more > 0 ? [`… and ${more} older backups, which the table does not show.`] : []),
  ];
}

function unseenNotes(backups: readonly CataloguedBackup[]): readonly string[] {
  const why = staticUnseen(backups);
  if (why === null) return [];
  return [
    `The store of static files cannot be looked at, so whether they are there is not known, and nothing is removed: ${why}.`,
  ];
}

function shortened(notes: readonly string[]): readonly string[] {
  const more = notes.length - MOST_NOTES;
  return more > 0 ? [...notes.slice(0, MOST_NOTES), `… and ${more} more like the one above.`] : notes;
}

/** What the store cannot tell of a file is not called good. */
function stateOf(
  { id, state, checksums, readAt, unseen, manifest, keys }: CataloguedBackup,
  nowMs: number,
  whole: ReadonlySet<string>,
): string {
  if (state !== 'good') return STATE_WORDS[state];
  const beside = manifest?.files.find(({ role }) => role === 'static')?.name;
  if (unseen !== null && beside !== undefined && !keys.some((key) => key.endsWith(`/${beside}`)))
    return 'as listed, static files not seen';
  if (checksums || whole.has(id)) return STATE_WORDS.good;
  return readAt === null
    ? 'as listed, not read since it was taken'
    : `as listed, last read ${agoWords(readAt, nowMs)} ago`;
}

function versionsOf({ manifest }: CataloguedBackup): string {
  if (manifest === null) return '';
  const { etcd, kubernetes } = manifest.versions;
  return kubernetes === null ? `etcd ${etcd}` : `etcd ${etcd}, Kubernetes ${kubernetes}`;
}

function drillOf({ drill }: CataloguedBackup, nowMs: number): string {
  if (drill === null) return 'never';
  const what = drill.how === 'read' ? `only read, ${drill.result}` : drill.result;
  return `${what} ${agoWords(drill.at, nowMs)} ago`;
}

function holdOf({ hold }: CataloguedBackup): string {
  if (hold === null) return '';
  return hold === 'unreadable' ? 'yes' : `by ${hold.by}`;
}

/** An age in words; a time of a clock that is ahead is told as such. */
function agoWords(at: string, nowMs: number): string {
  const ageMs = nowMs - parseTime(at);
  return ageMs < 0 ? `${formatSpan(-ageMs)} ahead` : ageWords(Math.max(1, Math.round(ageMs / 1000)) * 1000);
}
