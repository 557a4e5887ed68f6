import { randomBytes } from 'node:crypto';
import { chmod, readdir, readFile, readlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { folderScene, newAgeKeys, vaultIn } from './folder-scene.ts';
import { snapshotOf, takeBackup, valueOf } from './samples.ts';
import { describeBackupVault } from './suite.ts';

const CASES = [
  { name: 'plain', compression: 'none', encrypts: false },
  { name: 'compressed', compression: 'zstd', encrypts: false },
  { name: 'compressed and encrypted', compression: 'zstd', encrypts: true },
] as const;

for (const { name, compression, encrypts } of CASES)
  describeBackupVault(`in a folder, ${name}`, async () => {
    const folders = await folderScene();
    const { store, beside } = folders;
    const encryption = encrypts ? await newAgeKeys(beside) : null;
    return {
      vault: vaultIn(store, { compression, encryption }),
      damage: async (keyEnd) => {
        for (const file of await readdir(store, { recursive: true }))
          if (file.endsWith(keyEnd)) await flip(join(store, file));
      },
      stop: async () => await folders.stop(),
    };
  });

test('a file that was opened and never begun is closed by its iterator', async () => {
  const folders = await folderScene();
  const vault = vaultIn(folders.store, { compression: 'zstd' });
  // Larger than what a stream reads ahead, so that nothing closes it by itself.
  const { manifest, file } = await takeBackup(vault, snapshotOf(randomBytes(4 * 1024 * 1024)));
  const opened = valueOf(await vault.open(manifest, file, { signal: new AbortController().signal }));
  expect(await openIn(folders.store)).toBe(1);
  await opened[Symbol.asyncIterator]().return?.();
  await expect.poll(async () => await openIn(folders.store), { timeout: 60_000 }).toBe(0);
  await folders.stop();
});

/** Files below a folder that this process has open. */
async function openIn(folder: string): Promise<number> {
  const numbers = await readdir('/proc/self/fd');
  const places = await Promise.all(
    numbers.map(async (each) => await readlink(`/proc/self/fd/${each}`).catch(() => '')),
  );
  return places.filter((place) => place.startsWith(folder)).length;
}

async function flip(path: string): Promise<void> {
  const bytes = await readFile(path);
  const at = Math.floor(bytes.length / 2);
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  await chmod(path, 0o640);
  await writeFile(path, bytes);
}
