import type { IncomingMessage, ServerResponse } from 'node:http';
import { App, HTTPReceiver, type Receiver, SocketModeReceiver } from '@slack/bolt';
import type { Log } from '../../core/ports/runtime.ts';
import type { Identity } from './client.ts';
import type { Dispatcher } from './dispatch/dispatcher.ts';
import { SLASH_COMMAND } from './methods.ts';
import { slackLog } from './slack-log.ts';

/** How far a request's time may be from ours, either way, ms. */
const WINDOW_MS = 5 * 60_000;

/** How Slack reaches the bot. */
export type SlackTransport =
  | { readonly kind: 'http'; readonly signingSecret: string }
  | { readonly kind: 'socket'; readonly appToken: string };

/** Kinds of requests that have to be acknowledged within three seconds. */
export type AckKind = 'command' | 'action' | 'view';

/** What the app needs. */
export interface SlackAppOptions {
  readonly transport: SlackTransport;
  /** Base address of the Web API. */
  readonly apiUrl: string;
  readonly dispatcher: Dispatcher;
  readonly log: Log;
  /** Who the bot is; `null` until Slack has told it. */
  identity(): Identity | null;
  /** Called with the time from a verified request to its acknowledgement, ms. */
  onAck(kind: AckKind, ms: number): void;
}

/** Slack's way in. */
export interface SlackApp {
  /** Takes a request of Slack on a server of the caller's; false: it is none (in Socket Mode: never is). */
  handle(request: IncomingMessage, response: ServerResponse): boolean;
  /** Connects in Socket Mode; over HTTP there is nothing to do. Rejects when Slack does not let it connect. */
  start(): Promise<void>;
  /** Takes nothing new and waits for what was acknowledged, at most `graceMs`. */
  stop(graceMs: number): Promise<void>;
}

/** Where Slack sends commands, interactions and events. */
const PATH = '/slack/events';

/** Makes the app: Slack's requests are verified by Bolt, acknowledged at once, then dispatched. */
export function createSlackApp(options: SlackAppOptions): SlackApp {
  const open = new Set<Promise<void>>();
  const entrance = entranceOf(options);
  const app = new App({
    receiver: entrance.receiver,
    authorize: async () => ({ botId: options.identity()?.botId ?? '', botUserId: options.identity()?.botUser ?? '' }),
    logger: slackLog(options.log),
    clientOptions: { slackApiUrl: options.apiUrl },
    convoStore: false,
  });
  listen(app, options, (work) => {
    open.add(work);
    void work.finally(() => open.delete(work));
  });
  return {
    handle: (request, response) => entrance.handle(request, response),
    start: async () => await entrance.start(),
    async stop(graceMs) {
      await entrance.stop();
      await Promise.race([Promise.allSettled(open), timeUp(graceMs)]);
    },
  };
}

async function timeUp(ms: number): Promise<void> {
  const up = Promise.withResolvers<null>();
  AbortSignal.timeout(ms).addEventListener('abort', () => up.resolve(null), { once: true });
  await up.promise;
}

function listen(app: App, options: SlackAppOptions, track: (work: Promise<void>) => void): void {
  const { dispatcher } = options;
  function acked(kind: AckKind, context: Readonly<Record<string, unknown>>): void {
    const since = context['receivedAtMs'];
    if (typeof since === 'number') options.onAck(kind, performance.now() - since);
  }
  app.command(SLASH_COMMAND, async ({ ack, body, context }) => {
    await ack();
    acked('command', context);
    track(dispatcher.slash(body));
  });
  // Bolt acknowledges events by itself, before their listeners.
  app.event('app_mention', async ({ body }) => track(dispatcher.event(body)));
  app.event('message', async ({ body }) => track(dispatcher.event(body)));
  app.action(/.*/, async ({ ack, body, context }) => {
    await ack();
    acked('action', context);
    track(dispatcher.click(body));
  });
  app.view(/.*/, async ({ ack, body, context }) => {
    const page = dispatcher.pageAfter(body);
    if (page === null) await ack();
    else if (page.response_action === 'errors') await ack({ ...page, errors: { ...page.errors } });
    else await ack({ ...page, view: { ...page.view, blocks: [...page.view.blocks] } });
    acked('view', context);
    track(dispatcher.submission(body));
  });
  app.error(async (error) => options.log.error('a request from Slack failed in Bolt', { error: error.message }));
}

interface Entrance extends Pick<SlackApp, 'handle' | 'start'> {
  readonly receiver: Receiver;
  stop(): Promise<void>;
}

function entranceOf(options: SlackAppOptions): Entrance {
  const { transport } = options;
  return transport.kind === 'http'
    ? httpEntrance(options, transport.signingSecret)
    : socketEntrance(options, transport.appToken);
}

function arrival(): { readonly receivedAtMs: number } {
  return { receivedAtMs: performance.now() };
}

/** Bolt refuses old requests only: one dated ahead could be kept and replayed until its time has come. */
function isFromTheFuture(request: IncomingMessage): boolean {
  const seconds = Number(request.headers['x-slack-request-timestamp']);
  return seconds * 1000 > Date.now() + WINDOW_MS;
}

function httpEntrance(options: SlackAppOptions, signingSecret: string): Entrance {
  const receiver = new HTTPReceiver({
    signingSecret,
    endpoints: [PATH],
    logger: slackLog(options.log),
    customPropertiesExtractor: arrival,
  });
  let stopped = false;
  return {
    receiver,
    handle(request, response) {
      const path = (request.url ?? '').split('?', 1)[0];
      if (path !== PATH || request.method !== 'POST') return false;
      if (stopped) {
        response.writeHead(503, { connection: 'close' });
        response.end();
      } else if (isFromTheFuture(request)) {
        response.writeHead(401);
        response.end();
      } else {
        receiver.requestListener(request, response);
      }
      return true;
    },
    start: async () => undefined,
    stop: async () => {
      stopped = true;
    },
  };
}

/**
 * Connections of one process. Slack renews each now and then, and the client pauses 5 s before it connects again: meanwhile
 * the other one takes what comes. Slack allows an app ten.
 */
const CONNECTIONS = 2;

function socketEntrance(options: SlackAppOptions, appToken: string): Entrance {
  const [first, ...more] = Array.from({ length: CONNECTIONS }, () => socketReceiver(options, appToken));
  const all = first === undefined ? more : [first, ...more];
  async function stop(): Promise<void> {
    await Promise.all(all.map(async (each) => await each.stop()));
  }
  async function start(): Promise<void> {
    const rest = more.map(async (each) => await each.start());
    for (const each of rest)
      each.catch((error: unknown) => options.log.warn('a further Socket Mode connection failed', { error }));
    await first?.start();
  }
  return {
    receiver: {
      init: (app) => {
        for (const each of all) each.init(app);
      },
      start,
      stop,
    },
    handle: () => false,
    start,
    stop,
  };
}

function socketReceiver(options: SlackAppOptions, appToken: string): SocketModeReceiver {
  return new SocketModeReceiver({
    appToken,
    logger: slackLog(options.log),
    installerOptions: { clientOptions: { slackApiUrl: options.apiUrl } },
    customPropertiesExtractor: arrival,
  });
}
