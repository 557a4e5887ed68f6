import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { request as send } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect } from 'node:tls';

/** A request that came by. */
export interface Passing {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  /** What was answered in the server's stead; 0: its answer was broken off; `null`: the server answered. */
  readonly refusedWith: number | null;
}

/** An answer in the server's stead. */
export interface Instead {
  readonly status: number;
  /** `reason` of the `Status`. */
  readonly reason: string;
  readonly message: string;
  /** Seconds; left out: no such header. */
  readonly retryAfter?: number;
}

/** Which requests are answered in the server's stead, and how often. */
export interface Rule {
  readonly when: (request: Pick<Passing, 'method' | 'path'>) => boolean;
  /** Default: always. */
  readonly times?: number;
  /** `broken`: the server's own answer, reset after its first bytes. */
  readonly answer: Instead | 'broken';
}

/** Plain HTTP on 127.0.0.1 before an API server: carries what comes, with its credentials, and answers some of it itself. */
export interface AnsweringProxy {
  readonly url: string;
  /** Every request but those that were forgotten, oldest first. */
  readonly seen: readonly Passing[];
  /** Answers by this rule from now on; `null`: everything goes through. Forgets what was seen. */
  rule(rule: Rule | null): void;
  /** Resets every connection; answers how many of them carried an upgrade. */
  breakAll(): number;
  close(): Promise<void>;
}

/** Who is behind it, and what it shows there. */
export interface Behind {
  readonly server: string;
  /** Paths of PEM files. */
  readonly ca: string;
  readonly cert?: string;
  readonly key?: string;
}

/** Starts it on a free port. */
export async function startAnsweringProxy(behind: Behind): Promise<AnsweringProxy> {
  const { hostname, port } = new URL(behind.server);
  const tls = {
    ca: readFileSync(behind.ca),
    ...(behind.cert === undefined ? {} : { cert: readFileSync(behind.cert) }),
    ...(behind.key === undefined ? {} : { key: readFileSync(behind.key) }),
  };
  const to = { host: hostname, port: Number(port), ...tls };
  const seen: Passing[] = [];
  const sockets = new Set<Socket>();
  const upgraded = new Set<Duplex>();
  let current: Rule | null = null;
  let used = 0;

  function insteadOf({ method = '', url = '' }: IncomingMessage): Rule['answer'] | null {
    const rule = current;
    const applies =
      rule !== null && used < (rule.times ?? Number.POSITIVE_INFINITY) && rule.when({ method, path: url });
    if (applies) used += 1;
    const refusedWith = applies ? (rule.answer === 'broken' ? 0 : rule.answer.status) : null;
    seen.push({ method, path: url, refusedWith });
    return applies ? rule.answer : null;
  }

  const server = createServer((incoming, outgoing) => {
    const instead = insteadOf(incoming);
    if (instead === null || instead === 'broken') pass(incoming, outgoing, to, instead === 'broken');
    else refuse(incoming, outgoing, instead);
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('upgrade', (incoming, socket: Duplex) => {
    const instead = insteadOf(incoming);
    if (instead === 'broken') {
      socket.destroy();
      return;
    }
    if (instead !== null) {
      socket.end(textOf(instead));
      return;
    }
    upgraded.add(socket);
    socket.once('close', () => upgraded.delete(socket));
    const target = connect(to, () => {
      target.write(headOf(incoming));
      target.pipe(socket);
      socket.pipe(target);
    });
    target.on('error', () => socket.destroy());
    socket.once('close', () => target.destroy());
    target.once('close', () => socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`,
    seen,
    rule(rule) {
      current = rule;
      used = 0;
      seen.length = 0;
    },
    breakAll() {
      const count = upgraded.size;
      for (const socket of sockets) socket.resetAndDestroy();
      return count;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

function pass(incoming: IncomingMessage, outgoing: ServerResponse, to: object, breaks: boolean): void {
  const { method, url, headers } = incoming;
  const asked = send({ ...to, method, path: url, headers, agent: false }, (answer) => {
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
    // A watch says nothing for a while: its head goes at once.
    outgoing.flushHeaders();
    answer.on('error', () => outgoing.destroy());
    if (breaks) answer.once('data', (chunk: Buffer) => breakAfter(outgoing, chunk.subarray(0, chunk.length / 2)));
    else answer.pipe(outgoing);
  });
  asked.on('error', () => outgoing.destroy());
  outgoing.once('close', () => asked.destroy());
  incoming.pipe(asked);
}

function breakAfter(outgoing: ServerResponse, start: Buffer): void {
  outgoing.write(start, () => outgoing.socket?.resetAndDestroy());
}

function statusOf({ status: code, reason, message }: Instead): string {
  return JSON.stringify({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code });
}

function headersOf(instead: Instead): Readonly<Record<string, string>> {
  return {
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(statusOf(instead))),
    ...(instead.retryAfter === undefined ? {} : { 'retry-after': String(instead.retryAfter) }),
  };
}

/** The body is read first: who is answered in the middle of sending takes that for a broken connection. */
function refuse(incoming: IncomingMessage, outgoing: ServerResponse, instead: Instead): void {
  incoming.resume();
  incoming.once('end', () => outgoing.writeHead(instead.status, headersOf(instead)).end(statusOf(instead)));
}

function textOf(instead: Instead): string {
  const lines = Object.entries(headersOf(instead)).map(([name, value]) => `${name}: ${value}`);
  return [`HTTP/1.1 ${instead.status} Refused`, ...lines, 'connection: close', '', statusOf(instead)].join('\r\n');
}

/** The head of an upgrade as it came. */
function headOf({ method, url, rawHeaders }: IncomingMessage): string {
  const lines: string[] = [];
  for (let at = 0; at < rawHeaders.length; at += 2) lines.push(`${rawHeaders[at]}: ${rawHeaders[at + 1]}`);
  return [`${method} ${url} HTTP/1.1`, ...lines, '', ''].join('\r\n');
}
