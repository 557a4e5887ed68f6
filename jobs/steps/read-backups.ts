import type { CataloguedBackup } from '../../src/core/backup/catalogue.ts';
import type { Check } from '../../src/core/plan.ts';
import type { VaultError } from '../../src/core/ports/backup-vault.ts';

/** Identity in a plan of a cluster of which no backup tells who it is. */
const UNKNOWN = 'no backup tells';

/** The blocking check of a plan that the store of backups stands in the way of. */
export function vaultCheck({ code, message }: VaultError): Check {
  return code === 'not-configured'
    ? { id: 'applicable', verdict: 'block', title: 'No backups are configured', evidence: message }
    : { id: 'backup-store', verdict: 'block', title: 'The store of backups cannot be read', evidence: message };
}

/** Whether an error says that what lies in the store is not what was put there. */
export function saysDamaged({ code }: VaultError): boolean {
  return code === 'damaged' || code === 'differs' || code === 'not-whole';
}

/** Who the cluster is, as its newest readable manifest says. */
export function identityIn(backups: readonly CataloguedBackup[]): string {
  const identity = backups.find(({ manifest }) => manifest !== null)?.manifest?.identity;
  return identity === undefined ? UNKNOWN : (identity.kubernetes ?? identity.etcd);
}
