import { expect, test } from 'vitest';
import type { FeedEnd } from '../../../../src/core/ports/backup-vault.ts';
import { faultScene } from '../../../contract/backup-vault/fault-scene.ts';
import { nextTime } from '../../../contract/backup-vault/samples.ts';
import { idOf } from '../../../support/backup-samples.ts';

const { signal } = new AbortController();

test('a feed that stands still is told to end, and has ended, when the store cannot go on', async () => {
  const settings = { compression: 'zstd', encryption: null, staticEncryption: null, retainMs: null } as const;
  const standing = Promise.withResolvers<void>();
  const { vault } = faultScene(settings, () => ({
    put: async (_key, content) => {
      // As a stream does that is destroyed: the next piece is wanted, and nobody waits for it any more.
      if (!(content instanceof Uint8Array))
        content[Symbol.asyncIterator]()
          .next()
          .catch(() => undefined);
      await standing.promise;
      return { ok: false, error: { code: 'full', message: 'no room' } };
    },
  }));
  const told: string[] = [];
  const taken = await vault.take(
    {
      id: idOf(nextTime()),
      role: 'snapshot',
      feed: async (write, ending) => {
        await write(new Uint8Array(100));
        const { promise, resolve } = Promise.withResolvers<FeedEnd>();
        ending.addEventListener('abort', () => {
          told.push('ended');
          resolve({ ok: false, why: 'it was told to end' });
        });
        standing.resolve();
        return await promise;
      },
    },
    { signal },
  );
  expect(told).toEqual(['ended']);
  expect(taken).toEqual({ ok: false, error: { code: 'store', store: 'full', message: 'no room' } });
});
