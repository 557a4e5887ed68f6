import { z } from 'zod';
import { locksConflict } from './lock.ts';

/**
 * What the cluster itself remembers of a run's last destructive call. It is a second witness: the run store may lose its last
 * writes, and another installation has a store of its own.
 */
export const WitnessNote = z.object({
  run: z.string(),
  /** Locks that the run holds. */
  locks: z.array(z.string()),
  /** Epoch of the worker's lease. */
  epoch: z.number().int(),
  /** Calls that the run has announced so far, this one included. */
  acts: z.number().int(),
  step: z.number().int(),
  item: z.string(),
  action: z.string(),
  /** ISO time of the announcement. */
  at: z.string(),
  /** Whether the outcome of the call was looked at. */
  observed: z.boolean(),
});
export type WitnessNote = z.infer<typeof WitnessNote>;

/** One announced call, as the run's record has it. */
export interface RecordedCall extends Pick<WitnessNote, 'item' | 'action' | 'at'> {
  /** The cluster took note of it, as the record says; absent: not known. */
  readonly noted?: boolean;
}

/** What the run store knows of a run. `ended-without-it`: its record does not have the call that the cluster remembers of it. */
export type KnownRun = 'unfinished' | 'ended' | 'ended-without-it' | 'unknown';

/**
 * Whether what the cluster remembers of this run fits its record; else why not, in words. `null`: it fits. The call that is
 * remembered must stand in the record at its own place: a record that lost it may have announced another one since. A note goes
 * with the end of its run: a record in the middle of a run whose note is gone may be from before that end.
 *
 * @param record every announced call of the run, in order, the one of `next` last
 */
export function ownContradiction(
  remembered: WitnessNote | null,
  next: WitnessNote,
  record: readonly RecordedCall[],
): string | null {
  if (remembered === null) return forgottenCalls(record);
  const call = `${remembered.action} of ${remembered.item}, announced ${remembered.at}`;
  if (!hasCall(record, remembered))
    return `The cluster remembers ${call}, as call ${remembered.acts} of this run; the run's record does not have it. The record is older than the cluster`;
  if (remembered.epoch > next.epoch)
    return `A worker with a newer lease (${remembered.epoch}, ours is ${next.epoch}) announced ${call}`;
  return null;
}

function forgottenCalls(record: readonly RecordedCall[]): string | null {
  const last = record.findLast((call) => call.noted === true);
  if (last === undefined) return null;
  return `The cluster took note of ${last.action} of ${last.item}, announced ${last.at}, and remembers nothing of this run now: the run is over and its record is older than the cluster, or somebody deleted the note`;
}

/** Whether a record has the call that the cluster remembers, at its own place. */
export function hasCall(record: readonly RecordedCall[], remembered: WitnessNote): boolean {
  const recorded = record[remembered.acts - 1];
  const { at, item, action } = remembered;
  return recorded?.at === at && recorded.item === item && recorded.action === action;
}

/** Whether another run that the cluster remembers stands in the way of this one; `null`: it does not. */
export function otherContradiction(other: WitnessNote, next: WitnessNote, known: KnownRun): string | null {
  if (other.run === next.run || known === 'ended') return null;
  if (!other.locks.some((lock) => next.locks.some((mine) => locksConflict(lock, mine)))) return null;
  const outcome = other.observed ? 'its outcome was seen' : 'its outcome was not noted as seen';
  const what = `run ${other.run} (${other.action} of ${other.item}, announced ${other.at}; ${outcome})`;
  if (known === 'unfinished')
    return `The cluster remembers ${what}, which is not over and holds a lock that excludes this run`;
  if (known === 'ended-without-it')
    return `The cluster remembers ${what}, which ended; its record does not have this call and is older than the cluster`;
  return `The cluster remembers ${what}, which this Drydock does not know: another installation works on the cluster, or the run store lost it, or dropped it long after its end`;
}
