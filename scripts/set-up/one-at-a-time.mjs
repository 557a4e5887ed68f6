import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StopError, say } from './shell.mjs';

/** How long to wait for another set-up of the same folder: the slowest, on an empty machine, takes a few minutes. */
const PATIENCE_MS = 15 * 60_000;

/**
 * Runs the work while no other set-up of this folder runs: two `npm ci` at once destroy each other's node_modules.
 * The lock is a file with the holder's process id; the lock of a process that is gone is taken over.
 * @param {string} root
 * @param {() => void} work
 */
export async function oneAtATime(root, work) {
  const lock = join(root, '.drydock', 'set-up.lock');
  mkdirSync(join(root, '.drydock'), { recursive: true });
  await take(lock);
  try {
    work();
  } finally {
    rmSync(lock, { force: true });
  }
}

/** @param {string} lock */
async function take(lock) {
  const deadline = Date.now() + PATIENCE_MS;
  for (let told = false; !tryTake(lock); ) {
    const holder = holderOf(lock);
    if (holder !== undefined && !isAlive(holder)) {
      rmSync(lock, { force: true });
      continue;
    }
    if (Date.now() > deadline)
      throw new StopError(`another set-up (process ${holder}) holds ${lock}; stop it or remove the file`);
    if (!told) say(`waiting for another set-up of this folder (process ${holder})`);
    told = true;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** @param {string} lock */
function tryTake(lock) {
  try {
    writeFileSync(lock, `${process.pid}\n`, { flag: 'wx' });
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

/**
 * @param {string} lock
 * @returns {number | undefined} undefined: the file is gone, or its id is not written yet
 */
function holderOf(lock) {
  try {
    const pid = Number(readFileSync(lock, 'utf8'));
    return Number.isInteger(pid) && pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
