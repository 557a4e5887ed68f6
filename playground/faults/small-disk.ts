import { execFile, spawn } from 'node:child_process';
import { appendFile, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DISK_NAME } from '../disks-in-memory.ts';

const run = promisify(execFile);

/** A disk of a directory's own, without room. */
export interface SmallDisk {
  /** Of the whole disk. */
  readonly mebibytes: number;
  /** Puts what is in the directory back on the disk where it was, and takes the small one away. Nobody may use it. */
  remove(): Promise<void>;
}

/** Larger data are not put into memory. */
const MOST_MIB = 1024;
/** What is free beside the data before it is filled. */
const ROOM_MIB = 1;
const FILLER = 'playground.full';

/**
 * Puts a member's data directory on a small disk in memory, mounted in its place, and fills that to the last byte. What etcd has
 * not written of its log yet takes no room there, so that it finds none when it reserves or writes it. Nobody may use the directory
 * meanwhile.
 *
 * @throws Error when this machine does not let us mount, or the data are larger than 1 GiB.
 */
export async function fillDisk(directory: string): Promise<SmallDisk> {
  const copy = `${directory}.on-disk`;
  await rm(copy, { recursive: true, force: true });
  await copyContent(directory, copy);
  await makeHoles(copy);
  try {
    const used = await mebibytesOf(copy);
    if (used > MOST_MIB) throw new Error(`its data are ${used} MiB: more than a disk in memory may take`);
    const mebibytes = used + ROOM_MIB;
    await mount(directory, mebibytes);
    const guard = unmountWhenOrphaned(directory);
    try {
      await copyContent(copy, directory);
      await fill(join(directory, FILLER), mebibytes);
    } catch (error) {
      guard();
      await run('umount', [directory]);
      throw error;
    }
    return {
      mebibytes,
      async remove() {
        await rm(join(directory, FILLER), { force: true });
        await rm(copy, { recursive: true, force: true });
        await copyContent(directory, copy);
        guard();
        await run('umount', [directory]);
        await rm(directory, { recursive: true, force: true });
        await copyContent(copy, directory);
        await rm(copy, { recursive: true, force: true });
      },
    };
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}

/** Writes until there is no room. */
async function fill(file: string, mebibytes: number): Promise<void> {
  await appendFile(file, Buffer.alloc((mebibytes + 1) * 1024 * 1024)).catch((error: unknown) => {
    if (!isFull(error)) throw error;
  });
}

async function mount(directory: string, mebibytes: number): Promise<void> {
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m,mode=0700`, DISK_NAME, directory]);
  } catch (error) {
    const why = error instanceof Error ? error.message.trim().split('\n').at(-1) : String(error);
    throw new Error(`this machine lets us mount no disk: ${why ?? ''}`, { cause: error });
  }
}

/** The mount goes when this process dies without taking it away. Answers how that is called off. */
function unmountWhenOrphaned(directory: string): () => void {
  const guard = spawn('sh', ['-c', 'read -r word; [ "$word" = done ] || umount -l "$1"', 'sh', directory], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  guard.on('error', () => undefined);
  guard.stdin.on('error', () => undefined);
  guard.unref();
  return () => void guard.stdin.end('done\n');
}

/** As `cp` does it; holes stay holes. */
async function copyContent(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true, mode: 0o700 });
  await run('cp', ['-a', `${from}/.`, `${to}/`]);
}

/**
 * Leaves out what is only zeros of the log, and nothing of the database: who reads a hole of a file that is mapped into his memory is
 * ended by the kernel when there is no room for it.
 */
async function makeHoles(copy: string): Promise<void> {
  for (const [part, sparse] of [
    ['wal', 'always'],
    ['snap', 'never'],
  ] as const) {
    const from = join(copy, 'member', part);
    await run('cp', ['-a', `--sparse=${sparse}`, from, `${from}.copied`]);
    await rm(from, { recursive: true });
    await rename(`${from}.copied`, from);
  }
}

async function mebibytesOf(directory: string): Promise<number> {
  const { stdout } = await run('du', ['-sm', directory]);
  return Number(stdout.split('\t')[0]);
}

function isFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOSPC';
}
