import { hasCommitted } from './admission.ts';
import { openAct, type RunState } from './run-state.ts';
import { parseTime } from './time.ts';

/** How long a run that has committed itself tries to tell the cluster of its next call, ms. */
export const UNTOLD_MS = 15 * 60_000;
const FIRST_WAIT_MS = 5000;
const LONGEST_WAIT_MS = 30_000;

/** What a run does that could not tell the cluster of the open call. */
export type Untold =
  /** Nothing that it did commits it, so it ends. */
  | { readonly kind: 'end' }
  /** It has tried for so long, ms, and ends. */
  | { readonly kind: 'over'; readonly triedMs: number }
  /** It tries again after so many ms. `first`: the first time that it could not. */
  | { readonly kind: 'again'; readonly afterMs: number; readonly first: boolean };

/**
 * What follows when the cluster cannot be told of the open call. A run that has committed itself by an earlier call waits: ended there it
 * leaves the cluster worse off, and an API server that stands on what is left of the ring is away for some minutes. The limit runs from the
 * first announcement that could not be told, and anew when one was told in between. Pure.
 */
export function whenUntold(state: RunState, nowMs: number): Untold {
  const earlier = state.acts.filter(({ observed }) => observed !== null);
  if (!hasCommitted({ ...state, acts: earlier })) return { kind: 'end' };
  const lastTold = earlier.findLastIndex(({ observed }) => !isUntold(observed?.withheld));
  const untold = earlier.slice(lastTold + 1);
  const since = untold[0] ?? openAct(state);
  const triedMs = since === null ? 0 : nowMs - parseTime(since.at);
  if (triedMs >= UNTOLD_MS) return { kind: 'over', triedMs };
  const waitMs = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * (untold.length + 1));
  return { kind: 'again', afterMs: Math.min(waitMs, UNTOLD_MS - triedMs), first: untold.length === 0 };
}

function isUntold(withheld: string | undefined): boolean {
  return withheld === 'untold' || withheld === 'still-untold';
}
