import { cp, open, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { makeTemporaryDirectory, removeDirectory } from '../../playground/directories.ts';
import type { PlaygroundRedis } from '../../playground/redis.ts';

/** The files of a Redis as they were at one moment. */
export interface KeptRedis {
  /** Makes them its files again. The server must be down. */
  putBack(): Promise<void>;
  remove(): Promise<void>;
}

/** Keeps a copy of what a running Redis has on disk, as a backup of its volume would. */
export async function keepRedis(redis: PlaygroundRedis): Promise<KeptRedis> {
  const copy = await makeTemporaryDirectory('older-redis');
  // Nothing is half written while it stands still.
  redis.pause();
  try {
    await cp(redis.directory, copy, { recursive: true });
  } finally {
    redis.resume();
  }
  return {
    async putBack() {
      await rm(filesOf(redis), { recursive: true, force: true });
      await cp(copy, redis.directory, { recursive: true });
    },
    remove: async () => await removeDirectory(copy),
  };
}

/**
 * Cuts the append-only file of a Redis that is down in the middle of its newest write with this text, as a loss of power does with
 * `appendfsync everysec`: that write and every later one are gone. Redis drops the torn transaction when it starts.
 *
 * @returns how many bytes were lost
 * @throws Error when no write has the text.
 */
export async function loseTail(redis: PlaygroundRedis, text: string): Promise<number> {
  const names = await readdir(filesOf(redis));
  const name = names
    .filter((each) => each.endsWith('.incr.aof'))
    .toSorted()
    .at(-1);
  if (name === undefined) throw new Error('the Redis has no append-only file');
  const path = join(filesOf(redis), name);
  const content = await readFile(path);
  const at = content.lastIndexOf(text);
  if (at < 0) throw new Error(`no write has ${text}`);
  const file = await open(path, 'r+');
  try {
    await file.truncate(at);
  } finally {
    await file.close();
  }
  return content.length - at;
}

function filesOf({ directory }: PlaygroundRedis): string {
  return join(directory, 'appendonlydir');
}
