import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { json } from 'node:stream/consumers';
import { isPersonName } from '../workspace/seed.ts';
import type { Guest } from '../workspace/server.ts';
import type { Workspace } from '../workspace/workspace.ts';
import { type ActParts, carryOut } from './acts.ts';
import { changesFor, fileType, snapshotFor } from './audience.ts';
import { Act, type ActAnswer, type PageEvent, type Panel } from './contract.ts';
import { isOwnHost, refuseRequest, SECURITY_HEADERS } from './guard.ts';

/** What the page's part of the server needs. */
export interface PageParts extends ActParts {
  readonly workspace: Workspace;
  readonly port: number;
  /** Names this life of the workspace. */
  readonly life: string;
  /** Folder with the built page. */
  readonly folder: Promise<string>;
  /** Calls back with each reading of the panel from now on; returns the function that ends it. */
  readonly watchPanel: (listener: (panel: Panel) => void) => () => void;
}

/** The part of the workspace's server that answers the page: its files, its events, and what people do on it. */
export function servePages(parts: PageParts): Guest {
  return (request, response) => {
    const url = new URL(request.url ?? '/', 'http://workspace');
    const ours = url.pathname === '/' || /^\/(page|archives)(\/|$)/.test(url.pathname);
    if (ours) {
      answer(parts, url, request, response).catch((error: unknown) => {
        if (!response.headersSent) end(response, 500, error instanceof Error ? error.message : String(error));
        else response.end();
      });
    }
    return ours;
  };
}

async function answer(parts: PageParts, url: URL, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname } = url;
  if (!isOwnHost(request.headers.host, parts.port)) return end(response, 403, 'this host name is not the workspace');
  if (pathname.startsWith('/page/api/')) return api(parts, url, request, response);
  if (request.method !== 'GET' && request.method !== 'HEAD') return end(response, 405, 'GET only');
  const [, channel, ts] = /^\/archives\/([A-Z0-9]+)\/p(\d+)$/.exec(pathname) ?? [];
  if (channel !== undefined && ts !== undefined) return redirect(response, `/page/#/${channel}/${ts}`);
  if (!pathname.startsWith('/page/')) return redirect(response, '/page/');
  return sendStatic(await parts.folder, pathname.slice('/page/'.length), response);
}

async function api(parts: PageParts, url: URL, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { host, origin, 'content-type': contentType } = request.headers;
  const site = request.headers['sec-fetch-site'];
  const facts = {
    method: request.method ?? '',
    host,
    origin,
    contentType,
    site: typeof site === 'string' ? site : undefined,
  };
  const refusal = refuseRequest(facts, parts.port);
  if (refusal !== undefined) return end(response, 403, refusal);
  const [, , , what = '', id = ''] = url.pathname.split('/');
  const as = url.searchParams.get('as') ?? '';
  if (what === 'file') return sendFile(parts, id, response);
  if (!isPersonName(as)) return end(response, 404, 'there is no such person');
  const person = parts.workspace.person(as);
  if (what === 'events' && request.method === 'GET') return stream(parts, person.id, response);
  if (what !== 'act' || request.method !== 'POST') return end(response, 404, 'not found');
  const act = Act.safeParse(await json(request).catch(() => undefined));
  if (!act.success) return end(response, 400, 'this is no act');
  const problem = await carryOut(person, act.data, parts).catch((error: unknown) =>
    error instanceof Error ? error.message : String(error),
  );
  const said: ActAnswer = problem === undefined ? { ok: true } : { ok: false, problem };
  return end(response, 200, JSON.stringify(said), 'application/json; charset=utf-8');
}

const KEEP_ALIVE_MS = 15_000;

function stream(parts: PageParts, me: string, response: ServerResponse): void {
  const { state } = parts;
  response.writeHead(200, { ...SECURITY_HEADERS, 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  function send(event: PageEvent): void {
    response.write(`data: ${JSON.stringify(event)}\n\n`);
  }
  send(snapshotFor(state, me, parts.life, parts.completions));
  const ends = [
    state.feed.subscribe((event) => {
      for (const change of changesFor(state, event, me)) send(change);
    }),
    parts.watchPanel((panel) => send({ kind: 'panel', panel })),
  ];
  const alive = setInterval(() => response.write(': \n\n'), KEEP_ALIVE_MS);
  response.once('close', () => {
    clearInterval(alive);
    for (const stop of ends) stop();
  });
}

function sendFile(parts: PageParts, id: string, response: ServerResponse): void {
  const file = parts.state.files.get(id);
  if (file?.content === undefined) return end(response, 404, 'no such file');
  const { kind, contentType } = fileType(file.name);
  response.writeHead(200, {
    ...SECURITY_HEADERS,
    'content-security-policy': "default-src 'none'; sandbox",
    'content-type': contentType,
    'content-disposition': `${kind === 'other' ? 'attachment' : 'inline'}; filename*=UTF-8''${encodeURIComponent(file.name)}`,
  });
  response.end(file.content);
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

async function sendStatic(folder: string, path: string, response: ServerResponse): Promise<void> {
  const name = path === '' ? 'index.html' : normalize(path);
  const contentType = TYPES[extname(name)];
  if (name.startsWith('..') || name.startsWith('/') || contentType === undefined)
    return end(response, 404, 'not found');
  const content = await readFile(join(folder, name)).catch(() => undefined);
  if (content === undefined) return end(response, 404, 'not found');
  // The names of all but the first file change with their content.
  const cache = name === 'index.html' ? 'no-cache' : 'private, max-age=31536000, immutable';
  response.writeHead(200, { ...SECURITY_HEADERS, 'content-type': contentType, 'cache-control': cache });
  response.end(content);
}

function redirect(response: ServerResponse, location: string): void {
  response.writeHead(302, { ...SECURITY_HEADERS, location });
  response.end();
}

function end(response: ServerResponse, status: number, body: string, contentType = 'text/plain; charset=utf-8'): void {
  response.writeHead(status, { ...SECURITY_HEADERS, 'content-type': contentType });
  response.end(body);
}
