import { randomBytes } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createBackupVault } from '../../src/adapters/backup/vault.ts';
import { createS3Store } from '../../src/adapters/object-store/s3.ts';
import { canonicalDigest } from '../../src/adapters/runtime/canonical-digest.ts';
import { folderScene, newAgeKeys } from '../contract/backup-vault/folder-scene.ts';
import { readCode, snapshotOf, takeBackup } from '../contract/backup-vault/samples.ts';
import { describeBackupVault } from '../contract/backup-vault/suite.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { s3Settings, startS3 } from '../support/s3-server.ts';

describeBackupVault('in a bucket', async () => {
  const server = await startS3();
  const { endpoint, credentialsFile, folder } = server;
  return {
    vault: createBackupVault({
      cluster: 'prod',
      digest: canonicalDigest,
      clock: createFakeClock(),
      main: createS3Store(s3Settings(endpoint, { credentialsFile, prefix: 'backups' }), {
        env: {},
        nowMs: () => Date.now(),
      }),
      static: null,
      settings: { compression: 'none', encryption: null, staticEncryption: null, retainMs: null },
    }),
    damage: async (keyEnd) => {
      const found = await readdir(join(folder, 'data'), { recursive: true });
      const path = join(folder, 'data', found.find((each) => each.endsWith(`${keyEnd}._S3rver_object`)) ?? 'none');
      const bytes = await readFile(path);
      const at = Math.floor(bytes.length / 2);
      bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
      await writeFile(path, bytes);
    },
    stop: async () => await server.stop(),
  };
}, []);

test('what is longer than some parts of an upload goes through it compressed and encrypted', async () => {
  const folders = await folderScene();
  const server = await startS3();
  try {
    const { endpoint, credentialsFile } = server;
    const process = { env: {}, nowMs: () => Date.now() };
    const vault = createBackupVault({
      cluster: 'prod',
      digest: canonicalDigest,
      clock: createFakeClock(),
      main: createS3Store(s3Settings(endpoint, { credentialsFile }), process),
      static: null,
      settings: {
        compression: 'zstd',
        encryption: await newAgeKeys(folders.beside),
        staticEncryption: null,
        retainMs: null,
      },
    });
    const { manifest, file } = await takeBackup(vault, snapshotOf(randomBytes(20 * 1024 * 1024)));

    expect(file.storedBytes).toBeGreaterThan(16 * 1024 * 1024);
    expect(await readCode(vault, manifest, file)).toBe('read');
  } finally {
    await server.stop();
    await folders.stop();
  }
});
