import { okAnswer } from '../../../core/answer.ts';
import type { ClusterProfile } from '../../../core/cluster-profile.ts';
import type { Origin } from '../../../core/run-event.ts';
import type { ReplyTo, TypedCommand } from '../payloads.ts';
import { sendAnswer } from './answerer.ts';
import type { DispatchDeps } from './deps.ts';

/** How long a link to a card elsewhere is waited for, and how often it is looked for, ms. */
const LINK_WAIT_MS = 8000;
const LINK_POLL_MS = 400;

/** Where the card of a new run goes: where it was typed if the bot is there, else the cluster's ops channel. */
export async function originFor(deps: DispatchDeps, typed: TypedCommand, cluster: ClusterProfile): Promise<Origin> {
  const { channel, threadTs } = typed.replyTo;
  const ops = { channel: cluster.channels.ops, threadTs: null };
  if (typed.direct) return ops;
  if (typed.botIsThere || channel === ops.channel) return { channel, threadTs };
  const member = await deps.slack.isMember(channel);
  return member.kind === 'ok' && member.value ? { channel, threadTs } : ops;
}

/** Tells a person where the card is, when it is not where the command was typed. */
export async function linkToCard(deps: DispatchDeps, to: ReplyTo, runId: string, origin: Origin): Promise<void> {
  const link = await cardLink(deps, runId);
  const where = { channel: origin.channel };
  const line =
    link === null ? ['Its card goes to ', where, '.'] : ['Its card is in ', where, ': ', { link, text: runId }];
  await sendAnswer(deps, to, okAnswer(`${runId} was started.`, [line]));
}

async function cardLink(deps: DispatchDeps, runId: string): Promise<string | null> {
  const untilMs = deps.clock.nowMs() + LINK_WAIT_MS;
  while (deps.clock.nowMs() < untilMs) {
    const card = await deps.cards.card(runId);
    if (card !== null && card.ts !== null) {
      const link = await deps.slack.permalink({ channel: card.channel, ts: card.ts });
      return link.kind === 'ok' ? link.value : null;
    }
    await deps.clock.sleep(LINK_POLL_MS);
  }
  return null;
}
