import type { GroupStore } from '../core/ports/people.ts';
import type { Clock, Log } from '../core/ports/runtime.ts';

/** Who is in which user group, as this process knows it. Bots and workers have the same from the group store. */
export interface GroupMembers {
  /** Slack user ids; `null`: never read, or too long ago. */
  of(group: string): readonly string[] | null;
  /** Takes over what is stored of these groups. Never throws; says in the log which groups have nobody. */
  refresh(groups: readonly string[]): Promise<void>;
  /** Age of what is stored of a group at the last refresh, ms; `null`: nothing is. */
  ageOf(group: string): number | null;
}

/** A list that is older counts as not read, ms. */
const TOO_OLD_MS = 10 * 60_000;

interface Known {
  readonly users: readonly string[];
  readonly ageMs: number;
  readonly loadedMs: number;
}

/** Makes it, knowing nobody. */
export function createGroupMembers(
  store: Pick<GroupStore, 'load'>,
  { clock, log }: { readonly clock: Pick<Clock, 'nowMs'>; readonly log: Log },
): GroupMembers {
  let known: ReadonlyMap<string, Known> = new Map();
  let missing: ReadonlySet<string> = new Set();

  function ageOf(group: string): number | null {
    const entry = known.get(group);
    if (entry === undefined) return null;
    const sinceMs = clock.nowMs() - entry.loadedMs;
    // A clock that was set back does not tell how long ago that was.
    return sinceMs < 0 ? null : entry.ageMs + sinceMs;
  }
  function of(group: string): readonly string[] | null {
    const ageMs = ageOf(group);
    return ageMs === null || ageMs > TOO_OLD_MS ? null : (known.get(group)?.users ?? null);
  }
  function tell(groups: readonly string[]): void {
    const now = new Set(groups.filter((group) => of(group) === null));
    const lost = [...now].filter((group) => !missing.has(group));
    const found = [...missing].filter((group) => !now.has(group) && groups.includes(group));
    if (lost.length > 0)
      log.warn('members of user groups are not known: nobody has a role through them', { groups: lost });
    if (found.length > 0) log.info('members of user groups are known again', { groups: found });
    missing = now;
  }
  return {
    of,
    ageOf,
    refresh: async (groups) => {
      if (groups.length === 0) return;
      try {
        const records = await store.load(groups);
        const loadedMs = clock.nowMs();
        known = new Map(records.map(({ group, users, ageMs }) => [group, { users, ageMs, loadedMs }]));
      } catch (error) {
        log.warn('members of user groups could not be read from Redis', { error });
      }
      tell(groups);
    },
  };
}
