import type { CardRecord } from '../../../core/ports/card-store.ts';
import { link } from '../render/escape.ts';
import { resultWords } from '../result.ts';
import type { ElectedDeps } from './deps.ts';

/**
 * For a card that was posted by a process that had stood still and was no longer elected: if the run has another card by
 * now, this one says so instead of showing for ever what was true once. Carries no run, so that it is not found as its card.
 */
export async function retireCard(deps: ElectedDeps, posted: CardRecord & { readonly ts: string }): Promise<void> {
  const stored = await deps.cards.card(posted.runId);
  if (stored === null || stored.ts === null || stored.ts === posted.ts) return;
  const slack = deps.slackAnyway('reserved');
  const kept = await slack.permalink({ channel: stored.channel, ts: stored.ts });
  const where = kept.kind === 'ok' ? link(kept.value, 'the other one') : 'the other one';
  const text = `This card was posted twice. What the run does is shown on ${where}.`;
  const metadata = { event_type: 'drydock_run', event_payload: { retired: posted.runId } } as const;
  const result = await slack.update(posted, { text, blocks: [] }, metadata);
  deps.log.warn('a card was posted twice, because this process stood still', {
    channel: posted.channel,
    retired: resultWords(result),
  });
}
