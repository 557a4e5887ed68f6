import type { CallBucket } from '../../core/ports/call-budget.ts';
import type { ApiMethod } from './methods.ts';

/** How much of what Slack allows is used: the shape of a bucket, see {@link CallBucket}. */
type Share = Omit<CallBucket, 'name'>;

/** What Drydock takes of one method. `channel`: besides, in each channel. */
interface CallLimit {
  readonly workspace: Share;
  readonly channel?: Share;
}

// Slack counts per method, workspace and app, over minutes, and promises "20+" (tier 2), "50+" (tier 3) or "100+" (tier 4) calls. So
// perMinute + burst stays below, by one at least: a call may arrive a little later than it was let through.
// Source: docs.slack.dev/apis/web-api/rate-limits; the tier of each method: the tier table of slackapi/java-slack-sdk.
// A large burst is paid for with a lower rate in every minute, so it holds little more than the reserve.
// Of user groups hardly anything is asked but for votes, several at once.
const TIER_2: CallLimit = { workspace: { perMinute: 12, burst: 7, reserve: 5 } };
const TIER_3: CallLimit = { workspace: { perMinute: 43, burst: 6, reserve: 4 } };
const TIER_4: CallLimit = { workspace: { perMinute: 80, burst: 19, reserve: 8 } };
// "Hundreds" a minute, says the reference of chat.getPermalink; of auth.test it says as much.
const HUNDREDS: CallLimit = { workspace: { perMinute: 160, burst: 30, reserve: 10 } };

/** Every method that is called, and what is taken of it at most. */
export const CALL_LIMITS = {
  'auth.test': HUNDREDS,
  // About one a second in a channel, short bursts above, and "several hundred" a minute in the workspace (reference of the
  // method). What a short burst is, is not written anywhere.
  'chat.postMessage': {
    workspace: { perMinute: 170, burst: 25, reserve: 10 },
    channel: { perMinute: 54, burst: 4, reserve: 2 },
  },
  'chat.update': TIER_3,
  'chat.postEphemeral': TIER_4,
  'chat.getPermalink': HUNDREDS,
  'views.open': TIER_4,
  'views.update': TIER_4,
  'conversations.info': TIER_3,
  // Tier 3 for apps that a company made for itself; those that are sold outside the Marketplace get one a minute.
  'conversations.history': TIER_3,
  'conversations.replies': TIER_3,
  'files.getUploadURLExternal': TIER_4,
  'files.completeUploadExternal': TIER_4,
  'users.info': TIER_4,
  'usergroups.users.list': TIER_2,
} as const satisfies Readonly<Record<ApiMethod, CallLimit>>;

/** The buckets that a call takes from, the narrowest last. `channel`: where it writes, for methods that count by channel. */
export function bucketsOf(method: ApiMethod, channel: string): readonly CallBucket[] {
  const limit: CallLimit = CALL_LIMITS[method];
  const workspace = { name: method, ...limit.workspace };
  return limit.channel === undefined ? [workspace] : [workspace, { name: `${method}:${channel}`, ...limit.channel }];
}
