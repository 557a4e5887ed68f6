/** How Slack limits one method, for one app in one workspace. Calls are counted over any 60 s. */
export type MethodLimit =
  /** So many calls of the method in any minute. */
  | { readonly kind: 'per-minute'; readonly calls: number }
  /**
   * Calls in each channel, threads included: one every `everyMs`, `burst` of them at once after a silence. And so many
   * calls in any minute in all channels together.
   */
  | { readonly kind: 'per-channel'; readonly everyMs: number; readonly burst: number; readonly calls: number };

// Slack promises "20+", "50+", "100+" calls a minute (docs.slack.dev, rate limits); this workspace allows no more.
const TIER_2: MethodLimit = { kind: 'per-minute', calls: 20 };
const TIER_3: MethodLimit = { kind: 'per-minute', calls: 50 };
const TIER_4: MethodLimit = { kind: 'per-minute', calls: 100 };
/** "Hundreds" or "several hundred" a minute, Slack says; that this means 300 is an assumption. */
const HUNDREDS = 300;

/** Every method of this workspace and its limit, as the tier table of slackapi/java-slack-sdk has it. */
export const METHOD_LIMITS: ReadonlyMap<string, MethodLimit> = new Map<string, MethodLimit>([
  // Slack: about one message a second in a channel, "short bursts" more. That a burst is 5 is an assumption.
  ['chat.postMessage', { kind: 'per-channel', everyMs: 1000, burst: 5, calls: HUNDREDS }],
  ['api.test', TIER_4],
  ['auth.test', { kind: 'per-minute', calls: HUNDREDS }],
  ['chat.delete', TIER_3],
  ['chat.getPermalink', { kind: 'per-minute', calls: HUNDREDS }],
  ['chat.postEphemeral', TIER_4],
  ['chat.update', TIER_3],
  ['conversations.history', TIER_3],
  ['conversations.info', TIER_3],
  ['conversations.list', TIER_2],
  ['conversations.members', TIER_4],
  ['conversations.open', TIER_3],
  ['conversations.replies', TIER_3],
  ['files.completeUploadExternal', TIER_4],
  ['files.getUploadURLExternal', TIER_4],
  ['reactions.add', TIER_3],
  ['usergroups.list', TIER_2],
  ['usergroups.users.list', TIER_2],
  ['users.info', TIER_4],
  ['views.open', TIER_4],
  ['views.push', TIER_4],
  ['views.update', TIER_4],
]);

const MINUTE_MS = 60_000;

/** Counts calls against {@link METHOD_LIMITS}. */
export interface RateLimits {
  /**
   * Counts a call and answers 0, or refuses it and answers after how many seconds the next one fits. A refused call
   * does not count. `channel` is the id that the call names, empty without one.
   */
  take(method: string, channel: string): number;
}

/** Makes the limits of a workspace in which nobody has called anything. `now` gives milliseconds since 1970. */
export function createRateLimits(now: () => number): RateLimits {
  const admitted = new Map<string, number[]>();
  /** When the bucket of a channel is full again, ms. */
  const fullAt = new Map<string, number>();

  function recent(method: string): number[] {
    const times = admitted.get(method) ?? [];
    const kept = times.filter((at) => at > now() - MINUTE_MS);
    admitted.set(method, kept);
    return kept;
  }
  function waitForMinute(method: string, calls: number): number {
    const times = recent(method);
    const leaving = times[times.length - calls];
    return leaving === undefined ? 0 : leaving + MINUTE_MS - now();
  }
  function waitForChannel(key: string, limit: MethodLimit): number {
    if (limit.kind === 'per-minute') return 0;
    const emptyMs = Math.max(0, (fullAt.get(key) ?? 0) - now());
    return Math.max(0, emptyMs + limit.everyMs - limit.burst * limit.everyMs);
  }
  return {
    take(method, channel) {
      const limit = METHOD_LIMITS.get(method);
      if (limit === undefined) return 0;
      const key = `${method} ${channel}`;
      const waitMs = Math.max(waitForMinute(method, limit.calls), waitForChannel(key, limit));
      if (waitMs > 0) return Math.ceil(waitMs / 1000);
      recent(method).push(now());
      if (limit.kind === 'per-channel') fullAt.set(key, Math.max(now(), fullAt.get(key) ?? 0) + limit.everyMs);
      return 0;
    },
  };
}

/** Limits that let everything through. */
export const NO_LIMITS: RateLimits = { take: () => 0 };
