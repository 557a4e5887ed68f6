import type { AuditEntry } from '../core/audit.ts';
import { adviseOnBackups, allowedAge } from '../core/backup/advice.ts';
import { type AdviceStep, type BackupLook, CONFIRM_MS, nextAdvice, ToldAdvice } from '../core/backup/advice-told.ts';
import type { BackupVault, VaultCall, VaultResult } from '../core/ports/backup-vault.ts';
import type { RunStore } from '../core/ports/run-store.ts';
import { backupIntervals } from './backup-intervals.ts';
import { type ControlDeps, controlEntry } from './control-deps.ts';
import { messageOf } from './control-flow.ts';

/** What looking after backups needs. */
export interface BackupWatchDeps extends Pick<ControlDeps, 'clock' | 'log' | 'admission'> {
  readonly store: Pick<RunStore, 'audit'>;
}

/** The backups of one cluster. */
export interface WatchedBackups {
  readonly cluster: string;
  /** Where people are told. */
  readonly opsChannel: string;
  /** How old the newest good one may be, ms. */
  readonly maxAgeMs: number;
  readonly vault: BackupVault;
}

/** How often backups are looked at while nothing changes, ms. */
const LOOK_EVERY_MS = 3_600_000;
/** Limit of a look, ms. */
const LOOK_MS = 5 * 60_000;
/** What takes left behind is removed when it was begun so long ago, ms. A take lasts six hours at most: its step ends it then. */
const UNFINISHED_MS = 86_400_000;

/**
 * One look at the backups of a cluster: removes what takes that died left behind, stores what people have to know, and leaves a notice for the
 * operations channel when that changed, lasts, or is over. Record, audit entry and notice are one write by compare-and-set, so whoever dies or
 * looks at the same time, each is told once. Answers when to look again, ms. Throws when the control store cannot be reached.
 */
export async function watchBackups(
  deps: BackupWatchDeps,
  watched: WatchedBackups,
  signal: AbortSignal,
): Promise<number> {
  await sweep(deps, watched, signal);
  const look = await lookAt(deps, watched, signal);
  // What was cut short says nothing of the store.
  if (signal.aborted) return CONFIRM_MS;
  const { control } = deps.admission;
  const { cluster, opsChannel } = watched;
  const record = await control.read('backups', cluster);
  const before = record === null ? null : (ToldAdvice.safeParse(record.value).data ?? null);
  const nowIso = deps.clock.nowIso();
  const { value, told, changed } = nextAdvice(cluster, before, look, nowIso);
  const notice = told && {
    key: `backups ${cluster} ${nowIso}`,
    value: { channel: opsChannel, title: told.title, lines: [...told.lines], at: nowIso },
  };
  await control.write({
    kind: 'backups',
    key: cluster,
    seen: record?.revision ?? null,
    value,
    audit: entriesOf(deps, cluster, changed, told?.lines ?? []),
    ...(notice === null ? {} : { notice }),
  });
  return value.pending.length === 0 ? LOOK_EVERY_MS : CONFIRM_MS;
}

function entriesOf(
  deps: BackupWatchDeps,
  cluster: string,
  changed: AdviceStep['changed'],
  lines: readonly string[],
): readonly AuditEntry[] {
  if (changed === null) return [];
  if (changed === 'over') return [controlEntry(deps, 'backup-advice-over', null, cluster, { why: lines.join(' ') })];
  // The last line says where the rest is.
  return [controlEntry(deps, 'backup-advice', null, cluster, { why: lines.slice(0, -1).join(' ') })];
}

/** What takes that died left behind. That it cannot be removed holds up nothing. */
async function sweep(deps: BackupWatchDeps, { cluster, vault }: WatchedBackups, signal: AbortSignal): Promise<void> {
  const begunBefore = new Date(deps.clock.nowMs() - UNFINISHED_MS).toISOString();
  const swept = await limited(deps, signal, async (call) => await vault.sweep(begunBefore, call));
  const place = vault.facts?.place ?? '';
  if (!swept.ok) {
    if (!signal.aborted)
      deps.log.warn('what unfinished backups left in the store could not be removed', {
        cluster,
        place,
        error: swept.why,
      });
    return;
  }
  if (swept.value === 0) return;
  const detail = { removed: swept.value, place, begunBefore };
  deps.log.info('what unfinished backups left in the store was removed', { cluster, ...detail });
  await deps.store.audit([controlEntry(deps, 'backup-sweep', null, cluster, detail)]);
}

async function lookAt(
  deps: BackupWatchDeps,
  { cluster, vault, maxAgeMs }: WatchedBackups,
  signal: AbortSignal,
): Promise<BackupLook> {
  const listed = await limited(deps, signal, async (call) => await vault.list(call));
  if (!listed.ok) {
    if (!signal.aborted) deps.log.warn('backups could not be looked at', { cluster, error: listed.why });
    return listed;
  }
  const allowedMs = allowedAge(maxAgeMs, await backupIntervals(deps.admission, cluster));
  return { ok: true, advice: adviseOnBackups(cluster, listed.value, allowedMs, deps.clock.nowMs()) };
}

type Limited<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly why: string };

/** A call on the vault, whatever becomes of it: one that hangs must not silence the watch. */
async function limited<T>(
  { clock }: Pick<BackupWatchDeps, 'clock'>,
  signal: AbortSignal,
  call: (given: VaultCall) => Promise<VaultResult<T>>,
): Promise<Limited<T>> {
  const limit = new AbortController();
  const silent = clock.sleep(LOOK_MS, AbortSignal.any([signal, limit.signal])).then(
    () => null,
    () => null,
  );
  const answering = call({ signal: AbortSignal.any([signal, limit.signal]) });
  // Nobody may be waiting for it any more.
  answering.catch(() => undefined);
  try {
    const answer = await Promise.race([answering, silent]);
    if (answer === null) return { ok: false, why: `its store gave no answer within ${LOOK_MS / 60_000} min` };
    return answer.ok ? answer : { ok: false, why: answer.error.message };
  } catch (thrown) {
    return { ok: false, why: messageOf(thrown) };
  } finally {
    limit.abort();
  }
}
