import { type Answer, okAnswer, refusedAnswer } from '../../../core/answer.ts';
import type { SharedFile } from '../../../core/command.ts';
import { renderAnswer } from '../render/answer.ts';
import { resultWords, type SlackResult } from '../result.ts';
import { persist } from './answerer.ts';
import type { DispatchDeps } from './deps.ts';

/**
 * Shares a file in the audit channel of its cluster, in the thread of a message that says what it is; without such a channel in
 * the operations channel. Answers what to tell the person.
 */
export async function shareFile(deps: DispatchDeps, { cluster, note, file }: SharedFile): Promise<Answer> {
  const channels = deps.clusters.find((each) => each.name === cluster)?.channels;
  const channel = channels?.audit ?? channels?.ops;
  const [message] = renderAnswer(note, deps.nonce());
  if (channel === undefined || message === undefined) return refusedAnswer('unknown-cluster', '');
  const posted = await persist(deps, async (slack) => await slack.post({ channel, threadTs: null }, message));
  if (posted.kind !== 'ok') return unshared(deps, channel, posted);
  const place = { channel, threadTs: posted.value.ts };
  const shared = await persist(deps, async (slack) => await slack.upload(place, file));
  if (shared.kind === 'ok') return await whereItIs(deps, place, file.name);
  const words = 'The file could not be shared. Ask for it again.';
  await persist(deps, async (slack) => await slack.post(place, { text: words, blocks: [] }));
  return unshared(deps, channel, shared);
}

function unshared(deps: DispatchDeps, channel: string, result: SlackResult<unknown>): Answer {
  deps.log.warn('a file could not be shared', { channel, result: resultWords(result) });
  const why = result.kind === 'channel-gone' ? 'The bot is not in the audit channel' : 'Slack did not take the file';
  return refusedAnswer('slack-refused', `${why} (${resultWords(result)}).`);
}

async function whereItIs(
  deps: DispatchDeps,
  { channel, threadTs }: { readonly channel: string; readonly threadTs: string },
  name: string,
): Promise<Answer> {
  const link = await deps.slack.permalink({ channel, ts: threadTs });
  const where = { channel };
  return okAnswer(`${name} was shared.`, [
    link.kind === 'ok'
      ? ['It is in ', where, ': ', { link: link.value, text: name }]
      : ['It is in a thread in ', where, '.'],
  ]);
}
