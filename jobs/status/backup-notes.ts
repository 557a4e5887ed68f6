import { adviseOnBackups, allowedAge, newestWords } from '../../src/core/backup/advice.ts';
import type { Ports } from '../../src/core/ports/ports.ts';
import type { StepContext } from '../../src/core/step.ts';

/** How long the store of backups may take: a store that is away must not hold up the state of the cluster. */
const LIMIT_MS = 5000;
/** Backups that are looked at, the newest ones, and as many that were drilled: a store of thousands takes longer than anybody waits. */
const NEWEST = 20;
/** Pieces of advice that are told; the rest is counted. */
const MOST_NOTES = 5;

/**
 * The newest good backup and the last drill, then what people have to know of the backups of the cluster; nothing where none are configured. A store
 * that fails is told, and never thrown.
 */
export async function backupNotes(context: StepContext<'backups'>): Promise<readonly string[]> {
  const { cluster, ports } = context;
  if (cluster.backups === null || cluster.backups === undefined) return [];
  const limit = new AbortController();
  const signal = AbortSignal.any([context.signal, limit.signal]);
  const silent = context.pause(LIMIT_MS).then(() => null);
  // It rejects when the run is stopped, and nobody may be waiting for it then.
  silent.catch(() => undefined);
  const [listed, intervalsMs] = await Promise.all([
    Promise.race([listing(ports.backups, signal), silent]),
    Promise.race([intervals(context), silent]),
  ]);
  limit.abort('over');
  if (listed === null) return [unseen(`its store gave no answer within ${LIMIT_MS / 1000} s`)];
  if (!listed.ok) return [unseen(listed.error.message)];
  const nowMs = context.nowMs();
  const allowedMs = allowedAge(cluster.backups.maxAgeMs, intervalsMs ?? []);
  const advice = adviseOnBackups(cluster.name, listed.value, allowedMs, nowMs);
  const more = advice.length - MOST_NOTES;
  const newest = newestWords(listed.value, nowMs);
  return [
    ...(newest === null ? [] : [newest]),
    ...advice.slice(0, MOST_NOTES).map(({ text }) => text),
    ...(more > 0 ? [`… and ${more} more on its backups: \`/kube backups ${cluster.name}\`.`] : []),
    ...(intervalsMs === null ? [NO_SCHEDULES] : []),
  ];
}

const NO_SCHEDULES =
  'The schedules of backups could not be read just now, so the newest one is judged by `backups.maxAge` alone.';

/** `null`: they cannot be read. */
async function intervals(context: StepContext<'backups'>): Promise<readonly number[] | null> {
  try {
    return await context.backupIntervalsMs();
  } catch {
    return null;
  }
}

/** The list of the vault. What it throws is told like what it answers: the state of the cluster does not depend on its backups. */
async function listing(vault: Ports['backups'], signal: AbortSignal): ReturnType<Ports['backups']['list']> {
  try {
    return await vault.list({ signal, newest: NEWEST });
  } catch {
    return { ok: false, error: { code: 'store', message: 'looking at its store ended with an unexpected error' } };
  }
}

function unseen(why: string): string {
  return `The backups could not be looked at: ${why}.`;
}
