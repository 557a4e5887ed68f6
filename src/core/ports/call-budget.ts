/**
 * One bucket of calls that a service allows. It fills evenly up to `burst` and is full when nobody ever called. In any
 * `minute` at most `burst + perMinute` calls are let through, so the two together stay under the service's limit.
 */
export interface CallBucket {
  /** Names what is shared: a method, or a method and a channel. */
  readonly name: string;
  /** Calls that come back in a minute. */
  readonly perMinute: number;
  /** Most calls at once. */
  readonly burst: number;
  /** Of the burst, what only `reserved` and `at-once` calls may take. Less than the burst. */
  readonly reserve: number;
}

/**
 * What a call is for. `ordinary`: progress, which the next one replaces. `reserved`: a gate, an ending, an incident.
 * `at-once`: somebody waits for the answer to a click or a command; it is always let through and counted, so that the
 * others make room.
 */
export type CallUse = 'ordinary' | 'reserved' | 'at-once';

/** Whether a call may be made now. `retryAfterMs`: when it is worth asking again. */
export type CallGrant = { readonly granted: true } | { readonly granted: false; readonly retryAfterMs: number };

/** Rights to call a service, shared by all processes. */
export interface CallBudget {
  /** Takes one call from each of these buckets, or none from any. */
  take(buckets: readonly CallBucket[], use: CallUse): Promise<CallGrant>;
  /**
   * The service said to wait: nothing but `at-once` is let through from this bucket for so long, ms; at most ten minutes.
   * A longer pause stands.
   */
  pause(bucket: string, forMs: number): Promise<void>;
}
