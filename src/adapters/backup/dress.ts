import type { BackupFile } from '../../core/backup/manifest.ts';
import type { BackupFileRole } from '../../core/backup/names.ts';
import type { AgeKeys, VaultSettings } from '../../core/backup/vault-settings.ts';
import type { VaultDress, VaultFacts } from '../../core/ports/backup-vault.ts';
import type { VaultParts } from './parts.ts';

/** Who can open files of this role; `null`: they are not encrypted. */
export function keysFor(settings: VaultSettings, role: BackupFileRole): AgeKeys | null {
  return role === 'static' ? (settings.staticEncryption ?? settings.encryption) : settings.encryption;
}

/** How files of this role are stored from now on. Static files are a `tar.gz`, which is not compressed again. */
export function dressFor(settings: VaultSettings, role: BackupFileRole): VaultDress {
  const keys = keysFor(settings, role);
  return {
    compression: role === 'static' ? 'none' : settings.compression,
    recipients: keys?.recipients ?? [],
    canOpen: keys === null || keys.identityFile !== null,
  };
}

/** What a manifest says of it. */
export function encryptionOf({ recipients }: VaultDress): BackupFile['encryption'] {
  return recipients.length === 0 ? 'none' : { kind: 'age', recipients: [...recipients] };
}

/** What the vault is, without asking any store. */
export function factsOf({ main, static: apart, settings }: VaultParts): VaultFacts {
  return {
    place: main.place,
    snapshot: dressFor(settings, 'snapshot'),
    static: { ...dressFor(settings, 'static'), place: (apart ?? main).place },
  };
}
