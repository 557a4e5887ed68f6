import { expect, test } from 'vitest';
import { BLOCK_BYTES, fed } from '../../../../src/adapters/backup/feed.ts';

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

test('gathers what comes in small pieces, keeps none of them, and asks for no more than a block that nobody wanted yet', async () => {
  const sent = Buffer.alloc(5 * BLOCK_BYTES + 1, 'some bytes');
  let written = 0;
  const content = fed(async (write) => {
    const careless = Buffer.alloc(BLOCK_BYTES / 4);
    for (let at = 0; at < sent.length; at += careless.length) {
      const length = sent.copy(careless, 0, at);
      await write(careless.subarray(0, length));
      written += length;
      careless.fill(0);
    }
    return { ok: true };
  }, signal);

  const blocks: Uint8Array[] = [];
  for await (const block of content) {
    blocks.push(block);
    for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => void setImmediate(resolve));
    expect(written).toBeLessThanOrEqual(blocks.length * BLOCK_BYTES + 1);
  }
  expect(blocks.map(({ length }) => length)).toEqual([...Array.from({ length: 5 }, () => BLOCK_BYTES), 1]);
  expect(Buffer.concat(blocks).equals(sent)).toBe(true);
});

test('cuts what comes in one large piece', async () => {
  const sent = Buffer.alloc(2 * BLOCK_BYTES + 9, 'some bytes');
  const blocks: Uint8Array[] = [];
  const content = fed(async (write) => {
    await write(sent);
    return { ok: true };
  }, signal);
  for await (const block of content) blocks.push(block);

  expect(blocks.map(({ length }) => length)).toEqual([BLOCK_BYTES, BLOCK_BYTES, 9]);
  expect(Buffer.concat(blocks).equals(sent)).toBe(true);
});

test('ends the feed when nobody wants more', async () => {
  const seen: string[] = [];
  const content = fed(async (write, ending) => {
    ending.addEventListener('abort', () => void seen.push('ended'));
    await write(Buffer.alloc(BLOCK_BYTES + 1)).catch(() => void seen.push('refused'));
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
