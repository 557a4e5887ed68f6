import { okAnswer, withMentions } from '../../core/answer.ts';
import type { Notice } from '../../core/notice.ts';
import type { Clock, Log } from '../../core/ports/runtime.ts';
import { parseTime } from '../../core/time.ts';
import type { SlackFor } from './budgeted-client.ts';
import type { SeenMessage } from './client.ts';
import { renderAnswer } from './render/answer.ts';
import { locksOut, resultWords, type SlackFailure } from './result.ts';

/** Metadata of a notice in a channel: found again by it when it was posted and that was not stored. */
export interface NoticeMetadata {
  readonly event_type: 'drydock_notice';
  /** Message `part` of the notice of that key. */
  readonly event_payload: { readonly notice: string; readonly part: number };
}

/** What telling channels needs. */
export interface NoticesDeps {
  readonly slackFor: SlackFor;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly log: Log;
  /** The bot's own user; `null`: not known yet. */
  readonly botUser: () => string | null;
  /** A new short text for ids of blocks: letters and digits. */
  readonly nonce: () => string;
}

/** Clocks of Slack and of Drydock may differ by this much, ms. */
const CLOCK_SLACK_MS = 300_000;
/** How far back it is looked for a notice that does not say since when it is to be told, ms. */
const UNDATED_MS = 86_400_000;
/** Messages of a channel that are looked through at most. */
const LOOK_BACK = 2000;

/**
 * Tells a channel a notice. What is there already, posted by a process that died before it could say so, or by a call whose answer
 * was lost, is not posted again. Answers whether it is told; it is to be tried again if not. Never throws.
 */
export function createNotices(deps: NoticesDeps): (notice: Notice, key: string) => Promise<boolean> {
  return async (notice, key) => {
    const there = await partsThere(deps, notice, key);
    if (there === null) return false;
    const { channel, title, lines } = notice;
    const messages = renderAnswer(okAnswer(title, lines.map(withMentions)), deps.nonce());
    for (const [part, message] of messages.entries()) {
      if (there.has(part)) continue;
      const metadata = { event_type: 'drydock_notice', event_payload: { notice: key, part } } as const;
      const result = await deps.slackFor('ordinary').post({ channel, threadTs: null }, message, metadata);
      if (result.kind === 'ok') continue;
      deps.log.warn('a channel could not be told', { channel, title, result: resultWords(result) });
      // What Slack refuses once it refuses again; the audit log has what happened.
      return !passes(result);
    }
    return true;
  };
}

/** Which messages of a notice are in the channel; `null`: it could not be looked just now. */
async function partsThere(
  deps: NoticesDeps,
  { channel, at }: Notice,
  key: string,
): Promise<ReadonlySet<number> | null> {
  const sinceMs = at === undefined ? deps.clock.nowMs() - UNDATED_MS : parseTime(at);
  const oldest = Math.floor((sinceMs - CLOCK_SLACK_MS) / 1000);
  const seen = await deps.slackFor('ordinary').history(channel, oldest, LOOK_BACK);
  if (seen.kind === 'ok') return new Set(seen.value.flatMap((each) => partOf(each, key, deps.botUser())));
  if (passes(seen) || locksOut(seen)) {
    deps.log.warn('a channel could not be looked through for a notice', { channel, result: resultWords(seen) });
    return null;
  }
  // Where nothing can be read, nothing is found: a notice that is there twice is better than none.
  return new Set();
}

/** Only what this bot posted counts: another app could say that everything was told. */
function partOf({ user, metadata }: SeenMessage, key: string, botUser: string | null): readonly number[] {
  if (user !== botUser || metadata?.event_type !== 'drydock_notice') return [];
  const { notice, part } = metadata.event_payload;
  return notice === key && typeof part === 'number' ? [part] : [];
}

function passes({ kind }: SlackFailure): boolean {
  return kind === 'rate-limited' || kind === 'unavailable';
}
