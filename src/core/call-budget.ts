import type { CallBucket, CallGrant, CallUse } from './ports/call-budget.ts';

/**
 * What is stored of a bucket. Whole numbers only, so that every implementation counts alike: `level` is in
 * {@link PER_CALL}ths of a call, so that in a millisecond exactly `perMinute` of them come back.
 */
export interface BucketState {
  readonly level: number;
  /** When the level was that, ms. */
  readonly atMs: number;
  /** Nothing but `at-once` before, ms; 0: no pause. */
  readonly pausedUntilMs: number;
}

/** Parts of one call in a level. */
export const PER_CALL = 60_000;

/** The longest pause that counts, ms: one that was asked for longer, or before the clock was set back, ends after it. */
export const LONGEST_PAUSE_MS = 600_000;

/** The outcome of taking one call from each of several buckets; `states` as they are afterwards, in the same order. */
export interface Taken {
  readonly grant: CallGrant;
  readonly states: readonly BucketState[];
}

/** A bucket nobody ever took from. */
export function fullBucket(bucket: CallBucket, nowMs: number): BucketState {
  return { level: bucket.burst * PER_CALL, atMs: nowMs, pausedUntilMs: 0 };
}

/**
 * Takes one call from each bucket, or none from any. `states[n]` belongs to `buckets[n]`. A clock that was set back
 * gives nothing for that, and from then on counts as if it had always been so; `states` say so also when nothing was
 * taken.
 */
export function takeCalls(
  buckets: readonly CallBucket[],
  states: readonly BucketState[],
  use: CallUse,
  nowMs: number,
): Taken {
  const known = buckets.map((bucket, index) => credible(states[index] ?? fullBucket(bucket, nowMs), nowMs));
  const now = buckets.map((bucket, index) => ({
    bucket,
    state: refilled(bucket, known[index] ?? fullBucket(bucket, nowMs), nowMs),
  }));
  const retryAfterMs = Math.max(0, ...now.map(({ bucket, state }) => waitMs(bucket, state, use, nowMs)));
  return retryAfterMs > 0
    ? { grant: { granted: false, retryAfterMs }, states: known }
    : { grant: { granted: true }, states: now.map(({ bucket, state }) => lessOne(bucket, state)) };
}

/** Until when a bucket rests that is told to for `forMs`, ms; a longer pause stands, up to {@link LONGEST_PAUSE_MS}. */
export function restUntil(pausedUntilMs: number, forMs: number, nowMs: number): number {
  const longestMs = nowMs + LONGEST_PAUSE_MS;
  return Math.min(longestMs, Math.max(pausedUntilMs, nowMs + Math.ceil(forMs)));
}

/** Without what only a clock that was set back can have left: a level of the future, a pause longer than any. */
function credible(state: BucketState, nowMs: number): BucketState {
  const pausedUntilMs = Math.min(state.pausedUntilMs, nowMs + LONGEST_PAUSE_MS);
  return { ...state, atMs: Math.min(state.atMs, nowMs), pausedUntilMs };
}

function refilled(bucket: CallBucket, state: BucketState, nowMs: number): BucketState {
  const level = state.level + (nowMs - state.atMs) * bucket.perMinute;
  return { ...state, level: Math.min(bucket.burst * PER_CALL, level), atMs: nowMs };
}

/** How long until this bucket lets such a call through, ms; 0: now. */
function waitMs(bucket: CallBucket, state: BucketState, use: CallUse, nowMs: number): number {
  if (use === 'at-once') return 0;
  const kept = use === 'ordinary' ? bucket.reserve : 0;
  const missing = (kept + 1) * PER_CALL - state.level;
  return Math.max(Math.ceil(missing / bucket.perMinute), state.pausedUntilMs - nowMs, 0);
}

/** Calls that are always let through push a level below nothing, but not so far that the others wait for long. */
function lessOne(bucket: CallBucket, state: BucketState): BucketState {
  const floor = -(bucket.burst + bucket.perMinute) * PER_CALL;
  return { ...state, level: Math.max(floor, state.level - PER_CALL) };
}
