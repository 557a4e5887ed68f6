import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Foundation } from './foundation.ts';
import type { HomeTeam } from './home-team.ts';
import type { Part } from './part.ts';
import type { Stores } from './stores.ts';

/** The Slack side of a process. */
export interface Bot extends Part {
  /** Takes a request of Slack; answers whether the path is its own. */
  handle(request: IncomingMessage, response: ServerResponse): boolean;
  /** Begins to talk to Slack. */
  start(signal: AbortSignal): Promise<void>;
}

/** Makes the bot. Holds no cluster credentials. */
export function createBot(_foundation: Foundation, _stores: Stores, _homeTeam: HomeTeam): Bot {
  throw new Error('not there yet');
}
