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

/** What the run store knows of a run. */
export type KnownRun = 'unfinished' | 'ended' | 'unknown';

/** Whether what the cluster remembers of this run fits its record; else why not, in words. `null`: it fits. */
export function ownContradiction(remembered: WitnessNote | null, next: WitnessNote): string | null {
  if (remembered === null) return null;
  // Our own write, whose answer was lost.
  if (remembered.acts === next.acts && remembered.at === next.at && remembered.epoch === next.epoch) return null;
  const call = `${remembered.action} of ${remembered.item}, announced ${remembered.at}`;
  if (remembered.acts >= next.acts) {
    return `the cluster remembers ${count(remembered.acts)} of this run, the last being ${call}; the run's record knows ${count(next.acts - 1)}. The record is older than the cluster`;
  }
  if (remembered.epoch > next.epoch)
    return `a worker with a newer lease (${remembered.epoch}, ours is ${next.epoch}) announced ${call}`;
  return null;
}

/** Whether another run that the cluster remembers stands in the way of this one; `null`: it does not. */
export function otherContradiction(other: WitnessNote, next: WitnessNote, known: KnownRun): string | null {
  if (other.run === next.run || known === 'ended') return null;
  if (!other.locks.some((lock) => next.locks.some((mine) => locksConflict(lock, mine)))) return null;
  const what = `run ${other.run} (${other.action} of ${other.item}, announced ${other.at})`;
  if (known === 'unfinished') return `${what} is not over and holds a lock that excludes this run`;
  return `the cluster remembers ${what}, which this Drydock does not know: another installation works on the cluster, or the run store lost it`;
}

function count(calls: number): string {
  return calls === 1 ? '1 call' : `${calls} calls`;
}
