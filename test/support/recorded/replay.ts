import { expect } from 'vitest';
import { z } from 'zod';
import type { ApiScene, Heard, Said } from '../api-scene.ts';
import { allRecorded, type Exchange } from '../kubernetes-fixtures.ts';
import { differences, type Names, translated } from './likeness.ts';

/** What a topic's set-up has at hand. */
export interface World {
  readonly scene: ApiScene;
  readonly names: Names;
  /** Asks as the recorder did. Fails the test when the answer is not 2xx. */
  must(method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Heard>;
  /** Says which recorded revision an answer's object has here. */
  learn(recorded: string, heard: Heard): void;
  /** Says which recorded uid an answer's object has here. */
  learnUid(recorded: string, heard: Heard): void;
  /** Says which recorded continue token a list's answer has here. */
  learnToken(recorded: string, heard: Heard): void;
}

type Act = (world: World) => Promise<unknown>;

/** How the exchanges of one topic are replayed. Keys are ids: `05-02`. */
export interface Topic {
  readonly topic: string;
  /** What was there before the first exchange. */
  readonly setUp?: Act;
  /** Calls between the exchanges that were not recorded. */
  readonly before?: Readonly<Record<string, Act>>;
  /** What happened while the stream of a watch was open. */
  readonly during?: Readonly<Record<string, Act>>;
  /** Recorded lists that were trimmed: only the recorded elements are looked for, by their names. */
  readonly trimmed?: readonly string[];
  /** Reads of what the set-up put into etcd as it was recorded: they show storage and form, not behaviour. */
  readonly given?: readonly string[];
  /** Not compared, and why. */
  readonly leftOut?: Readonly<Record<string, string>>;
  /** Compared without these places, because of what the stand-in has not (reason beside). */
  readonly except?: Readonly<Record<string, { readonly places: RegExp; readonly because: string }>>;
}

/** One exchange as it went here. */
export interface Replayed {
  readonly id: string;
  readonly differences: readonly string[];
}

const COMPARED_HEADERS = ['content-type', 'retry-after', 'warning', 'x-content-type-options', 'cache-control'];

/** The id of an exchange: `05-02`. */
export function idOf(exchange: Exchange): string {
  return exchange.name.slice(0, 5);
}

/** Replays a topic in order; what is left out is not sent. */
export async function replay(scene: ApiScene, topic: Topic): Promise<readonly Replayed[]> {
  const names: Names = { known: new Map() };
  const world: World = {
    scene,
    names,
    must: (method, path, body, headers) => must(scene, method, path, body, headers),
    learn: (recorded, heard) => names.known.set(recorded, metadataOf(heard).resourceVersion),
    learnToken: (recorded, heard) => names.known.set(recorded, metadataOf(heard).continue),
    learnUid: (recorded, heard) => names.known.set(recorded, metadataOf(heard).uid),
  };
  await topic.setUp?.(world);
  const done: Replayed[] = [];
  for (const exchange of allRecorded().filter(({ name }) => name.startsWith(`${topic.topic}-`))) {
    const id = idOf(exchange);
    await topic.before?.[id]?.(world);
    if (topic.leftOut?.[id] !== undefined) continue;
    const said = requestOf(exchange, names);
    const [heard] = await Promise.all([scene.ask(said.path, said), topic.during?.[id]?.(world)]);
    const shown =
      topic.trimmed?.includes(id) === true ? { ...heard, body: trimmedAs(exchange.response.body, heard.body) } : heard;
    const found = compared(exchange, shown, names).filter((each) => !isOfTheMoment(exchange, each));
    const places = topic.except?.[id]?.places;
    done.push({ id, differences: found.filter((each) => places?.test(each) !== true) });
  }
  return done;
}

const WithMetadata = z.object({
  metadata: z.object({ resourceVersion: z.string(), uid: z.string().default(''), continue: z.string().default('') }),
});

function metadataOf({ body }: Heard): z.infer<typeof WithMetadata>['metadata'] {
  return WithMetadata.parse(body).metadata;
}

async function must(
  scene: ApiScene,
  method: string,
  path: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Heard> {
  const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
  const sent = { 'User-Agent': 'recorder/1.0', Accept: 'application/json', 'Content-Type': type, ...headers };
  const heard = await scene.ask(path, { method, headers: sent, body });
  expect(heard.status, `${method} ${path}: ${heard.text}`).toBeLessThan(300);
  return heard;
}

function requestOf(exchange: Exchange, names: Names): Said & { readonly path: string } {
  const { method, path, headers, body } = exchange.request;
  const plain = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, names.known.get(String(value)) ?? String(value)]),
  );
  return {
    method,
    path: hurried(translated(path, names)),
    headers: plain,
    body: inNames(body, names),
    anonymous: /anonymous|No credential/.test(exchange.note),
  };
}

/** Time-outs and watches are shorter than they were recorded: what is answered is the same. */
function hurried(path: string): string {
  return path.replace(/timeoutSeconds=\d+/, 'timeoutSeconds=2').replace(/timeout=3s/, 'timeout=1s');
}

/** A request with what recorded values became here. */
function inNames(value: unknown, names: Names): unknown {
  if (typeof value === 'string') {
    const size = /^<(\d+) bytes>$/.exec(value)?.[1];
    return size === undefined ? (names.known.get(value) ?? value) : bigBody(Number(size));
  }
  if (Array.isArray(value)) return value.map((each) => inNames(each, names));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, inNames(each, names)]));
}

/** A ConfigMap of about so many bytes: such bodies were not recorded. */
function bigBody(size: number): unknown {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'big' }, data: { key: 'x'.repeat(size - 100) } };
}

function compared({ response }: Exchange, heard: Heard, names: Names): readonly string[] {
  const status =
    response.status === heard.status
      ? []
      : [`status: ${heard.status} instead of ${response.status}: ${heard.text.slice(0, 300)}`];
  const headers = COMPARED_HEADERS.flatMap((name) => {
    const [recorded, actual] = [headerOf(response.headers, name), headerOf(heard.headers, name)];
    return recorded === actual ? [] : [`header ${name}: ${actual} instead of ${recorded}`];
  });
  if (status.length > 0) return [...status, ...headers];
  return [...headers, ...differences(normal(response.body), normal(heard.body), names)];
}

const Element = z.looseObject({
  name: z.string().optional(),
  resource: z.string().optional(),
  subresource: z.string().optional(),
  version: z.string().optional(),
  metadata: z.looseObject({ name: z.string().optional() }).optional(),
  cells: z.array(z.unknown()).optional(),
});

/** A list with only those elements that the recorded one has, in its order. */
function trimmedAs(recorded: unknown, actual: unknown): unknown {
  if (Array.isArray(recorded) && Array.isArray(actual)) {
    return recorded.map((each: unknown) => {
      const same = actual.find((other: unknown) => nameOf(other) === nameOf(each));
      return nameOf(each) === undefined ? each : trimmedAs(each, same);
    });
  }
  if (typeof recorded !== 'object' || typeof actual !== 'object' || recorded === null || actual === null) return actual;
  const before = new Map(Object.entries(recorded));
  return Object.fromEntries(Object.entries(actual).map(([name, value]) => [name, trimmedAs(before.get(name), value)]));
}

function nameOf(element: unknown): unknown {
  const parsed = Element.safeParse(element);
  if (!parsed.success) return undefined;
  const { name, resource, subresource, version, metadata, cells } = parsed.data;
  return (
    name ??
    resource ??
    subresource ??
    version ??
    cells?.[0] ??
    (metadata === undefined ? undefined : (metadata.name ?? 'core'))
  );
}

/** The revision of a list is that of the moment, unless the list goes on. */
function isOfTheMoment({ request, response }: Exchange, difference: string): boolean {
  const kind = JSON.stringify(response.body).match(/"kind":"(\w+)"/)?.[1] ?? '';
  const list = kind.endsWith('List') || kind === 'Table';
  return list && !request.path.includes('continue=') && /^metadata\.resourceVersion: \d+, but/.test(difference);
}

function normal(body: unknown): unknown {
  return body === '' ? null : body;
}

/** One header; empty when it was not there. */
export function headerOf(
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
  name: string,
): string {
  const found = Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1];
  // Node joins what came more than once.
  return typeof found === 'object' ? found.join(', ') : (found ?? '');
}
