import type { BackupVault, VaultResult } from '../../core/ports/backup-vault.ts';

/** A vault where there is none: every call answers `not-configured` with the words given. */
export function createNoVault(why: string): BackupVault {
  const none = async (): Promise<VaultResult<never>> =>
    await Promise.resolve({ ok: false, error: { code: 'not-configured', message: why } });
  return {
    facts: null,
    take: none,
    publish: none,
    list: none,
    open: none,
    check: none,
    room: none,
    hold: none,
    release: none,
    recordDrill: none,
    mark: none,
    remove: none,
    highestRevision: none,
    noteRevision: none,
    keepObjects: none,
    sweep: none,
  };
}
