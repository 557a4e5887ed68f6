import { type Answer, type Fragment, okAnswer } from '../../../core/answer.ts';
import type { ClusterProfile } from '../../../core/cluster-profile.ts';
import type { CardRecord } from '../../../core/ports/card-store.ts';
import type { Origin } from '../../../core/run-event.ts';
import { SLASH_COMMAND } from '../methods.ts';
import type { ReplyTo, TypedCommand } from '../payloads.ts';
import { sendAnswer } from './answerer.ts';
import type { DispatchDeps } from './deps.ts';

/** How long a card is waited for unless a test says otherwise, and the first pause between two looks, ms. */
const CARD_WAIT_MS = 8000;
const FIRST_PAUSE_MS = 400;

/** Where the card of a new run goes: where it was typed if the bot is there, else the cluster's ops channel. */
export async function originFor(deps: DispatchDeps, typed: TypedCommand, cluster: ClusterProfile): Promise<Origin> {
  const { channel, threadTs } = typed.replyTo;
  const ops = { channel: cluster.channels.ops, threadTs: null };
  if (typed.direct) return ops;
  if (typed.botIsThere || channel === ops.channel) return { channel, threadTs };
  const member = await deps.slack.isMember(channel);
  return member.kind === 'ok' && member.value ? { channel, threadTs } : ops;
}

/** Tells a person where the card of a new run is, unless it appears before their eyes; also when it cannot be posted. */
export async function followCard(deps: DispatchDeps, to: ReplyTo, runId: string, origin: Origin): Promise<void> {
  const card = await postedCard(deps, runId);
  if (card?.channel === to.channel) return;
  await sendAnswer(deps, to, await cardAnswer(deps, runId, origin, card));
}

/** Waits for the card of a new run and tells where it is. `channel` null: it is nowhere yet. */
export async function whereabouts(
  deps: DispatchDeps,
  runId: string,
  origin: Origin,
): Promise<{ readonly answer: Answer; readonly channel: string | null }> {
  const card = await postedCard(deps, runId);
  return { answer: await cardAnswer(deps, runId, origin, card), channel: card?.channel ?? null };
}

async function cardAnswer(deps: DispatchDeps, runId: string, origin: Origin, card: Posted | null): Promise<Answer> {
  if (card !== null) return okAnswer(`${runId} was started.`, [await whereLine(deps, card)]);
  return await unposted(deps, runId, (await deps.cards.card(runId))?.channel ?? origin.channel);
}

type Posted = CardRecord & { readonly ts: string };

async function postedCard(deps: DispatchDeps, runId: string): Promise<Posted | null> {
  const untilMs = deps.clock.nowMs() + (deps.cardWaitMs ?? CARD_WAIT_MS);
  for (let pauseMs = FIRST_PAUSE_MS; deps.clock.nowMs() < untilMs; pauseMs *= 1.5) {
    await deps.clock.sleep(Math.min(pauseMs, untilMs - deps.clock.nowMs()));
    const card = await deps.cards.card(runId);
    if (card !== null && card.ts !== null) return { ...card, ts: card.ts };
  }
  return null;
}

async function whereLine(deps: DispatchDeps, card: Posted): Promise<readonly Fragment[]> {
  const link = await deps.slack.permalink(card);
  const where = { channel: card.channel };
  return link.kind === 'ok'
    ? ['Its card is in ', where, ': ', { link: link.value, text: card.runId }]
    : ['Its card is in ', where, '.'];
}

/** Without the bot in the channel there will be no card; otherwise Slack or the projector is slow. */
async function unposted(deps: DispatchDeps, run: string, channel: string): Promise<Answer> {
  const member = await deps.slack.isMember(channel);
  const shows: Fragment[] = [{ code: `${SLASH_COMMAND} show ${run}` }, ' shows it.'];
  const absent = member.kind === 'channel-gone' || (member.kind === 'ok' && !member.value);
  return absent
    ? okAnswer(`${run} was started, but its card cannot be posted.`, [
        ['The bot is not in ', { channel }, ': invite it there (', { code: '/invite @kube' }, ').'],
        shows,
      ])
    : okAnswer(`${run} was started.`, [['Its card is not in ', { channel }, ' yet.'], shows]);
}
