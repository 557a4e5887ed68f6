import { createNoVault } from '../adapters/backup/no-vault.ts';
import { createBackupVault } from '../adapters/backup/vault.ts';
import { canonicalDigest } from '../adapters/runtime/canonical-digest.ts';
import type { ClusterConfig } from '../config/config.ts';
import type { BackupVault } from '../core/ports/backup-vault.ts';
import type { Clock } from '../core/ports/runtime.ts';
import { openStore } from './open-store.ts';

/** The vaults of all clusters. */
export interface BackupVaults {
  /** The vault of a cluster, made with the first call and kept. Asks nothing of its store. */
  of(cluster: ClusterConfig): BackupVault;
}

/** Makes none yet. */
export function createBackupVaults(clock: Clock): BackupVaults {
  const made = new Map<string, BackupVault>();
  return {
    of: (cluster) => {
      const vault = made.get(cluster.name) ?? vaultOf(cluster, clock);
      made.set(cluster.name, vault);
      return vault;
    },
  };
}

function vaultOf({ name, backups }: ClusterConfig, clock: Clock): BackupVault {
  if (backups === null)
    return createNoVault(
      `The configuration does not say where backups of ${name} go: clusters.${name}.backups is missing`,
    );
  const { store, staticStore, compression, encryption, staticEncryption } = backups;
  return createBackupVault({
    cluster: name,
    digest: canonicalDigest,
    clock,
    main: openStore(store, clock),
    static: staticStore === null ? null : openStore(staticStore, clock),
    // Both stores keep for the same time; the configuration is refused otherwise.
    settings: { compression, encryption, staticEncryption, retainMs: store.type === 's3' ? store.keepForMs : null },
  });
}
