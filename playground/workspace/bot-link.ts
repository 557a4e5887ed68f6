import { createHmac, randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';

/** The body of a request to the bot, before it is signed. */
export interface SlackRequest {
  readonly contentType: 'application/x-www-form-urlencoded' | 'application/json';
  readonly body: string;
}

/** How to send; everything is optional. The defaults are what Slack does. */
export interface SendOptions {
  /** Address of the bot to send to, for tests with several; default: the connected one. */
  readonly to?: string;
  /** Secret to sign with; default: the workspace's. Another one makes a forged request. */
  readonly secret?: string;
  /** Time of the signature in seconds since 1970; default now. An old one makes a stale request. */
  readonly timestamp?: number;
  /** Further headers; they win over the signature's. */
  readonly headers?: Readonly<Record<string, string>>;
  /** How long to wait for the answer; default 3000, Slack's limit. */
  readonly timeoutMs?: number;
}

/** One request that was sent, and what came back. */
export interface Delivery {
  readonly request: SlackRequest;
  readonly to: string;
  readonly headers: Readonly<Record<string, string>>;
  /** HTTP status; undefined when no answer came. */
  readonly status: number | undefined;
  /** Body of the answer; empty when none came. */
  readonly body: string;
  /** Why no answer came. */
  readonly failure?: 'timeout' | 'unreachable';
  /** Milliseconds until the answer. */
  readonly ms: number;
}

/** The way from the workspace to the bot. */
export interface BotLink {
  readonly signingSecret: string;
  /** Every request sent so far. */
  readonly deliveries: readonly Delivery[];
  /** Tells where the bot listens: its address without a path, for example `http://127.0.0.1:3000`. */
  connect(address: string): void;
  /** Signs a request and sends it to `/slack/events`. Never throws for what the bot does. */
  send(request: SlackRequest, options?: SendOptions): Promise<Delivery>;
  /** Sends the very same bytes and headers once more. */
  replay(delivery: Delivery): Promise<Delivery>;
  /**
   * Sends an event as the Events API does: again at once, after 1 and after 5 minutes unless the bot answers 200, each
   * time with `x-slack-retry-num` and `x-slack-retry-reason`. Resolves after the last try; `stop` ends the waiting.
   */
  sendEvent(request: SlackRequest, options?: SendOptions): Promise<readonly Delivery[]>;
  stop(): void;
}

/** Slack's signature of a request body. `timestamp` in seconds since 1970. */
export function signBody(secret: string, timestamp: number, body: string): string {
  return `v0=${createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex')}`;
}

/** What a link needs. */
export interface BotLinkOptions {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Waits before the second, third, … try of an event, in ms. */
  readonly eventRetriesMs: readonly number[];
  readonly signingSecret?: string | undefined;
}

/** Makes a link that is not connected yet. */
export function createBotLink(options: BotLinkOptions): BotLink {
  const signingSecret = options.signingSecret ?? randomBytes(16).toString('hex');
  const deliveries: Delivery[] = [];
  const stopping = new AbortController();
  let address: string | undefined;

  async function transmit(request: SlackRequest, to: string, headers: Delivery['headers'], timeoutMs: number) {
    const start = performance.now();
    const answer = await post(`${to}/slack/events`, request.body, headers, timeoutMs);
    const delivery: Delivery = { request, to, headers, ...answer, ms: performance.now() - start };
    deliveries.push(delivery);
    return delivery;
  }
  async function send(request: SlackRequest, how: SendOptions = {}): Promise<Delivery> {
    const to = how.to ?? address;
    if (to === undefined) throw new Error('the workspace is not connected to a bot');
    const timestamp = how.timestamp ?? Math.floor(options.now() / 1000);
    const headers = {
      'content-type': request.contentType,
      'user-agent': 'Slackbot 1.0 (+https://api.slack.com/robots)',
      'x-slack-request-timestamp': String(timestamp),
      'x-slack-signature': signBody(how.secret ?? signingSecret, timestamp, request.body),
      ...how.headers,
    };
    return transmit(request, to, headers, how.timeoutMs ?? 3_000);
  }
  async function sendEvent(request: SlackRequest, how: SendOptions = {}): Promise<readonly Delivery[]> {
    const tries = [await send(request, how)];
    for (const [index, waitMs] of options.eventRetriesMs.entries()) {
      const last = tries.at(-1);
      if (last?.status === 200 || stopping.signal.aborted) break;
      await delay(waitMs, undefined, { signal: stopping.signal, ref: false }).catch(() => undefined);
      if (stopping.signal.aborted) break;
      const reason = last?.failure === 'timeout' ? 'http_timeout' : 'http_error';
      const retry = { 'x-slack-retry-num': String(index + 1), 'x-slack-retry-reason': reason };
      tries.push(await send(request, { ...how, headers: { ...how.headers, ...retry } }));
    }
    return tries;
  }
  return {
    signingSecret,
    deliveries,
    connect(to) {
      address = to.replace(/\/+$/, '');
    },
    send,
    replay: (delivery) => transmit(delivery.request, delivery.to, delivery.headers, 3_000),
    sendEvent,
    stop: () => stopping.abort(),
  };
}

async function post(url: string, body: string, headers: Readonly<Record<string, string>>, timeoutMs: number) {
  try {
    const answer = await fetch(url, { method: 'POST', body, headers, signal: AbortSignal.timeout(timeoutMs) });
    return { status: answer.status, body: await answer.text() };
  } catch (error) {
    const failure = error instanceof Error && error.name === 'TimeoutError' ? 'timeout' : 'unreachable';
    return { status: undefined, body: '', failure } as const;
  }
}
