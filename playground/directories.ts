import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unmountBelow } from './disks-in-memory.ts';

/** Makes a new directory below the system's temporary directory (`drydock-<name>-…`). */
export async function makeTemporaryDirectory(name: string): Promise<string> {
  return mkdtemp(join(tmpdir(), `drydock-${name}-`));
}

/** Deletes a directory with all that is in it; no error when it is already gone. */
export async function removeDirectory(path: string): Promise<void> {
  await unmountBelow(path);
  await rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
}
