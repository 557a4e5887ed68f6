import { readCard } from '../../playground/demo/sightings.ts';
import type { Message } from '../../playground/workspace/model.ts';
import { BOT } from '../../playground/workspace/seed.ts';
import type { Workspace } from '../../playground/workspace/workspace.ts';
import type { Scene } from './e2e-scene.ts';

/** Every message about a run that people can see in a channel. */
export function messagesOf(workspace: Workspace, run: string, channel: string): readonly Message[] {
  return workspace.messages(channel).filter((message) => message.metadata?.event_payload['run'] === run);
}

/** What was posted for a run in a channel: how many cards, and messages of its thread that stand there twice. */
export interface Posted {
  readonly cards: number;
  readonly doubled: readonly string[];
}

/** One card and no message twice. */
export const ONCE: Posted = { cards: 1, doubled: [] };

/** Counts what was posted for a run in a channel. */
export function postedFor(workspace: Workspace, run: string, channel: string): Posted {
  const all = messagesOf(workspace, run, channel);
  const cards = all.filter((message) => readCard(message) !== undefined);
  const keys = all.filter((message) => !cards.includes(message)).map((message) => JSON.stringify(message.metadata));
  return { cards: cards.length, doubled: keys.filter((key, index) => keys.indexOf(key) !== index) };
}

/** Waits until the end of a run is told in the thread of its card, too. */
export async function endInThread(workspace: Workspace, run: string, card: Message, timeoutMs = 60_000): Promise<void> {
  await workspace.waitFor(
    `the end of ${run} in its thread`,
    () =>
      messagesOf(workspace, run, card.channel).some(
        (message) => message.threadTs === card.ts && /^\*[A-Z][a-z ]+\* \(`[a-z-]+`\)/.test(message.text),
      ),
    timeoutMs,
  );
}

/** Kills the bot when it posts such a message, before it is told that it did. Resolves when it has ended. */
export async function killBotAt(scene: Scene, isIt: (message: Message) => boolean): Promise<void> {
  const death = Promise.withResolvers<Promise<void>>();
  const stop = scene.workspace.feed.subscribe(({ what }) => {
    if (what.kind !== 'posted' || what.message.user !== BOT.user || !isIt(what.message)) return;
    stop();
    death.resolve(scene.bot.kill());
  });
  await death.promise;
}
