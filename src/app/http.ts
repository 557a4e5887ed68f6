import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { PrometheusMetrics } from '../adapters/metrics/prometheus-metrics.ts';
import { StartRefused } from './exit-codes.ts';

/** One thing that must be so before a process takes work. */
export interface ReadyCheck {
  readonly name: string;
  /** `true`: people have to know it, and the process takes work all the same. */
  readonly advisory?: boolean;
  /** `null`: it is so; else why not. Never throws. */
  check(): Promise<string | null>;
}

/** Answers a plain GET request. */
export type RouteHandler = (request: IncomingMessage, response: ServerResponse) => void;

/** Handlers by path. */
export type Routes = Readonly<Record<string, RouteHandler>>;

/**
 * The paths that every process answers: `/healthz` (the process is alive and its event loop turns), `/readyz` (all
 * checks but advisory ones hold: it takes work) and `/metrics`. `checks` may grow and shrink while the process starts.
 */
export function createRoutes(metrics: PrometheusMetrics, checks: readonly ReadyCheck[]): Routes {
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  return {
    '/healthz': (_request, response) => {
      sendJson(response, 200, { alive: true, eventLoopDelayMs: Math.round(recent(delay)) });
    },
    '/readyz': (_request, response) => {
      void settle(response, async () => {
        const results = await Promise.all(
          checks.map(async (each) => {
            const { name, advisory = false } = each;
            return { name, problem: await each.check(), advisory };
          }),
        );
        const ready = results.every(({ problem, advisory }) => problem === null || advisory);
        sendJson(response, ready ? 200 : 503, { ready, checks: results });
      });
    },
    '/metrics': (_request, response) => {
      void settle(response, async () => {
        const text = await metrics.text();
        response.writeHead(200, { 'content-type': metrics.contentType });
        response.end(text);
      });
    },
  };
}

async function settle(response: ServerResponse, answer: () => Promise<void>): Promise<void> {
  try {
    await answer();
  } catch {
    if (!response.headersSent) response.writeHead(500);
    response.end();
  }
}

/** A listening server. */
export interface HttpSide {
  readonly port: number;
  /** Takes no new connections and ends idle ones. */
  close(): Promise<void>;
}

/**
 * Serves routes; what they do not serve goes to `other`, which answers whether it took it. `port` 0: any free one.
 *
 * @throws StartRefused when the port is taken.
 */
export async function startHttp(
  at: { readonly host: string; readonly port: number },
  routes: Routes,
  other: (request: IncomingMessage, response: ServerResponse) => boolean,
): Promise<HttpSide> {
  const server = createServer((request, response) => {
    const path = (request.url ?? '').split('?', 1)[0] ?? '';
    const handler = request.method === 'GET' && Object.hasOwn(routes, path) ? routes[path] : undefined;
    if (handler !== undefined) handler(request, response);
    else if (!other(request, response)) sendJson(response, 404, { error: 'not found' });
  });
  const listening = await listen(server, at.host, at.port);
  return {
    port: listening,
    close: async () => {
      const closed = Promise.withResolvers<null>();
      server.close(() => closed.resolve(null));
      server.closeAllConnections();
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

async function listen(server: Server, host: string, port: number): Promise<number> {
  const listening = Promise.withResolvers<null>();
  server.once('error', listening.reject);
  server.listen({ host, port }, () => listening.resolve(null));
  try {
    await listening.promise;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    throw new StartRefused(`Port ${port} of ${host} cannot be opened: ${code}. PORT names another one.`);
  }
  const address: AddressInfo | string | null = server.address();
  return typeof address === 'object' && address !== null ? address.port : port;
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify(body)}\n`);
}
