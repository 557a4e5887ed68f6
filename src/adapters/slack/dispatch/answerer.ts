import type { Answer } from '../../../core/answer.ts';
import type { SlackClient } from '../client.ts';
import type { ReplyTo } from '../payloads.ts';
import { renderAnswer } from '../render/answer.ts';
import type { Message } from '../render/blocks.ts';
import { resultWords, type SlackResult } from '../result.ts';
import type { DispatchDeps } from './deps.ts';

/** Tries of one way to the person after the first one failed. */
const RETRIES = 3;
/** Pause before the first repetition when Slack did not answer, ms; doubles each time. */
const FIRST_PAUSE_MS = 500;
/** Longest pause that Slack may ask for, ms; a person waits no longer for an answer. */
const LONGEST_PAUSE_MS = 30_000;

/**
 * Shows an answer to one person and nobody else: through the response address, else as an ephemeral message, else as a
 * direct message. Each way is tried again while Slack limits the rate or does not answer. Whether a try without an answer
 * took effect is unknown, so an answer may arrive twice: the lesser evil, since a lost one leaves the person in the dark.
 */
export async function sendAnswer(deps: DispatchDeps, to: ReplyTo, answer: Answer): Promise<void> {
  for (const message of renderAnswer(answer, deps.nonce())) {
    const result = await sendOne(deps, to, message);
    if (result.kind === 'ok') continue;
    deps.log.warn('an answer could not be shown', { channel: to.channel, result: resultWords(result) });
    return;
  }
}

type Way = (slack: SlackClient) => Promise<SlackResult<unknown>>;

async function sendOne(deps: DispatchDeps, to: ReplyTo, message: Message): Promise<SlackResult<unknown>> {
  let result: SlackResult<unknown> = { kind: 'refused', error: 'there is no way to this person' };
  for (const way of waysTo(to, message)) {
    result = await persist(deps, way);
    if (result.kind === 'ok') return result;
  }
  return result;
}

/** The ways to a person, best first. In a direct message nobody else reads along, and a plain message stays. */
function waysTo(to: ReplyTo, message: Message): readonly Way[] {
  const { responseUrl, user } = to;
  const place = { channel: to.channel, threadTs: to.threadTs };
  const ways: Way[] = [];
  if (responseUrl !== null && to.threadTs === null)
    ways.push(async (slack) => await slack.respond(responseUrl, message));
  if (to.channel.startsWith('D')) ways.push(async (slack) => await slack.post(place, message));
  else if (to.channel !== user) ways.push(async (slack) => await slack.ephemeral(place, user, message));
  ways.push(async (slack) => await slack.post({ channel: user, threadTs: null }, message));
  return ways;
}

/** Tries one call again while Slack limits the rate or does not answer. */
export async function persist<T>(
  deps: Pick<DispatchDeps, 'slack' | 'clock'>,
  way: (slack: SlackClient) => Promise<SlackResult<T>>,
): Promise<SlackResult<T>> {
  let result = await way(deps.slack);
  for (let retry = 0; retry < RETRIES; retry += 1) {
    const pauseMs = pauseAfter(result, retry);
    if (pauseMs === null) break;
    await deps.clock.sleep(pauseMs);
    result = await way(deps.slack);
  }
  return result;
}

/** How long to wait before trying the same way again, ms; `null`: it would fail again. */
function pauseAfter(result: SlackResult<unknown>, retry: number): number | null {
  if (result.kind === 'rate-limited') return Math.min(result.retryAfterMs, LONGEST_PAUSE_MS);
  return result.kind === 'unavailable' ? FIRST_PAUSE_MS * 2 ** retry : null;
}
