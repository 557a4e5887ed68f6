import { readBackupKey } from '../../src/core/backup/names.ts';
import type { ObjectStore } from '../../src/core/ports/object-store.ts';

/**
 * Moments of a backup as its store sees them.
 *
 * - `upload`: in the middle of a snapshot; `stored`: right after it; `reading`: right before it is read back.
 * - `manifest`: right before a manifest is stored; `published`: right after.
 * - `marked`: right after a backup was marked as superfluous; `half-removed`: right after the manifest of one was removed, before the rest.
 */
export const CUTS = ['upload', 'stored', 'reading', 'manifest', 'published', 'marked', 'half-removed'] as const;
export type Cut = (typeof CUTS)[number];

/** Bytes of a snapshot that have passed when it is in its middle: more than two parts of an upload. */
const MIDDLE_BYTES = 18 * 1024 * 1024;

/** The same store, which waits for `reach` at each of these moments. */
export function withCuts(store: ObjectStore, reach: (cut: Cut) => Promise<void>): ObjectStore {
  return {
    ...store,
    put: async (key, content, options) => {
      const kind = readBackupKey(key)?.kind;
      if (kind === 'manifest') await reach('manifest');
      const isStream = kind === 'file' && !(content instanceof Uint8Array);
      const stored = await store.put(key, isStream ? stopping(content, reach) : content, options);
      if (!stored.ok) return stored;
      if (kind === 'file') await reach('stored');
      if (kind === 'manifest') await reach('published');
      if (kind === 'mark') await reach('marked');
      return stored;
    },
    get: async (key, options) => {
      if (readBackupKey(key)?.kind === 'file') await reach('reading');
      return await store.get(key, options);
    },
    delete: async (key, options) => {
      const gone = await store.delete(key, options);
      if (readBackupKey(key)?.kind === 'manifest') await reach('half-removed');
      return gone;
    },
  };
}

async function* stopping(
  content: AsyncIterable<Uint8Array>,
  reach: (cut: Cut) => Promise<void>,
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const piece of content) {
    const before = bytes;
    bytes += piece.length;
    yield piece;
    if (before < MIDDLE_BYTES && bytes >= MIDDLE_BYTES) await reach('upload');
  }
}

/** Something that stands when it comes `here`, until it is let go. */
export function standing() {
  const [reached, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  return {
    reached: reached.promise,
    letGo: released.resolve,
    here: async (): Promise<void> => {
      reached.resolve();
      await released.promise;
    },
  };
}
