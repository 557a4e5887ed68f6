import { randomBytes } from 'node:crypto';
import { type FileHandle, open, readdir, readFile } from 'node:fs/promises';
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

const CHUNK = 8 * 1024 * 1024;
const WRITTEN_MS = 60_000;
/** One transaction can have been open. */
const MOST_TURNS = 20;

/**
 * Writes a key of our own through the ring, waits until the member has it in its database file, and overwrites its value there by one
 * as long. The pages of the file have no check sums and the running process reads them from memory that shows the file: it goes on,
 * with other data than the others, and nobody is told before somebody compares hashes.
 *
 * @throws Error when the ring takes no write, or the member does not write it to its file within 60 s.
 */
export async function overwriteValue(member: PlatformMember, tls: TlsFiles): Promise<Overwritten> {
  const token = randomBytes(16).toString('hex');
  const was = Buffer.from(`drydock-playground ${token} as it was written`);
  const is = Buffer.from(`drydock-playground ${token} as it was damaged`.padEnd(was.length, '!'));
  if (was.length !== is.length) throw new Error('both values must be of one length');
  const file = join(member.dataDirectory, 'member', 'snap', 'db');
  await put(member, tls, member.name, was);
  await inFile(file, was);
  await replaceForGood(member, tls, { file, from: was, to: is });
  return { file, was, is };
}

/** Puts the value back. @throws Error when it is not in the file any more, or a member that runs writes nothing for 60 s. */
export async function putBack(member: DamagedMember, tls: TlsFiles, { file, was, is }: Overwritten): Promise<void> {
  const found = await replaceForGood(member, tls, { file, from: is, to: was });
  if (found === 0) throw new Error(`the damaged value is no longer in ${file}`);
}

/** What is asked of a member whose file is changed. */
type DamagedMember = Pick<PlatformMember, 'name' | 'clientUrl' | 'pid'>;

/**
 * A page that the process was changing at that moment is written after ours, as it was in its memory: looked for until a transaction that began
 * behind ours brought none. Answers how many there were at first.
 */
async function replaceForGood(
  member: DamagedMember,
  tls: TlsFiles,
  { file, from, to }: { readonly file: string; readonly from: Buffer; readonly to: Buffer },
): Promise<number> {
  const look = async (): Promise<number> => await whileFrozen(member, async () => await replaceAll(file, from, to));
  const first = await look();
  for (let found = first, turn = 0; found > 0 && member.pid() !== undefined; found = await look(), turn += 1) {
    if (turn === MOST_TURNS)
      throw new Error(`${member.name} writes a value again and again that is not to be in ${file}`);
    await untilCommitted(member, tls, file);
  }
  return first;
}

/** Waits until every transaction that the database has open now is in its file as a whole: the second value is put when the first is being written. */
async function untilCommitted(member: DamagedMember, tls: TlsFiles, file: string): Promise<void> {
  for (const _ of ['written', 'written behind it']) {
    const value = Buffer.from(randomBytes(16).toString('hex'));
    await put(member, tls, `${member.name}.committed`, value);
    await inFile(file, value);
  }
}

async function put({ clientUrl }: DamagedMember, tls: TlsFiles, name: string, value: Buffer): Promise<void> {
  const client = openEtcdClient(clientUrl, tls, 10_000);
  try {
    await client.put(`/playground/fault/${name}`, value);
  } finally {
    client.close();
  }
}

async function inFile(file: string, value: Buffer): Promise<void> {
  const isThere = async (): Promise<boolean> => {
    const handle = await open(file, 'r');
    try {
      return (await occurrences(handle, value)).length > 0;
    } finally {
      await handle.close();
    }
  };
  await waitFor(`a value to be in ${file}`, isThere, { timeoutMs: WRITTEN_MS, everyMs: 100 });
}

/** Pages change their place: what is found at one must still be there when it is written. */
async function whileFrozen<T>({ pid }: DamagedMember, work: () => Promise<T>): Promise<T> {
  const frozen = pid();
  if (frozen === undefined) return await work();
  try {
    process.kill(frozen, 'SIGSTOP');
    await waitFor(`process ${frozen} to stand still`, async () => await isStopped(frozen));
    return await work();
  } finally {
    wake(frozen);
  }
}

async function isStopped(pid: number): Promise<boolean> {
  const threads = await readdir(`/proc/${pid}/task`);
  const texts = await Promise.all(
    threads.map(async (each) => await readFile(`/proc/${pid}/task/${each}/status`, 'utf8')),
  );
  return texts.every((text) => /^State:\s+[TZ]/m.test(text));
}

function wake(pid: number): void {
  try {
    process.kill(pid, 'SIGCONT');
  } catch {
    // It has ended meanwhile.
  }
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
