import { z } from 'zod';
import { backupNotes, backupSummary, backupTable } from '../../src/core/backup/backup-table.ts';
import type { CataloguedBackup } from '../../src/core/backup/catalogue.ts';
import type { BackupManifest } from '../../src/core/backup/manifest.ts';
import { StateReport } from '../../src/core/state-report.ts';
import { defineStep, type StepContext } from '../../src/core/step.ts';
import { parseTime } from '../../src/core/time.ts';
import { type Found, readBackup } from './read-backup.ts';

const Nothing = z.strictObject({});
const Output = z.object({ report: StateReport });

/** How long a list may read files of which the store tells no checksum, ms: somebody waits for it. */
const READING_MS = 30_000;
/** What was read and found whole is left for so long, ms: a bucket is paid for what is read of it. */
const FRESH_MS = 86_400_000;

/**
 * Reads what lies in the store. No list of a folder or a bucket tells checksums, so the files themselves are read, of the backup first that was not
 * for the longest, as far as the time goes: nothing else shows a bit that flipped.
 */
export const listStep = defineStep({
  kind: 'backups.list@1',
  input: Nothing,
  state: Nothing,
  output: Output,
  needs: ['backups'],
  risk: 'read',
  effect: 'reads the store, keeps there what it finds',
  timeoutMs: () => 5 * 60_000,
  retry: { attempts: 3, backoffMs: 1000 },
  describe: () => 'List the backups with what is known of each',
  items: () => [],
  initial: () => ({}),
  check: async () => await Promise.resolve({ kind: 'go' }),
  run: async (context) => {
    const call = { signal: context.signal };
    const listed = await context.ports.backups.list(call);
    if (!listed.ok) return { kind: 'stop', reason: 'backups-unavailable', note: `${listed.error.message}.` };
    const found = await readUnseen(context, listed.value);
    // What was found damaged is stored beside the backup, and the list tells it from then on.
    const again = found.some(({ result }) => result === 'damaged') ? await context.ports.backups.list(call) : listed;
    if (!again.ok) return { kind: 'stop', reason: 'backups-unavailable', note: `${again.error.message}.` };
    const whole = new Set(found.filter(({ result }) => result === 'whole').map(({ id }) => id));
    const report = damagedIn(reportOn(context, again.value, whole), again.value, found);
    return { kind: 'done', output: { report }, note: report.summary };
  },
  verify: async (_context, _input, output) =>
    await Promise.resolve({ kind: 'done', output, note: output.report.summary }),
});

async function readUnseen(
  context: StepContext<'backups'>,
  backups: readonly CataloguedBackup[],
): Promise<readonly Found[]> {
  const end = endedAfter(context, READING_MS);
  const found: Found[] = [];
  // No backup that is at least as large is begun once one took too long: whatever is smaller has its turn.
  let tooLarge = Number.POSITIVE_INFINITY;
  const due = dueOf(backups, context.nowMs());
  for (const [at, { manifest, storedBytes }] of due.entries()) {
    if (end.aborted) break;
    if (storedBytes >= tooLarge) continue;
    const hasSmaller = due.slice(at + 1).some((each) => each.storedBytes < storedBytes);
    const turn = hasSmaller ? AbortSignal.any([end, endedAfter(context, READING_MS / 2)]) : end;
    found.push(await readBackup(context, manifest, turn));
    context.signal.throwIfAborted();
    if (turn.aborted) tooLarge = storedBytes;
  }
  return found;
}

interface Due {
  readonly manifest: BackupManifest;
  readonly storedBytes: number;
  /** When all of its bytes were last seen to be whole: when it was taken, at the latest. */
  readonly seenMs: number;
}

/** What is to be read, that which was not for the longest first. One that was never read since it was taken is never too fresh. */
function dueOf(backups: readonly CataloguedBackup[], nowMs: number): readonly Due[] {
  return backups
    .flatMap(({ manifest, state, checksums, readAt, createdAt, storedBytes }): readonly Due[] => {
      if (manifest === null || state !== 'good' || checksums) return [];
      if (readAt !== null && nowMs - parseTime(readAt) <= FRESH_MS) return [];
      return [{ manifest, storedBytes, seenMs: parseTime(readAt ?? createdAt) }];
    })
    .toSorted((a, b) => a.seenMs - b.seenMs);
}

/** A signal that fires after so long, and when the run is stopped. */
function endedAfter(context: StepContext<'backups'>, ms: number): AbortSignal {
  const limit = new AbortController();
  const over = context.pause(ms).then(() => limit.abort('over'));
  // It rejects when the run is stopped, and nobody may be waiting for it then.
  over.catch(() => undefined);
  return AbortSignal.any([context.signal, limit.signal]);
}

/** A damage that could not be stored beside the backup is told all the same. */
function damagedIn(report: StateReport, backups: readonly CataloguedBackup[], found: readonly Found[]): StateReport {
  const good = new Set(backups.filter(({ state }) => state === 'good').map(({ id }) => id));
  const untold = found.filter(({ id, result }) => result === 'damaged' && good.has(id));
  if (untold.length === 0) return report;
  const notes = untold.map(({ id, words }) => `${id} is damaged: ${words}.`);
  return { ...report, healthy: false, notes: [...notes, ...report.notes] };
}

/**
 * The report on the backups of a cluster.
 *
 * @param whole ids of those whose files were read just now, and are as they should be
 */
export function reportOn(
  context: StepContext<'backups'>,
  backups: readonly CataloguedBackup[],
  whole: ReadonlySet<string>,
): StateReport {
  const { cluster, ports } = context;
  const place = ports.backups.facts?.place ?? 'its store';
  const states = new Set(backups.map(({ state }) => state));
  return {
    at: context.nowIso(),
    of: 'backups',
    healthy: states.has('good') && !states.has('damaged'),
    summary: backupSummary(cluster.name, backups, place),
    tables: backups.length === 0 ? [] : [backupTable(backups, context.nowMs(), { place, whole })],
    notes: [...backupNotes(backups)],
  };
}
