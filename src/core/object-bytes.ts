import {
  type ObjectGet,
  ObjectReadFailed,
  type ObjectResult,
  type ObjectStore,
  type StoredObject,
} from './ports/object-store.ts';

/** A small object with all of its bytes. */
export interface WholeObject {
  readonly object: StoredObject;
  readonly bytes: Uint8Array;
}

/** Reads an object of at most `most` bytes; a larger one is `refused`. */
export async function readWhole(
  store: Pick<ObjectStore, 'get' | 'place'>,
  key: string,
  most: number,
  options?: ObjectGet,
): Promise<ObjectResult<WholeObject>> {
  const got = await store.get(key, options);
  if (!got.ok) return got;
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of got.value.bytes) {
      size += chunk.length;
      if (size > most)
        return {
          ok: false,
          error: { code: 'refused', message: `${key} in ${store.place} has more than ${most} bytes` },
        };
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof ObjectReadFailed) return { ok: false, error: error.error };
    throw error;
  }
  return { ok: true, value: { object: got.value.object, bytes: joined(chunks, size) } };
}

function joined(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const whole = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}
