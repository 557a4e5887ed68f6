import { z } from 'zod';
import type { Ring } from '../../src/core/etcd/ring.ts';
import type { EndReason } from '../../src/core/reasons.ts';
import type { StepAnswer, StepContext } from '../../src/core/step.ts';
import { type Midway, seeOthers } from './carry-out.ts';
import { votersWords } from './changed-ring.ts';
import { FORWARD_MS } from './pass-gate.ts';

/** State of a step that waits for others to do something. */
export const WaitState = z.object({
  /** When it began to wait, ms since the epoch; `null`: not yet. */
  since: z.number().nullable(),
  /** Since when another member is sick or the ring cannot be seen; `null`: it is well. */
  thinSince: z.number().nullable(),
});
export type WaitState = z.infer<typeof WaitState>;

/** The state before the first run. */
export const NOT_BEGUN: WaitState = { since: null, thinSince: null };

/** What one look found. Notes of `not-yet` are sentence parts without a period. */
export type Awaited<T> =
  | { readonly kind: 'there'; readonly value: T }
  | { readonly kind: 'not-yet'; readonly note: string }
  | { readonly kind: 'stop'; readonly reason: EndReason; readonly note: string };

/** What is waited for. */
export interface Waiting<T> {
  /** How long, ms. */
  readonly withinMs: number;
  /** Why it ends when that was in vain. */
  readonly late: EndReason;
  look(ring: Ring, waitedMs: number): Promise<Awaited<T>>;
}

/** What came of one round. */
export type WaitAnswer<T> =
  | { readonly kind: 'there'; readonly value: T; readonly ring: Ring }
  | Exclude<StepAnswer<WaitState, never>, { readonly kind: 'done' }>;

/** How often it is looked, ms. */
const EVERY_MS = 10_000;

/**
 * One round of waiting for somebody else: the ring first, then what is waited for. A ring that is another one ends it at once; a member that
 * is sick is told at once, and ends it when it does not come back.
 */
export async function waitFor<T>(
  context: StepContext<'etcd'>,
  input: Midway,
  state: WaitState,
  waiting: Waiting<T>,
): Promise<WaitAnswer<T>> {
  const nowMs = context.nowMs();
  const since = state.since ?? nowMs;
  if (context.stopping) return { kind: 'again', afterMs: 0, state: { ...state, since }, note: 'Nothing is open.' };
  const seen = await seeOthers(context, input);
  if (seen.kind === 'stop') return seen;
  if (seen.kind === 'wait') {
    const thinSince = state.thinSince ?? nowMs;
    if (nowMs - thinSince >= FORWARD_MS) return { kind: 'stop', reason: seen.reason, note: seen.note };
    return { kind: 'again', afterMs: EVERY_MS, state: { since, thinSince }, note: `Waiting: ${seen.note}` };
  }
  const found = await waiting.look(seen.ring, nowMs - since);
  if (found.kind === 'stop') return found;
  if (found.kind === 'there') return { ...found, ring: seen.ring };
  const note = `${found.note}. ${votersWords(seen.ring)}.`;
  if (nowMs - since >= waiting.withinMs) return { kind: 'stop', reason: waiting.late, note };
  return { kind: 'again', afterMs: EVERY_MS, state: { since, thinSince: null }, note: `Waiting: ${note}` };
}
