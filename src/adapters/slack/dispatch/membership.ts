import type { Clock } from '../../../core/ports/runtime.ts';
import type { SlackClient } from '../client.ts';

/** How long it is believed that the bot is in a channel, ms. If it was removed meanwhile, its card moves to the ops channel. */
const BELIEVED_MS = 60_000;

/**
 * The same client, which remembers for a minute in which channels the bot is: commands come in bursts, and Slack allows
 * 50 of these questions a minute. That the bot is not in a channel is asked every time, because an invitation counts at once.
 */
export function rememberMembership(slack: SlackClient, clock: Pick<Clock, 'nowMs'>): SlackClient {
  const asked = new Map<string, { readonly untilMs: number; readonly answer: ReturnType<SlackClient['isMember']> }>();
  async function isMember(channel: string): ReturnType<SlackClient['isMember']> {
    const known = asked.get(channel);
    if (known !== undefined && clock.nowMs() < known.untilMs) return await known.answer;
    const question = { untilMs: clock.nowMs() + BELIEVED_MS, answer: slack.isMember(channel) };
    asked.set(channel, question);
    const answer = await question.answer;
    if ((answer.kind !== 'ok' || !answer.value) && asked.get(channel) === question) asked.delete(channel);
    return answer;
  }
  return { ...slack, isMember };
}
