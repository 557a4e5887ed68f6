import type { Answer } from '../../../core/answer.ts';
import type { ReplyTo } from '../payloads.ts';
import { renderAnswer } from '../render/answer.ts';
import type { Message } from '../render/blocks.ts';
import { resultWords, type SlackResult } from '../result.ts';
import type { DispatchDeps } from './deps.ts';

/**
 * Shows an answer to one person and nobody else: through the response address, else as an ephemeral message, else as a
 * direct message. An answer that arrives twice does no harm, so one failed try is repeated.
 */
export async function sendAnswer(deps: DispatchDeps, to: ReplyTo, answer: Answer): Promise<void> {
  for (const message of renderAnswer(answer, deps.nonce())) {
    const result = await sendOne(deps, to, message);
    if (result.kind === 'ok') continue;
    deps.log.warn('an answer could not be shown', { channel: to.channel, result: resultWords(result) });
    return;
  }
}

async function sendOne(deps: DispatchDeps, to: ReplyTo, message: Message): Promise<SlackResult<unknown>> {
  if (to.responseUrl !== null && to.threadTs === null) {
    const result = await deps.slack.respond(to.responseUrl, message);
    if (result.kind === 'ok') return result;
  }
  const place = { channel: to.channel, threadTs: to.threadTs };
  // In a direct message nobody else reads along, and it stays.
  if (to.channel.startsWith('D')) return await deps.slack.post(place, message);
  const result = await deps.slack.ephemeral(place, to.user, message);
  if (result.kind === 'ok') return result;
  return await deps.slack.post({ channel: to.user, threadTs: null }, message);
}
