import { webApi } from '@slack/bolt';
import { describe, expect, test } from 'vitest';
import { failureOf, rateLimited, resultWords } from '../../../../src/adapters/slack/result.ts';

function platform(error: string): webApi.WebAPIPlatformError {
  return new webApi.WebAPIPlatformError({ ok: false, error });
}

describe('what Slack answers becomes a value', () => {
  test.each([
    [new webApi.WebAPIRateLimitedError(30), { kind: 'rate-limited', retryAfterMs: 30_000 }],
    [new webApi.WebAPIRateLimitedError(0), { kind: 'rate-limited', retryAfterMs: 1000 }],
    [platform('ratelimited'), { kind: 'rate-limited', retryAfterMs: 1000 }],
    [platform('not_in_channel'), { kind: 'channel-gone', error: 'not_in_channel' }],
    [platform('channel_not_found'), { kind: 'channel-gone', error: 'channel_not_found' }],
    [platform('is_archived'), { kind: 'channel-gone', error: 'is_archived' }],
    [platform('message_not_found'), { kind: 'message-gone', error: 'message_not_found' }],
    [platform('edit_window_closed'), { kind: 'message-gone', error: 'edit_window_closed' }],
    [platform('cant_update_message'), { kind: 'message-gone', error: 'cant_update_message' }],
    [platform('msg_too_long'), { kind: 'too-long', error: 'msg_too_long' }],
    [platform('msg_blocks_too_long'), { kind: 'too-long', error: 'msg_blocks_too_long' }],
    [platform('internal_error'), { kind: 'unavailable', error: 'internal_error' }],
    [platform('invalid_auth'), { kind: 'refused', error: 'invalid_auth' }],
    [platform('<html>Bad gateway</html>'), { kind: 'unavailable', error: 'an answer that is not JSON' }],
    [new webApi.WebAPIHTTPError(503, 'down', {}, 'token xoxb-1'), { kind: 'unavailable', error: 'HTTP status 503' }],
    [
      new webApi.WebAPIRequestError(new DOMException('late', 'TimeoutError')),
      { kind: 'unavailable', error: 'no answer in time' },
    ],
    [
      new webApi.WebAPIRequestError(new Error('fetch failed', { cause: { code: 'ECONNREFUSED' } })),
      { kind: 'unavailable', error: 'the connection failed (ECONNREFUSED)' },
    ],
    [new Error('anything with xoxb-secret'), { kind: 'unavailable', error: 'the call failed in an unexpected way' }],
    ['a thrown text', { kind: 'unavailable', error: 'the call failed in an unexpected way' }],
  ])('%s', (thrown, result) => {
    expect(failureOf(thrown)).toEqual(result);
  });

  test('no error carries what could be a secret', () => {
    for (const thrown of [
      new Error('xoxb-1'),
      new webApi.WebAPIHTTPError(500, 'x', { authorization: 'xoxb-1' }, 'xoxb-1'),
    ]) {
      expect(resultWords(failureOf(thrown))).not.toContain('xoxb');
    }
  });

  test('in words', () => {
    expect(resultWords({ kind: 'ok', value: 1 })).toBe('ok');
    expect(resultWords({ kind: 'rate-limited', retryAfterMs: 30_000 })).toBe('rate-limited (30 s)');
    expect(resultWords({ kind: 'refused', error: 'invalid_auth' })).toBe('refused (invalid_auth)');
  });
});

test.each([
  [7, 7000],
  [0, 1000],
  [Number.NaN, 1000],
])('a pause of %s s that Slack asks for', (seconds, retryAfterMs) => {
  expect(rateLimited(seconds)).toEqual({ kind: 'rate-limited', retryAfterMs });
});
