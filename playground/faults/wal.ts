import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Where a byte of a log was changed. */
export interface Damage {
  readonly file: string;
  readonly offset: number;
}

/** Least size of a record whose last byte is part of its data: type, check sum and length of the data come first. */
const LEAST_RECORD = 24;
const FRAME = 8;
const CHUNK = 4 * 1024 * 1024;

/**
 * Changes the last byte of a record in the middle of the newest segment of a member's write-ahead log: etcd then finds another check sum
 * than the one that stands there, and ends at every start. A cut at the end would not do: that it repairs by itself.
 *
 * The member must not run.
 *
 * @throws Error when there is no log, or one without a record that is large enough.
 */
export async function damageLog(dataDirectory: string): Promise<Damage> {
  const folder = join(dataDirectory, 'member', 'wal');
  const newest = (await readdir(folder))
    .filter((name) => name.endsWith('.wal'))
    .toSorted()
    .at(-1);
  if (newest === undefined) throw new Error(`${folder} has no log`);
  const file = join(folder, newest);
  const records = recordEnds(await beginning(file));
  const end = records[Math.floor(records.length / 2)];
  if (end === undefined) throw new Error(`${file} has no record yet that could be damaged`);
  const damage = { file, offset: end - 1 };
  await flip(damage);
  return damage;
}

/** Changes the byte of {@link damageLog} back. @throws Error when the file is no longer there. */
export async function repairLog(damage: Damage): Promise<void> {
  await flip(damage);
}

async function flip({ file, offset }: Damage): Promise<void> {
  const handle = await open(file, 'r+');
  try {
    const byte = Buffer.alloc(1);
    await handle.read(byte, 0, 1, offset);
    byte.writeUInt8(byte.readUInt8(0) ^ 0xff);
    await handle.write(byte, 0, 1, offset);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function beginning(file: string): Promise<Buffer> {
  const handle = await open(file, 'r');
  try {
    const bytes = Buffer.alloc(CHUNK);
    const { bytesRead } = await handle.read(bytes, 0, CHUNK, 0);
    return bytes.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

/**
 * Where the records of a segment end that are large enough. A record is a length of 8 bytes, whose highest byte tells how much padding
 * follows, then so many bytes; a length of 0 is where nothing was written yet.
 *
 * Source: `decodeFrameSize` in etcd's `wal/decoder.go`.
 */
export function recordEnds(segment: Buffer): readonly number[] {
  const ends: number[] = [];
  for (let at = 0; at + FRAME <= segment.length; ) {
    const field = segment.readBigUInt64LE(at);
    if (field === 0n) break;
    const length = Number(field & 0x00ff_ffff_ffff_ffffn);
    const flags = Number(field >> 56n);
    const padding = (flags & 0x80) === 0 ? 0 : flags & 0x07;
    const end = at + FRAME + length;
    if (end > segment.length) break;
    if (length >= LEAST_RECORD) ends.push(end);
    at = end + padding;
  }
  return ends;
}
