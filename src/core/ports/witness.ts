import type { KnownRun, RecordedCall, WitnessNote } from '../witness.ts';

/** Whether a destructive call may be made, as far as the cluster remembers. In the last two cases nothing was called. */
export type WitnessAnswer =
  /** `unnoted`: why the cluster could not take the note although nothing contradicts: its etcd is full. */
  | { readonly kind: 'go'; readonly unnoted?: string }
  /** What the cluster remembers does not fit the record. A person must look. */
  | { readonly kind: 'contradiction'; readonly why: string }
  /** The note could not be written. */
  | { readonly kind: 'unavailable'; readonly why: string };

/** The call that is about to be made, with what the run's record says. */
export interface Announcement {
  readonly note: WitnessNote;
  /** Every announced call of the run, in order, this one last. */
  readonly record: readonly RecordedCall[];
  /** What the run store knows of another run. `remembered`: the note of it; `null`: nobody can read it. */
  known(run: string, remembered: WitnessNote | null): Promise<KnownRun>;
}

/** The second witness of one cluster: notes of runs, kept in the cluster itself. */
export interface Witness {
  /** Writes the note of an announced call after comparing it with what the cluster remembers, also of other runs. */
  announce(announcement: Announcement, signal: AbortSignal): Promise<WitnessAnswer>;
  /** Notes that the outcome of the last call was looked at. Best effort. */
  observed(run: string, signal: AbortSignal): Promise<void>;
  /**
   * Forgets a run that ended, if its record has the call that is remembered: the last one, or an earlier one when the last was never
   * noted. Best effort, for some seconds: what is left is removed by the next run on the cluster, as long as the store knows that its run
   * ended.
   *
   * @param record every announced call of the run, in order
   */
  forget(run: string, record: readonly RecordedCall[], signal: AbortSignal): Promise<void>;
}
