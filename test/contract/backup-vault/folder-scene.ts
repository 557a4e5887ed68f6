import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { createBackupVault } from '../../../src/adapters/backup/vault.ts';
import { createFileStore } from '../../../src/adapters/object-store/file.ts';
import { canonicalDigest } from '../../../src/adapters/runtime/canonical-digest.ts';
import type { AgeKeys, VaultSettings } from '../../../src/core/backup/vault-settings.ts';
import type { BackupVault } from '../../../src/core/ports/backup-vault.ts';
import { createFakeClock } from '../../support/fake-clock.ts';

/** An empty folder for a store, and one beside it. */
export async function folderScene(): Promise<{
  readonly store: string;
  readonly beside: string;
  stop(): Promise<void>;
}> {
  const folder = await mkdtemp(join(tmpdir(), 'drydock-vault-'));
  const [store, beside] = [join(folder, 'store'), join(folder, 'beside')];
  await mkdir(store);
  await mkdir(beside);
  return { store, beside, stop: async () => await rm(folder, { recursive: true, force: true }) };
}

/** A vault of `prod` in this folder; default: as it is, not kept. */
export function vaultIn(store: string, settings: Partial<VaultSettings> = {}): BackupVault {
  return createBackupVault({
    cluster: 'prod',
    digest: canonicalDigest,
    clock: createFakeClock(),
    main: createFileStore(store),
    static: null,
    settings: { compression: 'none', encryption: null, staticEncryption: null, retainMs: null, ...settings },
  });
}

/** New keys, with their private part in a file of this folder. */
export async function newAgeKeys(
  folder: string,
  name = 'identity',
): Promise<AgeKeys & { readonly identityFile: string }> {
  const identity = await generateX25519Identity();
  const identityFile = join(folder, name);
  await writeFile(identityFile, `# made for a test\n${identity}\n`, { mode: 0o600 });
  return { recipients: [await identityToRecipient(identity)], identityFile };
}
