import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { PrometheusMetrics } from '../adapters/metrics/prometheus-metrics.ts';
import { StartRefused } from './exit-codes.ts';

/** One thing that must be so before a process takes work. */
export interface ReadyCheck {
  readonly name: string;
  /** `null`: it is so; else why not. Never throws. */
  check(): Promise<string | null>;
}

/** What the HTTP side of a process answers. */
export interface HttpOptions {
  readonly port: number;
  readonly metrics: PrometheusMetrics;
  /** All must be so for `/readyz`. May grow while the process starts. */
  readonly checks: readonly ReadyCheck[];
  /** Takes requests for other paths; answers whether it did. */
  readonly other: ((request: IncomingMessage, response: ServerResponse) => boolean) | null;
}

/** A listening server. */
export interface HttpSide {
  readonly port: number;
  /** Takes no new connections and ends idle ones. */
  close(): Promise<void>;
}

/**
 * Serves `/healthz` (the process is alive and its event loop turns), `/readyz` (it takes work) and `/metrics`.
 *
 * @throws StartRefused when the port is taken.
 */
export async function startHttp(options: HttpOptions): Promise<HttpSide> {
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  const server = createServer((request, response) => {
    void answer(options, () => recent(delay), request, response).catch(() => {
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
  });
  // Slack keeps connections open; a shutdown must not wait for them.
  server.keepAliveTimeout = 5000;
  const port = await listen(server, options.port);
  return {
    port,
    close: async () => {
      delay.disable();
      const closed = Promise.withResolvers<null>();
      server.close(() => closed.resolve(null));
      server.closeIdleConnections();
      await closed.promise;
    },
  };
}

/** The 99th percentile since it was last asked for, ms. */
function recent(delay: ReturnType<typeof monitorEventLoopDelay>): number {
  const ms = delay.percentile(99) / 1e6;
  delay.reset();
  return ms;
}

async function listen(server: Server, port: number): Promise<number> {
  const listening = Promise.withResolvers<null>();
  server.once('error', listening.reject);
  server.listen(port, () => listening.resolve(null));
  try {
    await listening.promise;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    throw new StartRefused(`Port ${port} cannot be opened: ${code}. PORT names another one.`);
  }
  const address: AddressInfo | string | null = server.address();
  return typeof address === 'object' && address !== null ? address.port : port;
}

async function answer(
  options: HttpOptions,
  delayMs: () => number,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = (request.url ?? '/').split('?')[0] ?? '/';
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  if (path === '/healthz' && isRead)
    return sendJson(response, 200, { alive: true, eventLoopDelayMs: Math.round(delayMs()) });
  if (path === '/readyz' && isRead) {
    const results = await Promise.all(
      options.checks.map(async (each) => ({ name: each.name, problem: await each.check() })),
    );
    const ready = results.every((result) => result.problem === null);
    return sendJson(response, ready ? 200 : 503, { ready, checks: results });
  }
  if (path === '/metrics' && isRead) {
    response.writeHead(200, { 'content-type': options.metrics.contentType });
    response.end(await options.metrics.text());
    return;
  }
  if (options.other?.(request, response) === true) return;
  sendJson(response, 404, { error: 'not found' });
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify(body)}\n`);
}
