import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readWhole } from '../../../src/core/object-bytes.ts';
import { ObjectReadFailed, type ObjectStore } from '../../../src/core/ports/object-store.ts';

/** A store under test, empty at first. */
export interface Place {
  readonly store: ObjectStore;
  /** Whether it lists in pages: s3rver 3.7.1 answers 500 on Node 24 when there are more. */
  readonly pages: boolean;
  /** Changes one stored byte behind the store's back. */
  damage(key: string): Promise<void>;
  stop(): Promise<void>;
}

const MOST = 64 * 1024 * 1024;

/** SHA-256 as the port has it. */
export function shaOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Bytes in chunks that fit no part of an upload. */
export async function* inChunks(bytes: Uint8Array, size = 777_777): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.subarray(at, at + size));
}

/** The same bytes each time, of any length. */
export function sampleBytes(size: number): Uint8Array {
  return Buffer.alloc(
    size,
    Uint8Array.from({ length: 251 }, (_, index) => (index * 31) % 251),
  );
}

/** A source that breaks after some bytes. */
export async function* breaking(size: number): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(sampleBytes(size));
  throw new Error('the member hung up');
}

/** What every object store does. */
export function describeObjectStore(name: string, make: () => Promise<Place>): void {
  describe(`an object store ${name}`, () => {
    let place: Place;
    beforeAll(async () => {
      place = await make();
    });
    afterAll(async () => await place.stop());

    async function textOf(key: string): Promise<string> {
      const read = await readWhole(place.store, key, MOST);
      return read.ok ? new TextDecoder().decode(read.value.bytes) : read.error.code;
    }

    async function put(key: string, text: string): Promise<void> {
      expect(await place.store.put(key, new TextEncoder().encode(text))).toMatchObject({ ok: true });
    }

    test.each([
      ['bytes', 1000],
      ['no bytes at all', 0],
    ])('gives back what it was given: %s', async (what, size) => {
      const bytes = sampleBytes(size);
      const key = `given/${what.replaceAll(' ', '-')}.db`;
      const stored = await place.store.put(key, bytes);
      expect(stored).toMatchObject({ ok: true, value: { key, size, sha256: shaOf(bytes), retainedUntil: null } });
      const read = await readWhole(place.store, key, MOST, { sha256: shaOf(bytes) });
      expect(read.ok && Buffer.from(read.value.bytes).equals(bytes)).toBe(true);
      expect(await place.store.head(key)).toMatchObject({ ok: true, value: { key, size } });
    });

    test('gives back a stream of several parts, and knows its hash', async () => {
      const bytes = sampleBytes(20_000_001);
      const stored = await place.store.put('streams/large.db', inChunks(bytes), { sha256: shaOf(bytes) });
      expect(stored).toMatchObject({ ok: true, value: { size: bytes.length, sha256: shaOf(bytes) } });
      const read = await readWhole(place.store, 'streams/large.db', MOST, { sha256: shaOf(bytes) });
      expect(read.ok && Buffer.from(read.value.bytes).equals(bytes)).toBe(true);
      const small = await place.store.put('streams/small.db', inChunks(bytes.subarray(0, 10), 3));
      expect(small).toMatchObject({ ok: true, value: { size: 10, sha256: shaOf(bytes.subarray(0, 10)) } });
    });

    test('says when the object was stored, by a clock', async () => {
      await put('when', 'now');
      const head = await place.store.head('when');
      expect(head.ok && Number.isFinite(Date.parse(head.value.storedAt))).toBe(true);
      expect(head.ok && Date.parse(head.value.storedAt)).toBeGreaterThan(Date.parse('2020-01-01'));
    });

    test('what is not there is named so, and removed is what was never there', async () => {
      expect(await place.store.get('none')).toMatchObject({ ok: false, error: { code: 'not-there' } });
      expect(await place.store.head('none/at/all')).toMatchObject({ ok: false, error: { code: 'not-there' } });
      expect(await place.store.delete('none')).toEqual({ ok: true, value: null });
    });

    test('replaces, unless it is only to create', async () => {
      await put('one', 'first');
      await put('one', 'second');
      expect(await textOf('one')).toBe('second');
      const third = await place.store.put('one', new TextEncoder().encode('third'), { createOnly: true });
      expect(third).toMatchObject({ ok: false, error: { code: 'already-there' } });
      const stream = await place.store.put('one', inChunks(sampleBytes(9)), { createOnly: true });
      expect(stream).toMatchObject({ ok: false, error: { code: 'already-there' } });
      expect(await textOf('one')).toBe('second');
      const fresh = await place.store.put('two', new TextEncoder().encode('first'), { createOnly: true });
      expect(fresh).toMatchObject({ ok: true });
    });

    test('stores nothing that is not what was announced', async () => {
      const other = shaOf(sampleBytes(3));
      const bytes = await place.store.put('wrong/bytes', sampleBytes(2), { sha256: other });
      expect(bytes).toMatchObject({ ok: false, error: { code: 'checksum-differs' } });
      const stream = await place.store.put('wrong/stream', inChunks(sampleBytes(2)), { sha256: other });
      expect(stream).toMatchObject({ ok: false, error: { code: 'checksum-differs' } });
      expect(await place.store.list({ prefix: 'wrong/' })).toMatchObject({ ok: true, value: { objects: [] } });
    });

    test('stores nothing when the source breaks, and says that it was the source', async () => {
      const broken = await place.store.put('broken', breaking(1000));
      expect(broken).toMatchObject({ ok: false, error: { code: 'source-failed' } });
      expect(broken.ok ? '' : broken.error.message).toContain('the member hung up');
      expect(await place.store.head('broken')).toMatchObject({ ok: false, error: { code: 'not-there' } });
    });

    test('stores nothing when it is cancelled', async () => {
      const cancelled = AbortSignal.abort();
      expect(await place.store.put('late', inChunks(sampleBytes(9)), { signal: cancelled })).toMatchObject({
        error: { code: 'cancelled' },
      });
      expect(await place.store.head('late')).toMatchObject({ ok: false, error: { code: 'not-there' } });
    });

    test('a byte that changed in the store is found by whoever knows the hash', async () => {
      const bytes = sampleBytes(100_000);
      await place.store.put('damaged', bytes);
      await place.damage('damaged');
      const read = await readWhole(place.store, 'damaged', MOST, { sha256: shaOf(bytes) });
      expect(read).toMatchObject({ ok: false, error: { code: 'checksum-differs' } });
      const got = await place.store.get('damaged', { sha256: shaOf(bytes) });
      if (!got.ok) throw new Error(got.error.message);
      const reading = (async () => {
        for await (const chunk of got.value.bytes) expect(chunk.length).toBeGreaterThan(0);
      })();
      await expect(reading).rejects.toBeInstanceOf(ObjectReadFailed);
    });

    test('more than asked for is not read into memory', async () => {
      await place.store.put('much', sampleBytes(5000));
      expect(await readWhole(place.store, 'much', 4999)).toMatchObject({ error: { code: 'refused' } });
      expect(await readWhole(place.store, 'much', 5000)).toMatchObject({ ok: true });
    });

    test('lists in order of keys, page by page, below a prefix', async () => {
      for (const each of ['b', 'a/2', 'a/10', 'c/d/e']) await put(`listed/${each}`, each);
      await put('listed-not', 'x');
      const whole = await place.store.list({ prefix: 'listed/' });
      const keys = ['listed/a/10', 'listed/a/2', 'listed/b', 'listed/c/d/e'];
      expect(whole.ok && whole.value.objects.map(({ key }) => key)).toEqual(keys);
      expect(whole).toMatchObject({ value: { next: null } });
      const behind = await place.store.list({ prefix: 'listed/', after: 'listed/a/2' });
      expect(behind.ok && behind.value.objects.map(({ key }) => key)).toEqual(keys.slice(2));
      if (!place.pages) return;
      const first = await place.store.list({ prefix: 'listed/', limit: 2 });
      expect(first.ok && first.value.objects.map(({ key }) => key)).toEqual(keys.slice(0, 2));
      const after = first.ok ? (first.value.next ?? 'none') : 'failed';
      const second = await place.store.list({ prefix: 'listed/', limit: 9, after });
      expect(second.ok && second.value.objects.map(({ key }) => key)).toEqual(keys.slice(2));
    });

    test('what was removed is gone', async () => {
      await put('gone/soon', 'x');
      expect(await place.store.delete('gone/soon')).toEqual({ ok: true, value: null });
      expect(await place.store.get('gone/soon')).toMatchObject({ error: { code: 'not-there' } });
    });

    test.each(['', '/a', 'a//b', '../a', 'a/../b', '.hidden', 'a/.unfinished-1', 'ä', 'a b', 'x'.repeat(201)])(
      'a key that leads elsewhere, or not everywhere to the same, is refused: %#',
      async (key) => {
        expect(await place.store.put(key, sampleBytes(1))).toMatchObject({ error: { code: 'refused' } });
        expect(await place.store.get(key)).toMatchObject({ error: { code: 'refused' } });
        expect(await place.store.delete(key)).toMatchObject({ error: { code: 'refused' } });
      },
    );

    test('a store that cannot keep an object says so', async () => {
      const kept = await place.store.put('kept', sampleBytes(1), { retainUntil: '2099-01-01T00:00:00.000Z' });
      expect(kept).toMatchObject({ ok: false, error: { code: 'no-retention' } });
    });
  });
}
