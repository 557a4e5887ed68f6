import type { KnownRun, WitnessNote } from '../witness.ts';

/** Whether a destructive call may be made, as far as the cluster remembers. In the last two cases nothing was called. */
export type WitnessAnswer =
  | { readonly kind: 'go' }
  /** What the cluster remembers does not fit the record. A person must look. */
  | { readonly kind: 'contradiction'; readonly why: string }
  /** The note could not be written. */
  | { readonly kind: 'unavailable'; readonly why: string };

/** The second witness of one cluster: notes of runs, kept in the cluster itself. */
export interface Witness {
  /** Writes the note of an announced call after comparing it with what the cluster remembers, also of other runs. */
  announce(note: WitnessNote, known: (run: string) => Promise<KnownRun>, signal: AbortSignal): Promise<WitnessAnswer>;
  /** Notes that the outcome of the last call was looked at. Best effort. */
  observed(run: string, signal: AbortSignal): Promise<void>;
  /** Forgets a run that ended. Best effort: what is left of it does nobody harm while its run is known. */
  forget(run: string, signal: AbortSignal): Promise<void>;
}
