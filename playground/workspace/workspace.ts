import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type BotLink, createBotLink } from './bot-link.ts';
import { createFaults, type Faults } from './faults.ts';
import type { Feed } from './feed.ts';
import { createInteractions } from './interactions.ts';
import { createRateLimits, NO_LIMITS } from './limits.ts';
import type { Message } from './model.ts';
import { createPerson, type Person } from './person.ts';
import { BOT, isPersonName, PEOPLE, type PersonName, TEAM } from './seed.ts';
import { type ApiCall, createWorkspaceServer, type Guest } from './server.ts';
import { createState, type WorkspaceState } from './state.ts';

/** All optional. */
export interface WorkspaceOptions {
  readonly botToken?: string;
  readonly signingSecret?: string;
  /** Port to listen on; default any free one. */
  readonly port?: number;
  /** Waits before further tries of an event, in ms; default Slack's: at once, 1 min, 5 min. */
  readonly eventRetriesMs?: readonly number[];
  /** Refuses calls over Slack's published limits with 429; default false: as many calls as anybody likes. */
  readonly enforceLimits?: boolean;
  /** Milliseconds since 1970, for limits, signatures and the lives of triggers and response URLs; default the real time. */
  readonly now?: () => number;
}

/** A Slack workspace on this machine. */
export interface Workspace {
  /** For `SLACK_API_URL`. Ends with a slash. */
  readonly apiUrl: string;
  /** For `SLACK_BOT_TOKEN`. */
  readonly botToken: string;
  /** For `SLACK_SIGNING_SECRET`. */
  readonly signingSecret: string;
  /** Sends requests to the bot, also forged, stale and repeated ones. */
  readonly bot: BotLink;
  readonly faults: Faults;
  readonly feed: Feed;
  /** Every Web API call so far, in order. */
  readonly calls: readonly ApiCall[];
  /** Channels, users, groups, views, files: for looking, and for setting scenes (archive, remove a member). */
  readonly state: WorkspaceState;
  /** A person by name (`operator`) or user id, or another bot, which can write too. @throws Error for an unknown one. */
  person(nameOrId: PersonName | (string & {})): Person;
  /** The messages of a channel that are not deleted, ephemerals included, oldest first. */
  messages(channel: string): readonly Message[];
  /**
   * Looks now and after each happening until `look` answers something else than undefined or false, and returns it.
   * @throws Error after `timeoutMs` (default 20 s) or when the workspace stops, saying what was waited for.
   */
  waitFor<T>(what: string, look: () => T | undefined | false, timeoutMs?: number): Promise<T>;
  /** Lets somebody else answer on the workspace's address too. */
  serve(guest: Guest): void;
  /** Stops the server; open requests are cut. */
  stop(): Promise<void>;
}

/** Starts a workspace on 127.0.0.1. Tell it later where the bot is: `workspace.bot.connect(address)`. */
export async function startWorkspace(options: WorkspaceOptions = {}): Promise<Workspace> {
  const now = options.now ?? Date.now;
  const botToken = options.botToken ?? `xoxb-playground-${randomBytes(12).toString('hex')}`;
  const state = createState(now);
  const faults = createFaults();
  const calls: ApiCall[] = [];
  const guests: Guest[] = [];
  const stopped = new AbortController();
  const interactions = createInteractions(now, TEAM.id);
  const eventRetriesMs = options.eventRetriesMs ?? [0, 60_000, 300_000];
  const bot = createBotLink({ now, eventRetriesMs, signingSecret: options.signingSecret });
  let origin = '';
  const server = createWorkspaceServer({
    context: () => ({ state, interactions, origin }),
    faults,
    limits: options.enforceLimits === true ? createRateLimits(now) : NO_LIMITS,
    calls,
    guests,
    botToken,
  });
  server.listen({ host: '127.0.0.1', port: options.port ?? 0 });
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the workspace has no port');
  origin = `http://127.0.0.1:${address.port}`;
  return {
    apiUrl: `${origin}/api/`,
    botToken,
    signingSecret: bot.signingSecret,
    bot,
    faults,
    feed: state.feed,
    calls,
    state,
    person(nameOrId) {
      const user = state.users.get(isPersonName(nameOrId) ? PEOPLE[nameOrId] : nameOrId);
      if (user === undefined || user.id === BOT.user) throw new Error(`the workspace has no person ${nameOrId}`);
      return createPerson({ user, state, link: bot, interactions, origin });
    },
    messages: (channel) => [...(state.channels.get(channel)?.messages.values() ?? [])].filter((one) => !one.deleted),
    waitFor: (what, look, timeoutMs = 20_000) =>
      waitForHappening(state.feed, { what, timeoutMs, stopped: stopped.signal }, look),
    serve(guest) {
      guests.push(guest);
    },
    async stop() {
      stopped.abort();
      bot.stop();
      state.feed.close();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

interface Patience {
  readonly what: string;
  readonly timeoutMs: number;
  readonly stopped: AbortSignal;
}

async function waitForHappening<T>(
  feed: Feed,
  { what, timeoutMs, stopped }: Patience,
  look: () => T | undefined | false,
): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  function check(): void {
    try {
      const seen = look();
      if (seen !== undefined && seen !== false) resolve(seen);
    } catch (error) {
      reject(error instanceof Error ? error : new Error(String(error)));
    }
  }
  function giveUp(): void {
    reject(new Error(`the workspace was stopped while somebody waited for ${what}`));
  }
  const unsubscribe = feed.subscribe(check);
  const seconds = (timeoutMs / 1000).toFixed(1);
  const timer = setTimeout(() => reject(new Error(`waited ${seconds} s in vain for ${what}`)), timeoutMs);
  stopped.addEventListener('abort', giveUp, { once: true });
  check();
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    unsubscribe();
    stopped.removeEventListener('abort', giveUp);
  }
}
