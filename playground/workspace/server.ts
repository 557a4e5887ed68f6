import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { Fault, FaultTable } from './faults.ts';
import type { RateLimits } from './limits.ts';
import { METHODS } from './methods/index.ts';
import { acceptResponse } from './responses.ts';
import { type ApiAnswer, type ApiContext, refuse } from './web-api.ts';

/** One Web API call the bot made. */
export interface ApiCall {
  readonly method: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly args: Readonly<Record<string, unknown>>;
  /** Undefined when a fault kept the method from being carried out. */
  readonly answer: ApiAnswer | undefined;
  /** A fault that was switched on, or `rate-limited` because the call was over a limit that the workspace enforces. */
  readonly fault: Fault | undefined;
}

/** Takes requests that are not Slack's, such as those of the workspace page. Answers whether it took this one. */
export type Guest = (request: IncomingMessage, response: ServerResponse) => boolean;

/** What the server needs. */
export interface ServerParts {
  /** Asked first, in this order. */
  readonly guests: readonly Guest[];
  /** Made late, because it needs the server's own address. */
  readonly context: () => ApiContext;
  readonly faults: FaultTable;
  readonly limits: RateLimits;
  readonly calls: ApiCall[];
  readonly botToken: string;
}

/** Makes the HTTP server: Web API, uploads and response URLs. It does not listen yet. */
export function createWorkspaceServer(parts: ServerParts): Server {
  return createServer((request, response) => {
    if (parts.guests.some((guest) => guest(request, response))) return;
    handle(parts, request, response).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(500);
      response.end(String(error));
    });
  });
}

async function handle(parts: ServerParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await readBody(request);
  const path = new URL(request.url ?? '/', 'http://workspace').pathname;
  const method = /^\/api\/([\w.]+)$/.exec(path)?.[1];
  if (method !== undefined) await callMethod(parts, method, request, body, response);
  else if (path.startsWith('/upload/v1/')) await upload(parts, path, request, body, response);
  else if (path.startsWith('/commands/')) await respond(parts, path, body, response);
  else end(response, 404, 'not found');
}

async function respond(parts: ServerParts, path: string, body: Buffer, response: ServerResponse): Promise<void> {
  const fault = parts.faults.take('response_url');
  if (fault !== undefined && (await suffer(fault, response))) return;
  const { state, interactions } = parts.context();
  const result = acceptResponse(state, interactions, path, parseJson(body.toString()));
  if (fault?.kind === 'lost-answer') response.socket?.resetAndDestroy();
  else end(response, result.status, result.body);
}

async function callMethod(
  parts: ServerParts,
  name: string,
  request: IncomingMessage,
  body: Buffer,
  response: ServerResponse,
): Promise<void> {
  const { token, ...args } = parseArguments(request.headers['content-type'] ?? '', body);
  const context = parts.context();
  const fault = parts.faults.take(name);
  function record(answer: ApiAnswer | undefined, suffered = fault): void {
    parts.calls.push({ method: name, at: context.state.now(), args, answer, fault: suffered });
  }
  if (fault !== undefined && (await suffer(fault, response))) {
    record(undefined);
    return;
  }
  const retryAfter = parts.limits.take(name, channelOf(args));
  if (retryAfter > 0) {
    endLimited(response, retryAfter);
    record(undefined, { kind: 'rate-limited', retryAfter });
    return;
  }
  const answer = answerCall(parts, name, bearer(request) ?? token, args);
  record(answer);
  if (fault?.kind === 'lost-answer') response.socket?.resetAndDestroy();
  else end(response, 200, JSON.stringify(answer), 'application/json; charset=utf-8');
}

function channelOf(args: Readonly<Record<string, unknown>>): string {
  return typeof args['channel'] === 'string' ? args['channel'] : '';
}

function endLimited(response: ServerResponse, retryAfter: number): void {
  response.setHeader('retry-after', String(retryAfter));
  end(response, 429, JSON.stringify({ ok: false, error: 'ratelimited' }), 'application/json');
}

function answerCall(parts: ServerParts, name: string, token: unknown, args: unknown): ApiAnswer {
  const method = METHODS.get(name);
  if (method === undefined) return refuse('unknown_method');
  if (name !== 'api.test') {
    if (token === undefined || token === '') return refuse('not_authed');
    if (token !== parts.botToken) return refuse('invalid_auth');
  }
  return method.run(args, parts.context());
}

/** Carries out a fault. Answers whether the call ends with it. */
async function suffer(fault: Fault, response: ServerResponse): Promise<boolean> {
  switch (fault.kind) {
    case 'rate-limited':
      endLimited(response, fault.retryAfter);
      return true;
    case 'status':
      end(response, fault.status, 'upstream error');
      return true;
    case 'hang':
      return true;
    case 'reset':
      response.socket?.resetAndDestroy();
      return true;
    case 'error':
      end(response, 200, JSON.stringify(refuse(fault.error)), 'application/json; charset=utf-8');
      return true;
    case 'slow':
      await delay(fault.ms);
      return false;
    case 'lost-answer':
      return false;
  }
}

async function upload(
  parts: ServerParts,
  path: string,
  request: IncomingMessage,
  body: Buffer,
  response: ServerResponse,
): Promise<void> {
  const fault = parts.faults.take('upload');
  if (fault !== undefined && (await suffer(fault, response))) return;
  const { files } = parts.context().state;
  const file = files.get(path.slice('/upload/v1/'.length));
  if (file === undefined) {
    end(response, 404, 'no such upload');
    return;
  }
  const content = await readUpload(request.headers['content-type'] ?? '', body);
  files.set(file.id, { ...file, content });
  if (fault?.kind === 'lost-answer') response.socket?.resetAndDestroy();
  else end(response, 200, `OK - ${content.length}`);
}

/** The SDK uploads a multipart form with one part; others send the bytes themselves. */
async function readUpload(contentType: string, body: Buffer): Promise<Buffer> {
  if (!contentType.startsWith('multipart/form-data')) return body;
  const fields = await new Response(new Uint8Array(body), { headers: { 'content-type': contentType } }).formData();
  for (const value of fields.values()) {
    if (typeof value !== 'string') return Buffer.from(await value.arrayBuffer());
  }
  return Buffer.alloc(0);
}

function parseArguments(contentType: string, body: Buffer): Record<string, unknown> {
  const text = body.toString();
  if (!contentType.startsWith('application/json')) return Object.fromEntries(new URLSearchParams(text));
  const value = parseJson(text);
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function bearer(request: IncomingMessage): string | undefined {
  return /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

function end(response: ServerResponse, status: number, body: string, contentType = 'text/plain'): void {
  response.writeHead(status, { 'content-type': contentType });
  response.end(body);
}
