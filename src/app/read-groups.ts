import type { GroupStore, People } from '../core/ports/people.ts';
import type { Clock, Log } from '../core/ports/runtime.ts';
import { StartRefused } from './exit-codes.ts';
import type { GroupMembers } from './group-members.ts';

/** What reading user groups needs: only a bot has it. */
export interface GroupReading {
  readonly people: Pick<People, 'membersOf'>;
  readonly store: GroupStore;
  readonly members: GroupMembers;
  readonly clock: Clock;
  readonly log: Log;
}

/** What another process read so long ago is not read again, ms. */
const YOUNG_MS = 60_000;
const FIRST_RETRY_MS = 500;
const RETRY_MS = 10_000;

/** Why groups cannot be used. `settled`: asking again is of no use. */
export interface GroupTrouble {
  readonly settled: boolean;
  readonly why: string;
}

/**
 * Reads those of the groups that nobody read in the last minute, and keeps them for all processes. Answers the first trouble;
 * `null`: all are known. `start`: a person waits for it. Never throws.
 */
export async function readGroups(
  reading: GroupReading,
  groups: readonly string[],
  purpose: 'start' | 'timer',
): Promise<GroupTrouble | null> {
  const { people, store, members, log } = reading;
  await members.refresh(groups);
  const troubles = await Promise.all(
    groups
      .filter((group) => (members.ageOf(group) ?? YOUNG_MS) >= YOUNG_MS)
      .map(async (group): Promise<GroupTrouble | null> => {
        try {
          const beganMs = await store.beginning();
          const answer = await people.membersOf(group, purpose === 'start' ? 'fresh' : 'recent');
          if (!answer.ok) return { settled: answer.kind !== 'unreadable', why: answer.why };
          await store.save(group, answer.value, beganMs);
          return null;
        } catch (error) {
          log.warn('the members of a user group could not be kept', { group, error });
          return { settled: false, why: `What Slack said of the user group ${group} could not be kept in Redis.` };
        }
      }),
  );
  await members.refresh(groups);
  const found = troubles.filter((each) => each !== null);
  return found.find((each) => each.settled) ?? found[0] ?? null;
}

/**
 * Reads the groups until all are known.
 *
 * @throws StartRefused when Slack says that one cannot be, the signal's reason when that fires.
 */
export async function awaitGroups(
  reading: GroupReading,
  groups: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  for (let waitMs = FIRST_RETRY_MS; ; waitMs = Math.min(RETRY_MS, waitMs * 2)) {
    signal.throwIfAborted();
    const trouble = groups.length === 0 ? null : await readGroups(reading, groups, 'start');
    if (trouble === null) return;
    if (trouble.settled) throw new StartRefused(`A role has a Slack user group that cannot be read. ${trouble.why}`);
    reading.log.warn('waiting for the members of user groups', { why: trouble.why });
    await reading.clock.sleep(waitMs, signal);
  }
}
