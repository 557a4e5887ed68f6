import type { CataloguedBackup } from '../../src/core/backup/catalogue.ts';
import type { Check } from '../../src/core/plan.ts';
import type { VaultError } from '../../src/core/ports/backup-vault.ts';
import type { StepContext } from '../../src/core/step.ts';

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

/**
 * Whether retention removed a backup, or began to, while somebody read it: then what was missing says nothing of how it was. No, where the store cannot
 * be listed: that what was read is damaged is told rather than forgotten.
 */
export async function wasRemoved({ ports, signal }: StepContext<'backups'>, id: string): Promise<boolean> {
  const listed = await ports.backups.list({ signal });
  if (!listed.ok) return false;
  const backup = listed.value.find((each) => each.id === id);
  return backup === undefined || backup.state === 'half-written';
}

/** Who the cluster is, as its newest readable manifest says. */
export function identityIn(backups: readonly CataloguedBackup[]): string {
  const identity = backups.find(({ manifest }) => manifest !== null)?.manifest?.identity;
  return identity === undefined ? UNKNOWN : (identity.kubernetes ?? identity.etcd);
}
