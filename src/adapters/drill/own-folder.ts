import { lstat, mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, Log } from '../../core/ports/runtime.ts';
import { killThoseIn, lives, Owner, thisProcess } from './owner.ts';
import { guardFolder } from './tethered.ts';

/** A folder of one drill, which only this user may enter. */
export interface OwnFolder {
  readonly path: string;
  /** Ends what still works in it and removes it. */
  remove(): Promise<void>;
}

const PREFIX = 'drydock-drill-';
const OWNER_FILE = 'owner.json';
const DAY_MS = 86_400_000;

/**
 * Makes a folder for a drill below `parent` (made when it is not there). It holds a whole cluster's secrets in the clear, so it is removed in
 * every ending: by this process; if that dies, by a shell that waits for it; if that dies too, by the next drill here, or the next worker that starts.
 */
export async function makeOwnFolder(parent: string, log: Log): Promise<OwnFolder> {
  await mkdir(parent, { recursive: true, mode: 0o700 });
  const path = await mkdtemp(join(await realpath(parent), PREFIX));
  const guard = guardFolder(path);
  async function remove(): Promise<void> {
    await removeWithAll(path);
    await guard.kill();
    log.info('Drill: everything of it was removed', { folder: path });
  }
  try {
    await writeFile(join(path, OWNER_FILE), JSON.stringify(await thisProcess()), { mode: 0o600 });
  } catch (error) {
    await remove();
    throw error;
  }
  return { path, remove };
}

/** Removes what drills left behind whose process is dead; of other machines, or of nobody known, what is older than a day. */
export async function sweepFolders(
  parent: string,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): Promise<void> {
  const inside = await realpath(parent).catch(() => parent);
  const names = (await readdir(inside).catch(() => [])).filter((name) => name.startsWith(PREFIX));
  for (const name of names) {
    const path = join(inside, name);
    if (!(await isLeft(path, clock.nowMs()))) continue;
    try {
      await removeWithAll(path);
      log.warn('Drill: removed what an earlier drill left behind', { folder: path });
    } catch (error) {
      log.error('Drill: what an earlier drill left behind cannot be removed; it may hold secrets', {
        folder: path,
        error: error instanceof Error ? error.message : String(error),
      });
    }
  }
}

async function isLeft(path: string, nowMs: number): Promise<boolean> {
  const found = await lstat(path).catch(() => null);
  if (found === null || !found.isDirectory() || found.uid !== (process.getuid?.() ?? found.uid)) return false;
  const owner = await ownerOf(path);
  const alive = owner === null ? null : await lives(owner);
  return alive === null ? nowMs - found.mtimeMs > DAY_MS : !alive;
}

async function ownerOf(path: string): Promise<Owner | null> {
  try {
    return Owner.parse(JSON.parse(await readFile(join(path, OWNER_FILE), 'utf8')));
  } catch {
    return null;
  }
}

async function removeWithAll(path: string): Promise<void> {
  await killThoseIn(path);
  await rm(path, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
}
