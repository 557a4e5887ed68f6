import { randomBytes } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { TlsFiles } from '../certificates.ts';
import { openEtcdClient } from '../etcd-client.ts';
import type { PlatformMember } from '../platforms.ts';
import { waitFor } from '../waiting.ts';

/** What was overwritten in a database, and with what. */
export interface Overwritten {
  readonly file: string;
  readonly was: Buffer;
  readonly is: Buffer;
}

/** etcd writes its pages at least this often, ms: `--backend-batch-interval`, and some more. */
const BATCH_MS = 250;
const CALM_LOOKS = 3;
const CHUNK = 8 * 1024 * 1024;

/**
 * Writes a key of our own through the ring, waits until the member has it in its database file, and overwrites its value there by one
 * as long. The pages of the file have no check sums and the running process reads them from memory that shows the file: it goes on,
 * with other data than the others, and nobody is told before somebody compares hashes.
 *
 * @throws Error when the ring takes no write, or the member does not get it within 20 s.
 */
export async function overwriteValue(member: PlatformMember, tls: TlsFiles): Promise<Overwritten> {
  const token = randomBytes(16).toString('hex');
  const was = Buffer.from(`drydock-playground ${token} as it was written`);
  const is = Buffer.from(`drydock-playground ${token} as it was damaged`.padEnd(was.length, '!'));
  if (was.length !== is.length) throw new Error('both values must be of one length');
  const client = openEtcdClient(member.clientUrl, tls, 10_000);
  try {
    await client.put(`/playground/fault/${member.name}`, was);
  } finally {
    client.close();
  }
  const file = join(member.dataDirectory, 'member', 'snap', 'db');
  await waitFor(`the value to be in ${file}`, async () => (await replaceAll(file, was, is)) > 0, {
    timeoutMs: 20_000,
    everyMs: 100,
  });
  await untilGone(file, was, is);
  return { file, was, is };
}

/** Puts the value back. @throws Error when it is not in the file any more, or comes back for 20 s. */
export async function putBack({ file, was, is }: Overwritten): Promise<void> {
  if ((await replaceAll(file, is, was)) === 0) throw new Error(`the damaged value is no longer in ${file}`);
  await untilGone(file, is, was);
}

/** A page that the process was changing at that moment is written after ours, as it was in its memory: looked for until none comes any more. */
async function untilGone(file: string, from: Buffer, to: Buffer): Promise<void> {
  let calm = 0;
  await waitFor(
    `a value to stay out of ${file}`,
    async () => {
      calm = (await replaceAll(file, from, to)) === 0 ? calm + 1 : 0;
      return calm === CALM_LOOKS;
    },
    { timeoutMs: 20_000, everyMs: BATCH_MS },
  );
}

/** Replaces every occurrence in a file by as many bytes. Answers how many there were. */
export async function replaceAll(file: string, from: Buffer, to: Buffer): Promise<number> {
  const handle = await open(file, 'r+');
  try {
    const found = await occurrences(handle, from);
    for (const offset of found) await handle.write(to, 0, to.length, offset);
    await handle.sync();
    return found.length;
  } finally {
    await handle.close();
  }
}

async function occurrences(handle: FileHandle, wanted: Buffer): Promise<readonly number[]> {
  const found: number[] = [];
  const bytes = Buffer.alloc(CHUNK);
  // Chunks overlap, so that what lies across a border is found too, and once.
  for (let start = 0; ; start += CHUNK - wanted.length + 1) {
    const { bytesRead } = await handle.read(bytes, 0, CHUNK, start);
    const chunk = bytes.subarray(0, bytesRead);
    for (let at = chunk.indexOf(wanted); at !== -1; at = chunk.indexOf(wanted, at + 1)) found.push(start + at);
    if (bytesRead < CHUNK) return found;
  }
}
