import { createServer, type IncomingMessage, Server, type ServerResponse } from 'node:http';
import { App, HTTPReceiver, type Receiver, SocketModeReceiver } from '@slack/bolt';
import type { Log } from '../../core/ports/runtime.ts';
import type { Identity } from './client.ts';
import type { Dispatcher } from './dispatch/dispatcher.ts';
import { SLASH_COMMAND } from './methods.ts';
import { slackLog } from './slack-log.ts';

/** Answers a plain HTTP request: `/healthz`, `/readyz`, `/metrics`. */
export type RouteHandler = (request: IncomingMessage, response: ServerResponse) => void;

/** How Slack reaches the bot. */
export type SlackTransport =
  | { readonly kind: 'http'; readonly signingSecret: string }
  | { readonly kind: 'socket'; readonly appToken: string };

/** What the app needs. */
export interface SlackAppOptions {
  readonly transport: SlackTransport;
  /** Base address of the Web API. */
  readonly apiUrl: string;
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** By path; answered to GET on the same port, also in Socket Mode. */
  readonly routes: Readonly<Record<string, RouteHandler>>;
  readonly dispatcher: Dispatcher;
  readonly log: Log;
  /** Who the bot is; `null` until Slack has told it. */
  identity(): Identity | null;
  /** Called with the time from a verified request to its acknowledgement. */
  onAck(kind: AckKind, ms: number): void;
}

export type AckKind = 'command' | 'action' | 'view';

/** The running app. */
export interface SlackApp {
  /** Listens; answers the port. */
  start(): Promise<number>;
  /** Takes nothing new and waits for what was acknowledged, at most `graceMs`. */
  stop(graceMs: number): Promise<void>;
}

/** Makes the app: Slack's requests are verified by Bolt, acknowledged at once, then dispatched. */
export function createSlackApp(options: SlackAppOptions): SlackApp {
  const open = new Set<Promise<void>>();
  const entrance =
    options.transport.kind === 'http'
      ? httpEntrance(options, options.transport.signingSecret)
      : socketEntrance(options, options.transport.appToken);
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
    start: async () => await entrance.start(),
    async stop(graceMs) {
      await entrance.stop();
      const timer = AbortSignal.timeout(graceMs);
      const grace = new Promise<void>((resolve) => {
        timer.addEventListener('abort', () => resolve(), { once: true });
      });
      await Promise.race([Promise.allSettled(open), grace]);
    },
  };
}

function listen(app: App, options: SlackAppOptions, track: (work: Promise<void>) => void): void {
  const { dispatcher } = options;
  const acked = (kind: AckKind, context: Readonly<Record<string, unknown>>): void => {
    const since = context['receivedAtMs'];
    if (typeof since === 'number') options.onAck(kind, performance.now() - since);
  };
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
    await ack();
    acked('view', context);
    track(dispatcher.submission(body));
  });
  app.error(async (error) => options.log.error('a request from Slack failed in Bolt', { error: error.message }));
}

interface Entrance {
  readonly receiver: Receiver;
  start(): Promise<number>;
  stop(): Promise<void>;
}

function httpEntrance(options: SlackAppOptions, signingSecret: string): Entrance {
  const receiver = new HTTPReceiver({
    signingSecret,
    logger: slackLog(options.log),
    customRoutes: Object.entries(options.routes).map(([path, handler]) => ({ path, method: 'GET', handler })),
    customPropertiesExtractor: () => ({ receivedAtMs: performance.now() }),
  });
  let server: Pick<Server, 'address' | 'closeAllConnections'> | null = null;
  return {
    receiver,
    async start() {
      const started: unknown = await receiver.start({ host: options.host, port: options.port });
      if (!(started instanceof Server)) throw new Error('Bolt started something that is no HTTP server');
      server = started;
      return portOf(server);
    },
    async stop() {
      if (server === null) return;
      const closed = receiver.stop();
      server.closeAllConnections();
      await closed;
    },
  };
}

function socketEntrance(options: SlackAppOptions, appToken: string): Entrance {
  const receiver = new SocketModeReceiver({
    appToken,
    logger: slackLog(options.log),
    installerOptions: { clientOptions: { slackApiUrl: options.apiUrl } },
    customPropertiesExtractor: () => ({ receivedAtMs: performance.now() }),
  });
  const server = createServer((request, response) => answerRoute(options.routes, request, response));
  return {
    receiver,
    async start() {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen({ host: options.host, port: options.port }, resolve);
      });
      await receiver.start();
      return portOf(server);
    },
    async stop() {
      await receiver.stop();
      server.closeAllConnections();
      server.close();
    },
  };
}

function answerRoute(routes: SlackAppOptions['routes'], request: IncomingMessage, response: ServerResponse): void {
  const path = (request.url ?? '').split('?', 1)[0] ?? '';
  const handler = request.method === 'GET' && Object.hasOwn(routes, path) ? routes[path] : undefined;
  if (handler !== undefined) return handler(request, response);
  response.writeHead(404);
  response.end();
}

function portOf(server: Pick<Server, 'address'>): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
