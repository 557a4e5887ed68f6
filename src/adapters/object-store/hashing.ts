import { createHash, type Hash } from 'node:crypto';
import { ObjectReadFailed, type ObjectStoreError } from '../../core/ports/object-store.ts';

/** SHA-256 of bytes, lower-case hex. */
export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** A stream on its way into a store. */
export interface Hashed {
  /** The same bytes. */
  readonly bytes: AsyncIterable<Uint8Array>;
  /** What passed: bytes, and their SHA-256 in lower-case hex. To be asked for after the end. */
  passed(): { readonly size: number; readonly sha256: string };
}

/** Thrown in place of what the source of a stream threw, so that it is not taken for an error of the store. */
export class SourceFailed extends Error {}

/** Thrown at the end of a stream that is not the announced one. */
export class OtherContent extends Error {}

/**
 * Counts and hashes what passes. The stream ends with {@link SourceFailed} when the source throws, and with {@link OtherContent} when its SHA-256
 * is not the announced one: so a store that publishes at the end of a stream never publishes it. `known`: who gives the content hashes it already, so
 * that is not done once more; see `ObjectPut.hashed`.
 */
export function hashing(
  content: Uint8Array | AsyncIterable<Uint8Array>,
  announced?: string,
  known?: () => string,
): Hashed {
  const hash = known === undefined || announced !== undefined ? createHash('sha256') : null;
  let size = 0;
  let found = '';
  async function* pass(): AsyncGenerator<Uint8Array> {
    for await (const chunk of fromSource(content)) {
      size += chunk.length;
      hash?.update(chunk);
      yield chunk;
    }
    found = hash?.digest('hex') ?? known?.() ?? '';
    if (announced !== undefined && announced !== found)
      throw new OtherContent(`its SHA-256 is ${found} instead of ${announced}`);
  }
  return { bytes: pass(), passed: () => ({ size, sha256: found }) };
}

async function* fromSource(content: Uint8Array | AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (content instanceof Uint8Array) {
    yield content;
    return;
  }
  try {
    yield* content;
  } catch (error) {
    throw new SourceFailed(error instanceof Error ? error.message : 'unknown error', { cause: error });
  }
}

/** What an error of the way into the store means; `null`: it is one of the store. */
export function contentError(error: unknown, what: string): ObjectStoreError | null {
  if (error instanceof SourceFailed) return { code: 'source-failed', message: `${what}: ${error.message}` };
  if (error instanceof OtherContent) return { code: 'checksum-differs', message: `${what}: ${error.message}` };
  return null;
}

/** What content that is read has to be. */
export interface Expected {
  readonly what: string;
  readonly size: number;
  /** `null`: nobody knows. */
  readonly sha256: string | null;
}

/**
 * Passes content on and throws {@link ObjectReadFailed} at its end when it is not what was expected. `failed` says in the store's words what an
 * error on the way means.
 */
export async function* checked(
  content: AsyncIterable<Uint8Array>,
  expected: Expected,
  failed: (error: unknown) => ObjectStoreError,
): AsyncGenerator<Uint8Array> {
  const hash = expected.sha256 === null ? null : createHash('sha256');
  let size = 0;
  try {
    for await (const chunk of content) {
      size += chunk.length;
      hash?.update(chunk);
      yield chunk;
    }
  } catch (error) {
    throw new ObjectReadFailed(failed(error));
  }
  const fault = faultOf(expected, size, hash);
  if (fault !== null)
    throw new ObjectReadFailed({ code: 'checksum-differs', message: `${expected.what} came back damaged: ${fault}` });
}

function faultOf({ size, sha256 }: Expected, read: number, hash: Hash | null): string | null {
  if (read !== size) return `${read} bytes instead of ${size}`;
  if (hash === null) return null;
  const found = hash.digest('hex');
  return found === sha256 ? null : `its SHA-256 is ${found} instead of ${sha256}`;
}
