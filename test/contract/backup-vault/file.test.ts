import { chmod, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createBackupVault } from '../../../src/adapters/backup/vault.ts';
import { createFileStore } from '../../../src/adapters/object-store/file.ts';
import { canonicalDigest } from '../../../src/adapters/runtime/canonical-digest.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { folderScene, newAgeKeys } from './folder-scene.ts';
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
      vault: createBackupVault({
        cluster: 'prod',
        digest: canonicalDigest,
        clock: createFakeClock(),
        main: createFileStore(store),
        static: null,
        settings: { compression, encryption, staticEncryption: null, retainMs: null },
      }),
      damage: async (keyEnd) => {
        for (const file of await readdir(store, { recursive: true }))
          if (file.endsWith(keyEnd)) await flip(join(store, file));
      },
      stop: async () => await folders.stop(),
    };
  });

async function flip(path: string): Promise<void> {
  const bytes = await readFile(path);
  const at = Math.floor(bytes.length / 2);
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  await chmod(path, 0o640);
  await writeFile(path, bytes);
}
