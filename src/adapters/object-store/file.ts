import { randomUUID } from 'node:crypto';
import {
  access,
  constants,
  type FileHandle,
  link,
  mkdir,
  open,
  readdir,
  rename,
  rm,
  stat,
  statfs,
  unlink,
} from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { objectKeyProblem } from '../../core/object-key.ts';
import type {
  ObjectContent,
  ObjectGet,
  ObjectPage,
  ObjectPut,
  ObjectQuery,
  ObjectResult,
  ObjectStore,
  ObjectStoreErrorCode,
  StoredObject,
} from '../../core/ports/object-store.ts';
import { fileError } from './file-errors.ts';
import { checked, hashing } from './hashing.ts';

/** Keys have no part that begins with a dot, so no object is ever called like this. */
const UNFINISHED = '.unfinished-';
/** An object is never changed in its place. */
const MODE = 0o440;
const PAGE = 1000;
/** Read at once. */
const READ_BYTES = 256 * 1024;

/**
 * A folder; the key is the path in it. Folders on the way are made. A file is written under another name, brought to the disk, then given
 * its own. Nothing keeps its owner from removing it: `retainUntil` is answered with `no-retention`.
 */
export function createFileStore(folder: string): ObjectStore {
  return {
    place: folder,
    put: async (key, content, options = {}) => await put(folder, key, content, options),
    get: async (key, options = {}) => await get(folder, key, options),
    head: async (key) => await atPath(folder, key, 'found', async (path) => ok(objectOf(key, await stat(path)))),
    list: async (query = {}) => await list(folder, query),
    delete: async (key) =>
      await atPath(folder, key, 'removed', async (path) => {
        await rm(path, { force: true });
        return ok(null);
      }),
    room: async () => await roomIn(folder),
    removeUnfinished: async (begunBefore, { prefix = '' } = {}) =>
      await removeUnfinished(folder, prefix, Date.parse(begunBefore)),
  };
}

/** Asks the file system, which knows a disk that can only be read, too. What a quota leaves it does not always tell. */
async function roomIn(folder: string): Promise<ObjectResult<number>> {
  try {
    await access(folder, constants.W_OK | constants.X_OK);
    const { bavail, bsize } = await statfs(folder);
    return ok(bavail * bsize);
  } catch (error) {
    return { ok: false, error: fileError(error, folder, 'written to') };
  }
}

function ok<T>(value: T): ObjectResult<T> {
  return { ok: true, value };
}

function failed(
  code: ObjectStoreErrorCode,
  message: string,
): { ok: false; error: { code: typeof code; message: string } } {
  return { ok: false, error: { code, message } };
}

async function atPath<T>(
  folder: string,
  key: string,
  doing: string,
  work: (path: string) => Promise<ObjectResult<T>>,
  signal?: AbortSignal,
): Promise<ObjectResult<T>> {
  const problem = objectKeyProblem(key);
  if (problem !== null) return failed('refused', problem);
  try {
    return await work(join(folder, key));
  } catch (error) {
    return { ok: false, error: fileError(error, key, doing, signal) };
  }
}

function objectOf(key: string, found: { readonly size: number; readonly mtimeMs: number }): StoredObject {
  const storedAt = new Date(found.mtimeMs).toISOString();
  return { key, size: found.size, storedAt, sha256: null, retainedUntil: null };
}

async function put(
  folder: string,
  key: string,
  content: Uint8Array | AsyncIterable<Uint8Array>,
  options: ObjectPut,
): Promise<ObjectResult<StoredObject>> {
  const { createOnly = false, sha256, hashed, retainUntil, signal } = options;
  if (retainUntil !== undefined)
    return failed('no-retention', `${key} was not stored: a folder keeps nothing from its owner`);
  const work = async (path: string): Promise<ObjectResult<StoredObject>> => {
    await mkdir(dirname(path), { recursive: true, mode: 0o750 });
    const unfinished = join(dirname(path), `${UNFINISHED}${randomUUID()}`);
    const passing = hashing(content, sha256, hashed);
    const file = await open(unfinished, 'wx', MODE);
    try {
      await writeAll(file, passing.bytes, signal);
      await file.sync();
      signal?.throwIfAborted();
      await publish(unfinished, path, createOnly);
      return ok({ ...objectOf(key, await file.stat()), sha256: passing.passed().sha256 });
    } finally {
      await file.close();
      await rm(unfinished, { force: true });
    }
  };
  return await atPath(folder, key, 'stored', work, signal);
}

/** The next chunk is fetched while one is written. */
async function writeAll(
  file: FileHandle,
  content: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): Promise<void> {
  let writing = Promise.resolve();
  for await (const chunk of content) {
    await writing;
    signal?.throwIfAborted();
    writing = file.writeFile(chunk);
    // Its failure is seen above and below; until then nobody waits for it.
    writing.catch(() => undefined);
  }
  await writing;
}

/** Gives a file its own name, and brings that to the disk. */
async function publish(unfinished: string, path: string, createOnly: boolean): Promise<void> {
  if (createOnly) await link(unfinished, path);
  else await rename(unfinished, path);
  const parent = await open(dirname(path), 'r');
  try {
    await parent.sync();
  } finally {
    await parent.close();
  }
}

async function get(folder: string, key: string, options: ObjectGet): Promise<ObjectResult<ObjectContent>> {
  const { sha256 = null, signal } = options;
  const work = async (path: string): Promise<ObjectResult<ObjectContent>> => {
    const file = await open(path, 'r');
    const found = await file.stat();
    if (!found.isFile()) {
      await file.close();
      return failed('not-there', `${key} is no file`);
    }
    const expected = { what: `${key} in ${folder}`, size: found.size, sha256 };
    const bytes = checked(contentOf(file, signal), expected, (error) => fileError(error, key, 'read', signal));
    return ok({ object: objectOf(key, found), bytes });
  };
  return await atPath(folder, key, 'read', work, signal);
}

async function* contentOf(file: FileHandle, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
  for await (const chunk of file.createReadStream({ highWaterMark: READ_BYTES })) {
    signal?.throwIfAborted();
    if (chunk instanceof Uint8Array) yield chunk;
  }
}

async function list(folder: string, query: ObjectQuery): Promise<ObjectResult<ObjectPage>> {
  const { prefix = '', after = '', limit = PAGE } = query;
  try {
    const keys = (await filesIn(folder, prefix))
      .filter((key) => objectKeyProblem(key) === null && key.startsWith(prefix) && key > after)
      .toSorted();
    const page = keys.slice(0, limit);
    const objects: StoredObject[] = [];
    for (const key of page) {
      // One that was removed meanwhile is not listed.
      const found = await stat(join(folder, key)).catch(orGone);
      if (found !== null) objects.push(objectOf(key, found));
    }
    return ok({ objects, next: keys.length > page.length ? (page.at(-1) ?? null) : null });
  } catch (error) {
    const { code, message } = fileError(error, folder, 'listed');
    return failed(code === 'not-there' ? 'wrong-place' : code, message);
  }
}

function orGone(error: unknown): null {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
  throw error;
}

/**
 * Paths of all files whose path begins so, beginning in the folder. Nothing beside that is entered: a disk may have folders that are nobody's
 * business, as `lost+found`.
 */
async function filesIn(folder: string, prefix: string): Promise<readonly string[]> {
  const parent = prefix.slice(0, prefix.lastIndexOf('/') + 1);
  await readdir(folder);
  if (parent !== '' && objectKeyProblem(parent.slice(0, -1)) !== null) return [];
  const found = await readdir(join(folder, parent), { recursive: true, withFileTypes: true }).catch(
    (error: unknown) => orGone(error) ?? [],
  );
  return found
    .filter((each) => each.isFile())
    .map((each) => join(each.parentPath, each.name).slice(join(folder, '/').length));
}

async function removeUnfinished(folder: string, prefix: string, beforeMs: number): Promise<ObjectResult<number>> {
  let removed = 0;
  try {
    for (const path of await filesIn(folder, prefix)) {
      if (!path.startsWith(prefix) || !basename(path).startsWith(UNFINISHED)) continue;
      const found = await stat(join(folder, path)).catch(orGone);
      if (found === null || found.mtimeMs >= beforeMs) continue;
      await unlink(join(folder, path)).catch(orGone);
      removed += 1;
    }
    return ok(removed);
  } catch (error) {
    return { ok: false, error: fileError(error, folder, 'swept') };
  }
}
