import type { VaultError, VaultErrorCode } from '../../src/core/ports/backup-vault.ts';
import type { EndReason } from '../../src/core/reasons.ts';

const REASONS: Readonly<Record<VaultErrorCode, EndReason>> = {
  'not-configured': 'backups-unavailable',
  'source-failed': 'snapshot-incomplete',
  'not-whole': 'snapshot-damaged',
  // There is no backup yet that could be damaged: the store did not keep what it was given.
  differs: 'backups-unavailable',
  damaged: 'backup-damaged',
  'no-key': 'backups-unavailable',
  store: 'backups-unavailable',
  cancelled: 'cancelled',
};

/** The ending of a step whose call on the vault failed, with what the vault said. `what`: what was tried, as `The snapshot of m-2 was not stored`. */
export function vaultStop(
  what: string,
  error: VaultError,
): { readonly kind: 'stop'; readonly reason: EndReason; readonly note: string } {
  return { kind: 'stop', reason: REASONS[error.code], note: `${what}: ${error.message}.` };
}
