import { createFakeBackupVault } from '../../fakes/backup-vault.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { describeBackupVault } from './suite.ts';

describeBackupVault('in memory', async () => {
  const vault = createFakeBackupVault(createFakeClock());
  return await Promise.resolve({
    vault,
    damage: async (keyEnd) => await Promise.resolve(vault.damage(keyEnd)),
    stop: async () => await Promise.resolve(),
  });
});
