import type { ApiObject, Attempt, Fields, Refusal } from '../contracts.ts';
import { decodeStored } from '../store/decode.ts';
import type { StoredPage, StoredValue } from '../store/object-store.ts';
import { StoreError } from '../store/store-error.ts';
import { continueToken, readContinueToken } from './continue-token.ts';
import { type Answer, apiVersionOf, type Call, keyOf, prefixOf } from './core.ts';
import { badRevision, type ListOptions, listOptions, revisionOf } from './list-options.ts';
import { presented } from './presenting.ts';
import { badRequest, done, expired, notFound, refused } from './refusals.ts';

/** How long a list waits for a revision that the server has not seen. */
const PATIENCE_MS = 3_000;
const PAGE = 1_000;

/** The newest state of the object, as stored; `null`: there is none. */
export async function readStored(call: Call): Promise<ApiObject | null> {
  const found = await call.core.store.get(keyOf(call.kind, call.namespace, call.name), call.left());
  return found === null ? null : decodeStored(found);
}

/** `get`. */
export async function getObject(call: Call): Promise<Attempt<Answer>> {
  const text = call.query.get('resourceVersion') ?? '';
  const revision = text === '' ? null : revisionOf(text);
  if (text !== '' && revision === null) return refused(badRequest(`invalid resource version: ${badRevision(text)}`));
  const cached =
    revision !== null && (await call.core.cache.reaches(revision, 100))
      ? (call.core.cache.get(keyOf(call.kind, call.namespace, call.name))?.object ?? null)
      : await readStored(call);
  if (cached === null) return refused(notFound(call.kind, call.name));
  return done({ is: 'object', status: 200, body: presented(call.kind, cached) });
}

/** `list`. */
export async function listObjects(call: Call): Promise<Attempt<Answer>> {
  const options = listOptions(call);
  if (!options.ok) return options;
  const { age, token } = options.value;
  if (token !== '') return continued(call, options.value);
  if (age.is === 'newest') return stored(call, options.value, { revision: 0, start: '' });
  if (age.is === 'exact') return exact(call, options.value, age.revision);
  if (age.is === 'any') {
    if (await call.core.cache.reaches(0, call.left())) return cachedList(call, options.value);
    return stored(call, options.value, { revision: 0, start: '' });
  }
  if (await call.core.cache.reaches(age.revision, 100)) return cachedList(call, options.value);
  // The revision may be of a change outside the registry, which the cache does not see.
  const current = await call.core.store.revision(call.left());
  if (age.revision <= current) return stored(call, options.value, { revision: 0, start: '' });
  if (await call.core.cache.reaches(age.revision, PATIENCE_MS)) return cachedList(call, options.value);
  return refused(tooLarge(age.revision, await call.core.store.revision(call.left())));
}

/** The stored objects that a query selects, with the revision of the answer. All pages; limits are ignored. */
export async function selectStored(
  call: Call,
  selector: (object: ApiObject) => boolean,
): Promise<{ readonly items: readonly ApiObject[]; readonly revision: number }> {
  const items: ApiObject[] = [];
  let place = { revision: 0, start: '' };
  for (;;) {
    const page = await readPage(call, place, PAGE);
    items.push(...page.values.map((value) => decoded(call, value)).filter((object) => selector(object)));
    place = { revision: page.revision, start: afterLast(call, page) };
    if (!page.more) return { items, revision: page.revision };
  }
}

function cachedList(call: Call, { selector }: ListOptions): Attempt<Answer> {
  const items = call.core.cache
    .list(prefixOf(call.kind, call.namespace))
    .map(({ object }) => object)
    .filter((object) => selector(object));
  return done(listAnswer(call, items, { resourceVersion: String(call.core.cache.revision()) }));
}

async function exact(call: Call, options: ListOptions, revision: number): Promise<Attempt<Answer>> {
  try {
    return await stored(call, options, { revision, start: '' });
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    if (error.code === 'compacted') return refused(expired('The resourceVersion for the provided list is too old.'));
    if (error.code === 'future') return refused(tooLarge(revision, call.core.cache.revision()));
    throw error;
  }
}

async function continued(call: Call, options: ListOptions): Promise<Attempt<Answer>> {
  const token = readContinueToken(options.token);
  if (!token.ok) return token;
  const { revision, start } = token.value;
  try {
    return await stored(call, options, { revision: Math.max(revision, 0), start });
  } catch (error) {
    if (!(error instanceof StoreError) || error.code !== 'compacted') throw error;
    return refused({ ...expired(TOO_OLD), metadata: { continue: continueToken({ revision: -1, start }) } });
  }
}

const TOO_OLD =
  'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.';

interface Place {
  readonly revision: number;
  /** Below the prefix; empty: from its beginning. */
  readonly start: string;
}

async function stored(call: Call, options: ListOptions, from: Place): Promise<Attempt<Answer>> {
  const { limit, selector, selective } = options;
  const items: ApiObject[] = [];
  let place = from;
  for (;;) {
    const wanted = limit === 0 ? PAGE : selective ? Math.max(limit, PAGE) : limit - items.length;
    const page = await readPage(call, place, wanted);
    for (const [index, value] of page.values.entries()) {
      const object = decoded(call, value);
      if (selector(object)) items.push(object);
      const left = page.values.length - index - 1 > 0 || page.more;
      if (limit === 0 || items.length < limit || !left) continue;
      const rest = page.count - index - 1;
      return done(
        listAnswer(call, items, {
          resourceVersion: String(page.revision),
          continue: continueToken({ revision: page.revision, start: `/${startAfter(call, value)}` }),
          ...(selective ? {} : { remainingItemCount: rest }),
        }),
      );
    }
    if (!page.more) return done(listAnswer(call, items, { resourceVersion: String(page.revision) }));
    place = { revision: page.revision, start: afterLast(call, page) };
  }
}

function readPage(call: Call, place: Place, limit: number): Promise<StoredPage> {
  const prefix = prefixOf(call.kind, call.namespace);
  const query = { start: `${prefix}${place.start}`, prefix, limit, revision: place.revision };
  return call.core.store.range(query, call.left());
}

function afterLast(call: Call, page: StoredPage): string {
  const last = page.values.at(-1);
  return last === undefined ? '' : startAfter(call, last);
}

function startAfter(call: Call, value: StoredValue): string {
  return `${value.key.slice(prefixOf(call.kind, call.namespace).length)}\0`;
}

/** The cache has most of them decoded already. */
function decoded(call: Call, value: StoredValue): ApiObject {
  const held = call.core.cache.get(value.key);
  return held !== undefined && held.object.metadata['resourceVersion'] === String(value.revision)
    ? held.object
    : decodeStored(value);
}

/** The answer of a list. */
export function listAnswer(call: Call, items: readonly ApiObject[], metadata: Fields): Answer {
  const { kind } = call;
  return {
    is: 'list',
    items: items.map((item) => presented(kind, item)),
    body: {
      kind: `${kind.kind}List`,
      apiVersion: apiVersionOf(kind),
      metadata,
    },
  };
}

/** 504 for a revision that the server has not reached. */
export function tooLarge(asked: number, current: number): Refusal {
  return {
    status: 504,
    reason: 'Timeout',
    message: `Timeout: Too large resource version: ${asked}, current: ${current}`,
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version', field: '' }],
    retryAfterSeconds: 1,
  };
}
