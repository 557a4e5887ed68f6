import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import type { AgeKeys } from '../../../src/core/backup/vault-settings.ts';

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
