/** How long the kubelet waits before it starts a container again; times in ms. */
export interface BackOffRules {
  /** After the second exit; doubles with each further one. */
  readonly first: number;
  readonly longest: number;
}

/** The waits of one container so far. */
export interface BackOff {
  readonly wait: number;
  /** When it was last started because of this. */
  readonly since: number;
}

/** The kubelet's: 10 s, doubling to 5 min. */
export const KUBELET_BACK_OFF: BackOffRules = { first: 10_000, longest: 300_000 };

/** A container that ran for twice the longest wait begins anew. As client-go's flowcontrol.Backoff. */
function isOver(state: BackOff, now: number, rules: BackOffRules): boolean {
  return now - state.since > 2 * rules.longest;
}

/** When a container that ended at `endedAt` may start again; the first time at once. */
export function mayStartAt(state: BackOff | undefined, endedAt: number, rules: BackOffRules): number {
  return state === undefined || isOver(state, endedAt, rules) ? endedAt : endedAt + state.wait;
}

/** The state after a start at `now`. */
export function afterStart(state: BackOff | undefined, now: number, rules: BackOffRules): BackOff {
  if (state === undefined || isOver(state, now, rules)) return { wait: rules.first, since: now };
  return { wait: Math.min(state.wait * 2, rules.longest), since: now };
}
