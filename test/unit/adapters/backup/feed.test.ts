import { expect, test } from 'vitest';
import { fed } from '../../../../src/adapters/backup/feed.ts';

const { signal } = new AbortController();
const piece = (byte: number): Uint8Array => new Uint8Array([byte]);

async function all(content: AsyncIterable<Uint8Array>): Promise<number[]> {
  const bytes: number[] = [];
  for await (const each of content) bytes.push(...each);
  return bytes;
}

test('loses nothing of a feed that waits for no write', async () => {
  const refused: string[] = [];
  const content = fed(async (write) => {
    const writes = [1, 2, 3].map(async (byte) => await write(piece(byte)));
    setImmediate(() => void write(piece(4)).catch((error: unknown) => void refused.push(String(error))));
    void Promise.all(writes);
    return await Promise.resolve({ ok: true });
  }, signal);

  expect(await all(content)).toEqual([1, 2, 3]);
  await expect.poll(() => refused).toEqual(['Error: nothing more is taken']);
});

test('asks for the next piece when it wants one', async () => {
  const written: number[] = [];
  const content = fed(async (write) => {
    for (const byte of [1, 2, 3]) {
      await write(piece(byte));
      written.push(byte);
    }
    return { ok: true };
  }, signal);

  expect(await content.next()).toEqual({ done: false, value: piece(1) });
  expect(written).toEqual([]);
  expect(await content.next()).toEqual({ done: false, value: piece(2) });
  expect(written).toEqual([1]);
  expect(await all(content)).toEqual([3]);
  expect(written).toEqual([1, 2, 3]);
});

test('ends the feed when nobody wants more', async () => {
  const seen: string[] = [];
  const content = fed(async (write, ending) => {
    ending.addEventListener('abort', () => void seen.push('ended'));
    await write(piece(1)).catch(() => void seen.push('refused'));
    return { ok: true };
  }, signal);

  await content.next();
  await content.return(undefined);

  await expect.poll(() => seen.toSorted()).toEqual(['ended', 'refused']);
});

test('does not begin what was given up before', async () => {
  const begun: string[] = [];
  const content = fed(async () => {
    begun.push('begun');
    return await Promise.resolve({ ok: true });
  }, AbortSignal.abort());

  await expect(all(content)).rejects.toMatchObject({ error: { code: 'cancelled' } });
  expect(begun).toEqual([]);
});

test('says how a feed failed, also one that throws at once', async () => {
  const says = fed(async () => await Promise.resolve({ ok: false, why: 'cp-2 is away' }), signal);
  const throws = fed(() => {
    throw new Error('cp-2 is away');
  }, signal);

  for (const content of [says, throws])
    await expect(all(content)).rejects.toMatchObject({ error: { code: 'source-failed', message: 'cp-2 is away' } });
});
