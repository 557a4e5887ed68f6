import { webApi } from '@slack/bolt';

/** What a call to Slack came to. Texts are Slack's error codes or our own words, never tokens or bodies. */
export type SlackResult<T> =
  | { readonly kind: 'ok'; readonly value: T }
  /** Call this method again after this time. */
  | { readonly kind: 'rate-limited'; readonly retryAfterMs: number }
  /** The channel cannot be used: not there, archived, or the bot is not in it. */
  | { readonly kind: 'channel-gone'; readonly error: string }
  /** The message cannot be used: not there, or not to be edited any more. */
  | { readonly kind: 'message-gone'; readonly error: string }
  | { readonly kind: 'too-long'; readonly error: string }
  /** No answer, or Slack's own trouble. Whether the call took effect is unknown. */
  | { readonly kind: 'unavailable'; readonly error: string }
  /** Slack understood and refused. */
  | { readonly kind: 'refused'; readonly error: string };

/** A result that is not `ok`. */
export type SlackFailure = Exclude<SlackResult<never>, { readonly kind: 'ok' }>;

/** An operation of several requests that whoever asked for it stopped in between. */
export const STOPPED = { kind: 'rate-limited', retryAfterMs: 1000 } as const satisfies SlackFailure;

const CHANNEL_GONE: ReadonlySet<string> = new Set([
  'channel_not_found',
  'not_in_channel',
  'is_archived',
  'user_not_in_channel',
  'restricted_action',
  'restricted_action_read_only_channel',
  'team_access_not_granted',
]);
const MESSAGE_GONE: ReadonlySet<string> = new Set([
  'message_not_found',
  'cant_update_message',
  'edit_window_closed',
  'thread_not_found',
  'msg_deleted',
]);
const TOO_LONG: ReadonlySet<string> = new Set(['msg_too_long', 'msg_blocks_too_long', 'metadata_too_large']);
/** Refusals of what was sent; the same content will never be accepted. */
const CONTENT: ReadonlySet<string> = new Set([
  'invalid_blocks',
  'invalid_blocks_format',
  'invalid_attachments',
  'invalid_metadata_format',
  'invalid_metadata_schema',
  'no_text',
  'invalid_arguments',
  'markdown_text_conflict',
]);
/** Refusals of whoever calls, whatever it asks. They pass when somebody puts the app's installation right. */
const LOCKED_OUT: ReadonlySet<string> = new Set([
  'not_authed',
  'invalid_auth',
  'account_inactive',
  'token_revoked',
  'token_expired',
  'org_login_required',
  'ekm_access_denied',
  'two_factor_setup_required',
  'access_denied',
  'accesslimited',
]);
const UNAVAILABLE: ReadonlySet<string> = new Set([
  'internal_error',
  'fatal_error',
  'service_unavailable',
  'request_timeout',
  'team_added_to_org',
]);
/** When Slack says "rate limited" without saying for how long. */
const DEFAULT_RETRY_MS = 1000;

/** Slack asks for this pause, in s; what is no number or less than a second counts as one second. */
export function rateLimited(retryAfterS: number): SlackFailure {
  return { kind: 'rate-limited', retryAfterMs: Math.max(DEFAULT_RETRY_MS, (retryAfterS || 0) * 1000) };
}

/** Reads what the Web API client threw. */
export function failureOf(thrown: unknown): SlackFailure {
  if (thrown instanceof webApi.WebAPIRateLimitedError) {
    return rateLimited(thrown.retryAfter);
  }
  if (thrown instanceof webApi.WebAPIPlatformError) return platformFailure(thrown.data.error);
  if (thrown instanceof webApi.WebAPIHTTPError)
    return { kind: 'unavailable', error: `HTTP status ${thrown.statusCode}` };
  if (thrown instanceof webApi.WebAPIRequestError) return { kind: 'unavailable', error: requestWords(thrown.original) };
  return { kind: 'unavailable', error: 'the call failed in an unexpected way' };
}

function platformFailure(given: string): SlackFailure {
  // A body that is not JSON arrives here as the error's text.
  const error = /^[a-z][a-z0-9_]{1,80}$/.test(given) ? given : 'an answer that is not JSON';
  if (error === 'ratelimited' || error === 'rate_limited')
    return { kind: 'rate-limited', retryAfterMs: DEFAULT_RETRY_MS };
  if (CHANNEL_GONE.has(error)) return { kind: 'channel-gone', error };
  if (MESSAGE_GONE.has(error)) return { kind: 'message-gone', error };
  if (TOO_LONG.has(error)) return { kind: 'too-long', error };
  if (UNAVAILABLE.has(error) || error.includes(' ')) return { kind: 'unavailable', error };
  return { kind: 'refused', error };
}

function requestWords(original: Error): string {
  if (original.name === 'TimeoutError' || original.name === 'AbortError') return 'no answer in time';
  const cause: unknown = original.cause;
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : '';
  return code === '' ? 'the connection failed' : `the connection failed (${code})`;
}

/** Whether Slack refuses what was sent, so that sending the same again is of no use. */
export function refusesContent(result: SlackFailure): boolean {
  return result.kind === 'too-long' || (result.kind === 'refused' && CONTENT.has(result.error));
}

/** Whether Slack refuses every call of this app for now: its token or its workspace is the trouble. */
export function locksOut(result: SlackFailure): boolean {
  return result.kind === 'refused' && LOCKED_OUT.has(result.error);
}

/** Whether another delivery of the same request opened the form already: a trigger opens one, once. */
export function wasOpenedBefore(result: SlackResult<unknown>): boolean {
  return result.kind === 'refused' && result.error === 'exchanged_trigger_id';
}

/** A result in words for logs: `rate-limited (30 s)`, `refused (invalid_blocks)`. */
export function resultWords(result: SlackResult<unknown>): string {
  if (result.kind === 'ok') return 'ok';
  return result.kind === 'rate-limited'
    ? `rate-limited (${result.retryAfterMs / 1000} s)`
    : `${result.kind} (${result.error})`;
}
