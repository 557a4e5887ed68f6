import type { Actor } from '../core/actor.ts';
import type { CallBudget, CallGrant } from '../core/ports/call-budget.ts';

/**
 * How many runs one person may ask for: `perMinute` at once, and as many come back in each minute, evenly. Counted in the store, so
 * for all bots together. Throws `StoreUnavailable` when the store cannot be reached.
 */
export function createAskingLimit(
  calls: Pick<CallBudget, 'take'>,
  perMinute: number,
): (actor: Actor) => Promise<CallGrant> {
  return async ({ team, user }) =>
    await calls.take([{ name: `asks:${team}:${user}`, perMinute, burst: perMinute, reserve: 0 }], 'ordinary');
}
