import type { ReadJson } from '../../core/backup/catalogue-parts.ts';
import type { Json } from '../../core/json.ts';
import type { ObjectResult, ObjectStore, StoredObject } from '../../core/ports/object-store.ts';

/** A manifest has some kilobytes. What is longer is not read into memory. */
const LONGEST_BYTES = 1024 * 1024;

/** A small object that was read: its JSON, or that it has none. */
export interface SmallObject {
  readonly object: StoredObject;
  readonly read: ReadJson;
}

/** JSON as it is stored: for people too. */
export function jsonBytes(json: Json): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(json, null, 2)}\n`);
}

/** Reads a small object. What is there and no JSON, or damaged, is an answer; that the store gave none is a failure. */
export async function readSmall(
  store: ObjectStore,
  key: string,
  signal: AbortSignal,
): Promise<ObjectResult<SmallObject>> {
  const found = await store.get(key, { signal });
  if (!found.ok) return found;
  const { object, bytes } = found.value;
  const pieces: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const piece of bytes) {
      size += piece.length;
      if (size > LONGEST_BYTES)
        return { ok: true, value: { object, read: no(`it has more than ${LONGEST_BYTES} bytes`) } };
      pieces.push(piece);
    }
  } catch (error) {
    const message = error instanceof Error ? error.message : 'unknown error';
    if (signal.aborted) return { ok: false, error: { code: 'cancelled', message } };
    return { ok: true, value: { object, read: no(message) } };
  }
  return { ok: true, value: { object, read: parsed(Buffer.concat(pieces).toString('utf8')) } };
}

function parsed(text: string): ReadJson {
  try {
    const json: unknown = JSON.parse(text);
    return { ok: true, json };
  } catch {
    return no('it is no JSON');
  }
}

function no(why: string): ReadJson {
  return { ok: false, why };
}

/** All objects whose key begins so. */
export async function listAll(
  store: ObjectStore,
  prefix: string,
  signal: AbortSignal,
): Promise<ObjectResult<readonly StoredObject[]>> {
  const all: StoredObject[] = [];
  let after: string | null = '';
  while (after !== null) {
    const page: Awaited<ReturnType<ObjectStore['list']>> = await store.list({
      prefix,
      signal,
      ...(after === '' ? {} : { after }),
    });
    if (!page.ok) return page;
    all.push(...page.value.objects);
    after = page.value.next;
    if (signal.aborted)
      return { ok: false, error: { code: 'cancelled', message: `${prefix} could not be listed: it was cancelled` } };
  }
  return { ok: true, value: all };
}
