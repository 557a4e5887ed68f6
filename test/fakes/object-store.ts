import { sha256Of } from '../../src/adapters/object-store/hashing.ts';
import {
  type ObjectContent,
  type ObjectPage,
  type ObjectQuery,
  ObjectReadFailed,
  type ObjectResult,
  type ObjectStore,
  type ObjectStoreErrorCode,
  type StoredObject,
} from '../../src/core/ports/object-store.ts';

interface Kept {
  readonly bytes: Uint8Array;
  readonly storedAt: string;
  readonly retainedUntil: string | null;
}

/** A store in memory, with its content in the hands of the test. Objects that it has to keep are kept. */
export interface MemoryStore extends ObjectStore {
  /** Changes the content of an object in its place. Throws if there is none. */
  change(key: string, edit: (bytes: Uint8Array) => Uint8Array): void;
  keys(): readonly string[];
}

/** Makes one. `nowMs`: the clock of the store. */
export function createMemoryStore(nowMs: () => number, place = 'memory'): MemoryStore {
  const kept = new Map<string, Kept>();

  function objectOf(key: string, { bytes, storedAt, retainedUntil }: Kept): StoredObject {
    return { key, size: bytes.length, storedAt, sha256: sha256Of(bytes), retainedUntil };
  }
  function found(key: string): ObjectResult<Kept> {
    const object = kept.get(key);
    return object === undefined ? failed('not-there', `there is no ${key}`) : { ok: true, value: object };
  }
  async function put(...[key, content, options = {}]: Parameters<ObjectStore['put']>): ReturnType<ObjectStore['put']> {
    if (options.createOnly === true && kept.has(key)) return failed('already-there', `${key} is already there`);
    const pieces: Uint8Array[] = [];
    try {
      for await (const piece of content instanceof Uint8Array ? [content] : content) pieces.push(piece.slice());
    } catch (error) {
      return failed('source-failed', error instanceof Error ? error.message : 'unknown error');
    }
    if (options.signal?.aborted === true) return failed('cancelled', `${key} was not stored: it was cancelled`);
    // Another put may have been quicker.
    if (options.createOnly === true && kept.has(key)) return failed('already-there', `${key} is already there`);
    const storedAt = new Date(nowMs()).toISOString();
    const object = {
      bytes: new Uint8Array(Buffer.concat(pieces)),
      storedAt,
      retainedUntil: options.retainUntil ?? null,
    };
    kept.set(key, object);
    return { ok: true, value: objectOf(key, object) };
  }
  async function get(...[key, options = {}]: Parameters<ObjectStore['get']>): Promise<ObjectResult<ObjectContent>> {
    const object = await Promise.resolve(found(key));
    if (!object.ok) return object;
    const bytes = readOf(key, object.value.bytes, options.sha256);
    return { ok: true, value: { object: objectOf(key, object.value), bytes } };
  }
  function page({ prefix = '', after = '', limit = 1000 }: ObjectQuery): ObjectPage {
    const all = [...kept]
      .filter(([key]) => key.startsWith(prefix) && key > after)
      .toSorted(([a], [b]) => (a < b ? -1 : 1));
    const some = all.slice(0, limit);
    return {
      objects: some.map(([key, object]) => ({ ...objectOf(key, object), sha256: null, retainedUntil: null })),
      next: all.length > some.length ? (some.at(-1)?.[0] ?? null) : null,
    };
  }
  return {
    place,
    put,
    get,
    head: async (key) => {
      const object = await Promise.resolve(found(key));
      return object.ok ? { ok: true, value: objectOf(key, object.value) } : object;
    },
    list: async (query = {}) => await Promise.resolve({ ok: true, value: page(query) }),
    delete: async (key) => {
      const until = await Promise.resolve(kept.get(key)?.retainedUntil ?? null);
      if (until !== null && Date.parse(until) > nowMs()) return failed('retained', `${key} is kept until ${until}`);
      kept.delete(key);
      return { ok: true, value: null };
    },
    removeUnfinished: async () => await Promise.resolve({ ok: true, value: 0 }),
    change: (key, edit) => {
      const object = kept.get(key);
      if (object === undefined) throw new Error(`there is no ${key} to change`);
      kept.set(key, { ...object, bytes: edit(object.bytes.slice()) });
    },
    keys: () => [...kept.keys()].toSorted(),
  };
}

function failed(
  code: ObjectStoreErrorCode,
  message: string,
): { ok: false; error: { code: typeof code; message: string } } {
  return { ok: false, error: { code, message } };
}

async function* readOf(key: string, bytes: Uint8Array, sha256: string | undefined): AsyncGenerator<Uint8Array> {
  await Promise.resolve();
  yield bytes;
  if (sha256 !== undefined && sha256Of(bytes) !== sha256)
    throw new ObjectReadFailed({ code: 'checksum-differs', message: `${key} came back damaged` });
}
