import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { ApiObject, LocalApi, LocalRequest, User } from '../contracts.ts';
import { type Ask, ask } from './asking.ts';
import type { Core, WatchEvent } from './core.ts';
import { formed } from './forms.ts';
import { isObject } from './reading.ts';
import { statusOf } from './refusals.ts';

const SERVER: User = { name: 'system:apiserver', uid: '', groups: ['system:masters'], extra: {} };
const PLAIN = {
  form: { as: 'object', media: 'json', contentType: 'application/json' },
  kind: null,
  includes: 'None',
} as const;
const Accepted = z.array(z.custom<ApiObject>((value) => isObject(value)));
const RETRY_MS = 200;

/** The server from inside: the same way through it, without HTTP. Nobody is asked whether the user may. */
export function localApi(core: () => Core): LocalApi {
  return {
    async request(request) {
      const outcome = await ask(core(), asked(request));
      if (outcome === 'out-of-time') return { status: 504, body: statusOf(TIMED_OUT) };
      if (!outcome.ok) return { status: outcome.refusal.status, body: statusOf(outcome.refusal) };
      const { value } = outcome;
      if (value.is === 'object') return { status: value.status, body: formed(value, PLAIN) };
      // Unlike over HTTP the items keep their kind: nobody saves bytes here.
      if (value.is === 'list') return { status: 200, body: { ...value.body, items: value.items } };
      if (value.is === 'text') return { status: value.status, body: value.text };
      return { status: 400, body: 'streams are not for request()' };
    },
    async follow(path, signal, onEvent) {
      let known = new Map<string, ApiObject>();
      while (!signal.aborted) {
        try {
          known = await followOnce(core(), path, signal, known, onEvent);
        } finally {
          await delay(RETRY_MS, undefined, { signal, ref: false }).catch(() => undefined);
        }
      }
    },
  };
}

const TIMED_OUT = {
  status: 504,
  reason: 'Timeout',
  message: 'Timeout: request did not complete within the allotted timeout',
  details: {},
};

function asked(request: LocalRequest): Ask {
  const { method, path, body, contentType, user, agent } = request;
  return {
    method,
    url: new URL(path, 'https://localhost'),
    body: body === undefined ? Buffer.alloc(0) : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
    contentType: contentType ?? (method === 'PATCH' ? 'application/merge-patch+json' : 'application/json'),
    accept: '',
    ifNoneMatch: '',
    agent: agent ?? 'playground',
    user: user ?? SERVER,
    warn: () => undefined,
  };
}

type Follow = Parameters<LocalApi['follow']>[2];

/** Lists and watches until the watch ends; gives back what is known then. What vanished in between is told as deleted. */
async function followOnce(
  core: Core,
  path: string,
  signal: AbortSignal,
  known: Map<string, ApiObject>,
  onEvent: Follow,
): Promise<Map<string, ApiObject>> {
  const url = new URL(path, 'https://localhost');
  url.searchParams.set('resourceVersion', '0');
  const list = await ask(core, asked({ method: 'GET', path: `${url.pathname}${url.search}` }));
  if (list === 'out-of-time' || !list.ok || list.value.is !== 'list') return known;
  const items = Accepted.parse(list.value.items);
  const now = new Map(items.map((item) => [uidOf(item), item]));
  for (const [uid, object] of known) if (!now.has(uid)) onEvent({ type: 'DELETED', object });
  for (const [uid, object] of now) {
    const before = known.get(uid);
    if (before === undefined) onEvent({ type: 'ADDED', object });
    else if (before.metadata['resourceVersion'] !== object.metadata['resourceVersion'])
      onEvent({ type: 'MODIFIED', object });
  }
  const metadata = z.object({ resourceVersion: z.string() }).parse(list.value.body['metadata']);
  url.searchParams.set('resourceVersion', metadata.resourceVersion);
  url.searchParams.set('watch', 'true');
  const watch = await ask(core, asked({ method: 'GET', path: `${url.pathname}${url.search}` }));
  if (watch === 'out-of-time' || !watch.ok || watch.value.is !== 'watch') return now;
  await watch.value.run((event) => take(event, now, onEvent), signal);
  return now;
}

function take({ type, object }: WatchEvent, known: Map<string, ApiObject>, onEvent: Follow): void {
  if (type === 'BOOKMARK' || type === 'ERROR' || !isObject(object)) return;
  if (type === 'DELETED') known.delete(uidOf(object));
  else known.set(uidOf(object), object);
  onEvent({ type, object });
}

function uidOf(object: ApiObject): string {
  return String(object.metadata['uid']);
}
