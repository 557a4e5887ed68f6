import { z } from 'zod';
import type { Scratch } from './run-event.ts';
import type { CleanupState, RunState } from './run-state.ts';
import { parseTime } from './time.ts';

/**
 * How long what cannot be put back for now is tried, ms, counted from the beginning of the ending and for all of a run together: an API
 * server over members that restart one by one is away for minutes.
 */
const PATIENCE_MS = 10 * 60_000;

/** The scratch of a run that ends belongs to none of its steps. */
const NO_STEP = -1;

const Waiting = z.record(z.string(), z.string());

/** What is still to be put back, what was registered last first. */
export function openCleanups({ cleanups }: RunState): readonly CleanupState[] {
  return cleanups.filter(({ status }) => status === 'registered').toReversed();
}

/** Until when what cannot be put back for now is tried, ms since the epoch; `null`: the run does not end yet. Whoever goes on counts from the same time. */
export function patientUntilMs({ ending }: RunState): number | null {
  return ending === null ? null : parseTime(ending.at) + PATIENCE_MS;
}

/** Why the cleanups of a run that ends were passed over, by their ids, as tried last. */
export function waitingWords({ ending, scratch }: RunState): ReadonlyMap<string, string> {
  if (ending === null || scratch?.index !== NO_STEP) return new Map();
  return new Map(Object.entries(Waiting.safeParse(scratch.state).data ?? {}));
}

/** The scratch that tells why one more cleanup was passed over; `null`: it is told already. */
export function withWaiting(state: RunState, id: string, why: string, at: string): Scratch | null {
  const known = waitingWords(state);
  if (known.get(id) === why) return null;
  const told = Object.fromEntries([...known, [id, why]]);
  return { index: NO_STEP, state: told, note: '', at, notBefore: null, failures: 0 };
}
