import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { AgeKeys } from '../../../src/core/backup/vault-settings.ts';
import type { ObjectStore, ObjectStoreErrorCode } from '../../../src/core/ports/object-store.ts';
import { idOf } from '../../support/backup-samples.ts';
import { DRESSES, type Dress, faultScene, flipAt, givesBack, keepsOther, settingsFor } from './fault-scene.ts';
import { folderScene, newAgeKeys } from './folder-scene.ts';
import { nextTime, orderOf, readCode, snapshotFile, takeBackup } from './samples.ts';

const { signal } = new AbortController();
const SNAPSHOT = snapshotFile(200);
const EDITS: Readonly<Record<string, (bytes: Uint8Array) => Uint8Array>> = {
  'a bit at its beginning': (bytes) => flipAt(bytes, 0),
  'a bit in its middle': (bytes) => flipAt(bytes, Math.floor(bytes.length / 2)),
  'a bit at its end': (bytes) => flipAt(bytes, -1),
  'its last byte': (bytes) => bytes.subarray(0, -1),
  'its second half': (bytes) => bytes.subarray(0, bytes.length / 2),
  everything: () => new Uint8Array(0),
  'the place behind it': (bytes) => new Uint8Array([...bytes, 0]),
};

let keys: AgeKeys;
let folder: Awaited<ReturnType<typeof folderScene>>;
beforeAll(async () => {
  folder = await folderScene();
  keys = await newAgeKeys(folder.beside);
});
afterAll(async () => await folder.stop());

const LIARS = { 'gives back': givesBack, keeps: keepsOther };
for (const dress of DRESSES)
  describe(`a file that is ${dress}`, () => {
    for (const [what, edit] of Object.entries(EDITS)) {
      for (const [how, lie] of Object.entries(LIARS))
        test(`is not taken by a store that ${how} it with a change of ${what}`, async () => {
          const { vault, store } = faultScene(settingsFor(dress, keys), (honest) => lie(honest, edit));

          expect(await vault.take(orderOf(idOf(nextTime()), SNAPSHOT), { signal })).toMatchObject({
            ok: false,
            error: { code: 'differs' },
          });
          expect(store.keys()).toEqual([]);
        });

      test(`is found damaged when later ${what} changes`, async () => {
        const { vault, store } = faultScene(settingsFor(dress, keys));
        const { id, manifest, file } = await takeBackup(vault, SNAPSHOT);
        store.change(`prod/${id}/${file.name}`, edit);

        expect(await vault.check(manifest, { signal })).toMatchObject({ ok: false, error: { code: 'damaged' } });
        expect(await readCode(vault, manifest, file)).toBe('damaged');
      });

      test(`is found damaged when later ${what} changes and the store does not compare`, async () => {
        const settings = settingsFor(dress, keys);
        const { vault, store, vaultOver } = faultScene(settings);
        const { manifest, file } = await takeBackup(vault, SNAPSHOT);
        const later = vaultOver({ ...store, ...givesBack(store, edit) }, settings);

        expect(await later.check(manifest, { signal })).toMatchObject({ ok: false, error: { code: 'damaged' } });
        expect(await readCode(later, manifest, file)).toBe('damaged');
      });
    }

    test('is closed at its store when a reader breaks off', async () => {
      if (dress === 'sealed') return;
      const settings = settingsFor(dress, keys);
      const closed: string[] = [];
      const { vault, store, vaultOver } = faultScene(settings);
      const { manifest, file } = await takeBackup(vault, snapshotFile(2000));
      const later = vaultOver({ ...store, get: async (key) => await inPieces(store, key, closed) }, settings);

      const opened = await later.open(manifest, file, { signal });
      if (!opened.ok) throw new Error(opened.error.message);
      for await (const piece of opened.value) if (piece.length > 0) break;

      await expect.poll(() => closed).toEqual([`prod/${manifest.id}/${file.name}`]);
    });

    test('is pulled no faster than it is stored', async () => {
      const stop = new AbortController();
      const written: number[] = [];
      const pulled = Promise.withResolvers<void>();
      const { vault, store } = faultScene(settingsFor(dress, keys), () => ({
        put: async (_key, content) => {
          const pieces = content instanceof Uint8Array ? [] : content[Symbol.asyncIterator]();
          if (!Array.isArray(pieces)) await pieces.next();
          // Whoever ran ahead would do so now.
          for (let turn = 0; turn < 200; turn += 1) await new Promise((resolve) => void setImmediate(resolve));
          pulled.resolve();
          return { ok: false, error: { code: 'full', message: 'no room' } };
        },
      }));
      const taking = vault.take(
        {
          id: idOf(nextTime()),
          role: 'snapshot',
          feed: async (write) => {
            for (;;) {
              // Never the same: of what repeats itself, megabytes are next to nothing when they are compressed.
              const noise = randomBytes(32_768);
              await write(noise);
              written.push(noise.length);
            }
          },
        },
        { signal: stop.signal },
      );
      await pulled.promise;

      expect(written.reduce((sum, each) => sum + each, 0)).toBeLessThan(2 * 1024 * 1024);
      expect(await taking).toMatchObject({ ok: false, error: { code: 'store', store: 'full' } });
      expect(store.keys()).toEqual([]);
      stop.abort();
    });
  });

async function inPieces(store: ObjectStore, key: string, closed: string[]): ReturnType<ObjectStore['get']> {
  const found = await store.get(key);
  if (!found.ok) return found;
  const { object, bytes } = found.value;
  async function* pieces(): AsyncGenerator<Uint8Array> {
    try {
      for await (const all of bytes) for (let at = 0; at < all.length; at += 4096) yield all.subarray(at, at + 4096);
    } finally {
      closed.push(key);
    }
  }
  return { ok: true, value: { object, bytes: pieces() } };
}

const CODES: readonly ObjectStoreErrorCode[] = [
  'full',
  'denied',
  'away',
  'wrong-place',
  'no-retention',
  'no-encryption',
  'refused',
];
for (const code of CODES)
  test(`what a store answers with ${code} is told, and nothing is left`, async () => {
    const { vault, store } = faultScene(settingsFor('plain', keys), (honest) => ({
      put: async (key, content, options) => {
        // As a store does that keeps an object, and not as long as asked.
        if (code === 'no-retention' || code === 'no-encryption') await honest.put(key, content, options);
        return { ok: false, error: { code, message: `no: ${code}` } };
      },
    }));

    expect(await vault.take(orderOf(idOf(nextTime()), SNAPSHOT), { signal })).toEqual({
      ok: false,
      error: { code: 'store', store: code, message: `no: ${code}` },
    });
    expect(store.keys()).toEqual([]);
  });

test.each<Dress>(['plain', 'both'])(
  'a store that calls it stored before it has all is not believed (%s)',
  async (dress) => {
    const { vault, store } = faultScene(settingsFor(dress, keys), (honest) => ({
      put: async (key, content, options) => {
        for await (const piece of content instanceof Uint8Array ? [content] : content)
          return await honest.put(key, piece, options);
        return await honest.put(key, new Uint8Array(0), options);
      },
    }));

    expect(await vault.take(orderOf(idOf(nextTime()), SNAPSHOT), { signal })).toMatchObject({
      ok: false,
      error: { code: 'differs' },
    });
    expect(store.keys()).toEqual([]);
  },
);

test.each(DRESSES)('giving up while it is read back leaves nothing (%s)', async (dress) => {
  const stop = new AbortController();
  const { vault, store } = faultScene(settingsFor(dress, keys), (honest) => ({
    get: async (...given) => {
      stop.abort();
      return await honest.get(...given);
    },
  }));

  expect(await vault.take(orderOf(idOf(nextTime()), SNAPSHOT), { signal: stop.signal })).toMatchObject({
    ok: false,
    error: { code: 'cancelled' },
  });
  expect(store.keys()).toEqual([]);
});

test('a giver that does not hear that it has to end holds up nobody for ever, and leaves nothing', async () => {
  const { vault, store } = faultScene(settingsFor('plain', keys));
  const stop = new AbortController();
  const id = idOf(nextTime());
  const taking = vault.take(
    {
      id,
      role: 'snapshot',
      feed: async (write) => {
        await write(SNAPSHOT.subarray(0, 512));
        setImmediate(() => stop.abort());
        return await new Promise(() => undefined);
      },
    },
    { signal: stop.signal },
  );

  expect(await taking).toMatchObject({ ok: false, error: { code: 'cancelled' } });
  expect(store.keys()).toEqual([]);
});

test('what cannot be removed again is told', async () => {
  const { vault } = faultScene(settingsFor('plain', keys), (honest) => ({
    ...keepsOther(honest, (bytes) => flipAt(bytes, 0)),
    delete: async () => await Promise.resolve({ ok: false, error: { code: 'denied', message: 'not allowed' } }),
  }));

  expect(await vault.take(orderOf(idOf(nextTime()), SNAPSHOT), { signal })).toMatchObject({
    ok: false,
    error: { code: 'differs', message: expect.stringMatching(/\. It is still in the store: not allowed$/) },
  });
});

test('a store that hesitates while it is read back is asked again, and throws nothing away', async () => {
  const away = { ok: false, error: { code: 'away', message: 'nothing came for 15 s' } } as const;
  let hiccups = 1;
  const { vault, store } = faultScene(settingsFor('plain', keys), (honest) => ({
    get: async (...given) => {
      hiccups -= 1;
      return hiccups >= 0 ? away : await honest.get(...given);
    },
  }));
  expect(await vault.take(orderOf(idOf(nextTime()), SNAPSHOT), { signal })).toMatchObject({ ok: true });

  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  hiccups = 100;
  const taking = vault.take(orderOf(idOf(nextTime()), SNAPSHOT), { signal });
  await vi.advanceTimersByTimeAsync(0);
  for (let turn = 0; turn < 20; turn += 1) {
    await new Promise((resolve) => void setImmediate(resolve));
    await vi.advanceTimersByTimeAsync(30_000);
  }
  expect(await taking).toMatchObject({
    ok: false,
    error: { code: 'store', store: 'away', message: expect.stringContaining('. It is still in the store: ') },
  });
  expect([hiccups, store.keys().length]).toEqual([96, 2]);
});
