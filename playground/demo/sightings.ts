import { z } from 'zod';
import type { FeedEvent } from '../workspace/feed.ts';
import type { Message } from '../workspace/model.ts';
import { BOT } from '../workspace/seed.ts';
import type { Workspace } from '../workspace/workspace.ts';

const CardMetadata = z.object({
  event_type: z.literal('drydock_run'),
  event_payload: z.object({
    run: z.string(),
    version: z.coerce.number(),
    state: z.enum(['planning', 'waiting-for-people', 'waiting-for-lock', 'waiting-for-window', 'running', 'ended']),
    outcome: z.string().optional(),
    gate: z.string().optional(),
  }),
});

/** The card of a run as a person sees it now, with what its metadata say. */
export interface RunCard {
  readonly message: Message;
  readonly run: string;
  readonly version: number;
  readonly state: 'planning' | 'waiting-for-people' | 'waiting-for-lock' | 'waiting-for-window' | 'running' | 'ended';
  /** How it ended; undefined while it has not. */
  readonly outcome: string | undefined;
  /** The open gate, if any. */
  readonly gate: string | undefined;
}

/** Reads a card; undefined for every other message. */
export function readCard(message: Message): RunCard | undefined {
  if (message.user !== BOT.user || message.deleted || message.ephemeralFor !== undefined) return undefined;
  const metadata = CardMetadata.safeParse(message.metadata);
  if (!metadata.success) return undefined;
  const { run, version, state, outcome, gate } = metadata.data.event_payload;
  return { message, run, version, state, outcome, gate };
}

/** The newest card of every run in any channel, in the order the runs were asked for. */
export function allCards(workspace: Workspace): readonly RunCard[] {
  const newest = new Map<string, RunCard>();
  for (const channel of workspace.state.channels.keys()) {
    for (const message of workspace.messages(channel)) {
      const card = readCard(message);
      const known = card === undefined ? undefined : newest.get(card.run);
      if (card !== undefined && (known === undefined || card.version >= known.version)) newest.set(card.run, card);
    }
  }
  return [...newest.values()].toSorted((a, b) => Number(a.message.ts) - Number(b.message.ts));
}

/** How the bot answered one person directly. */
export type AnswerKind = 'ok' | 'refused' | 'mistake';

/**
 * Reads what kind of direct answer a message begins, by the id of its first block; undefined for every other message, also for the
 * further messages of a long answer: they may come when the next command was given already.
 */
export function readAnswer(message: Message): AnswerKind | undefined {
  if (message.ephemeralFor === undefined) return undefined;
  const [, kind] = /^answer\.(ok|refused|mistake)\.[^.]+\.0$/.exec(message.blocks[0]?.block_id ?? '') ?? [];
  return kind === 'ok' || kind === 'refused' || kind === 'mistake' ? kind : undefined;
}

/** What followed a person's act: a direct answer, a card of a run that was not there before, or Slack's own complaint. */
export type Reaction =
  | { readonly kind: 'answer'; readonly answer: AnswerKind }
  | { readonly kind: 'card'; readonly run: string }
  | { readonly kind: 'bot-failed'; readonly why: string };

/** The first reaction to a person among the events after `seq`; `known`: runs that had a card before. */
export function findReaction(
  events: readonly FeedEvent[],
  person: string,
  known: ReadonlySet<string>,
): Reaction | undefined {
  for (const { what } of events) {
    if (what.kind === 'bot-failed' && what.user === person) return { kind: 'bot-failed', why: what.why };
    // A form that opened is what was asked for; nobody fills it in.
    if (what.kind === 'view-opened' && what.view.user === person) return { kind: 'answer', answer: 'ok' };
    if (what.kind === 'posted') {
      const answer = what.message.ephemeralFor === person ? readAnswer(what.message) : undefined;
      if (answer !== undefined) return { kind: 'answer', answer };
      const card = readCard(what.message);
      if (card !== undefined && !known.has(card.run)) return { kind: 'card', run: card.run };
    }
  }
  return undefined;
}
