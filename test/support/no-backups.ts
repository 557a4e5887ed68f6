import { createNoVault } from '../../src/adapters/backup/no-vault.ts';
import { createNoDrill } from '../../src/adapters/drill/no-drill.ts';

/** For scenes that know of no backups. */
export const NO_BACKUPS = {
  backups: createNoVault('This scene has no backups.'),
  drill: createNoDrill('This scene has no drills.'),
} as const;
