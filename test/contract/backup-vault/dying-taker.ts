import { argv } from 'node:process';
import { createBackupVault } from '../../../src/adapters/backup/vault.ts';
import { createFileStore } from '../../../src/adapters/object-store/file.ts';
import { canonicalDigest } from '../../../src/adapters/runtime/canonical-digest.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { snapshotFile } from './samples.ts';

// Takes a backup into a folder, says when half of it was given, and never gives the rest. Arguments: the folder, the id.
const [folder = '', id = ''] = argv.slice(2);
const vault = createBackupVault({
  cluster: 'prod',
  digest: canonicalDigest,
  clock: createFakeClock(),
  main: createFileStore(folder),
  static: null,
  settings: { compression: 'none', encryption: null, staticEncryption: null, retainMs: null },
});
await vault.take(
  {
    id,
    role: 'snapshot',
    feed: async (write) => {
      const bytes = snapshotFile();
      await write(bytes.subarray(0, 65_536));
      process.stdout.write('half\n');
      // Keeps the process alive until it is killed.
      return await new Promise(() => void setInterval(() => undefined, 60_000));
    },
  },
  { signal: new AbortController().signal },
);
