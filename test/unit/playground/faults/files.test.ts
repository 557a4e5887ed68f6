import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { putBack, replaceAll } from '../../../../playground/faults/database.ts';
import { damageLog, recordEnds, repairLog } from '../../../../playground/faults/wal.ts';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'drydock-faults-'));
});

afterEach(async () => await rm(directory, { recursive: true }));

/** A record as etcd frames it. */
function frame(length: number, padding = 0): Buffer {
  const field = Buffer.alloc(8);
  field.writeBigUInt64LE(BigInt(length) | (padding === 0 ? 0n : BigInt(0x80 | padding) << 56n));
  return Buffer.concat([field, Buffer.alloc(length, 7), Buffer.alloc(padding)]);
}

test('records are found by their lengths, padding left out, up to where nothing was written yet', () => {
  const segment = Buffer.concat([frame(4, 4), frame(30, 2), frame(40), Buffer.alloc(64)]);

  expect(recordEnds(segment)).toEqual([16 + 8 + 30, 16 + 40 + 8 + 40]);
  expect(recordEnds(Buffer.concat([frame(30), frame(100).subarray(0, 50)]))).toEqual([38]);
  expect(recordEnds(Buffer.alloc(3))).toEqual([]);
});

test('one byte of the newest segment is changed, and changed back', async () => {
  const folder = join(directory, 'member', 'wal');
  await mkdir(folder, { recursive: true });
  const segment = Buffer.concat([frame(30, 2), frame(40), frame(50, 6), Buffer.alloc(100)]);
  await writeFile(join(folder, '0000000000000000-0000000000000000.wal'), segment);
  const newest = join(folder, '0000000000000001-0000000000000400.wal');
  await writeFile(newest, segment);
  await writeFile(join(folder, '0.tmp'), '');

  const damage = await damageLog(directory);
  const changed = await readFile(newest);
  expect(damage.file).toBe(newest);
  expect(segment.filter((byte, at) => changed[at] !== byte)).toHaveLength(1);
  expect(changed[damage.offset]).toBe(7 ^ 0xff);
  await repairLog(damage);
  expect(await readFile(newest)).toEqual(segment);
});

test('a log without a record is not damaged', async () => {
  await mkdir(join(directory, 'member', 'wal'), { recursive: true });
  await expect(damageLog(directory)).rejects.toThrow('has no log');
  await writeFile(join(directory, 'member', 'wal', '0.wal'), Buffer.alloc(64));
  await expect(damageLog(directory)).rejects.toThrow('no record yet');
});

test('a value is found wherever it lies, also across the parts in which a file is read, and the rest stays', async () => {
  const file = join(directory, 'db');
  const [was, is] = [Buffer.from('the value as it was'), Buffer.from('the value as it is!')];
  const size = 9 * 1024 * 1024;
  const bytes = Buffer.alloc(size, 1);
  const places = [0, 8 * 1024 * 1024 - 5, size - was.length];
  for (const at of places) was.copy(bytes, at);
  await writeFile(file, bytes);
  // It does not run, and nobody writes to the file meanwhile.
  const member = { name: 'm-1', clientUrl: 'https://127.0.0.1:1', pid: () => undefined };
  const tls = { ca: '', cert: '', key: '' };

  expect(await replaceAll(file, was, is)).toBe(3);
  const changed = await readFile(file);
  expect(changed.length).toBe(size);
  for (const at of places) expect(changed.subarray(at, at + is.length)).toEqual(is);
  await putBack(member, tls, { file, was, is });
  expect((await readFile(file)).equals(bytes)).toBe(true);
  await expect(putBack(member, tls, { file, was, is })).rejects.toThrow('no longer in');
});
