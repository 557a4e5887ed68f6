import type { BackupManifest } from '../../core/backup/manifest.ts';
import type { BackupVault, VaultCall, VaultResult } from '../../core/ports/backup-vault.ts';
import { factsOf } from './dress.ts';
import { noteHighest, readHighest } from './highest-revision.ts';
import { keepObjects } from './keeping-objects.ts';
import { listBackups } from './listing.ts';
import { putDrill, putHold, putMark, removeNote } from './notes.ts';
import { openFile, readWhole } from './opening.ts';
import { storesOf, type VaultParts } from './parts.ts';
import { publishManifest } from './publishing.ts';
import { removeBackup } from './removing.ts';
import { takeFile } from './taking.ts';
import { done, storeFailed } from './trouble.ts';

/**
 * The backups of one cluster in an object store. A take hashes, compresses (zstd) and encrypts (age) what passes, so that nothing of it is ever whole
 * in memory. Static files go to a store of their own, if there is one.
 */
export function createBackupVault(parts: VaultParts): BackupVault {
  return {
    facts: factsOf(parts),
    take: async (order, call) => await takeFile(parts, order, call),
    publish: async (body, call) => await publishManifest(parts, body, call),
    list: async (call) => await listBackups(parts, call),
    open: async ({ id }, file, { signal }) => await openFile(parts, { id, file, signal }),
    check: async (manifest, call) => await checkFiles(parts, manifest, call),
    room: async () => await roomOf(parts),
    hold: async (id, hold, call) => await putHold(parts, id, hold, call),
    release: async (id, call) => await removeNote(parts, id, 'hold', call),
    recordDrill: async (id, record, call) => await putDrill(parts, id, record, call),
    mark: async (id, mark, call) => await putMark(parts, id, mark, call),
    remove: async (backup, call) => await removeBackup(parts, backup, call),
    highestRevision: async (call) => await readHighest(parts, call),
    noteRevision: async (etcdClusterId, revision, call) => await noteHighest(parts, etcdClusterId, revision, call),
    keepObjects: async (text, call) => await keepObjects(parts, text, call),
    sweep: async (begunBefore, call) => await sweepStores(parts, begunBefore, call),
  };
}

async function checkFiles(
  parts: VaultParts,
  { id, files }: BackupManifest,
  { signal }: VaultCall,
): Promise<VaultResult<null>> {
  for (const file of files) {
    const read = await readWhole(parts, { id, file, signal });
    // It was compared as it is stored before that was answered.
    if (!read.ok && read.error.code !== 'no-key') return read;
  }
  return done(null);
}

async function roomOf({ main }: VaultParts): Promise<VaultResult<number | null>> {
  if (main.room === undefined) return done(null);
  const room = await main.room();
  return room.ok ? done(room.value) : storeFailed(room.error);
}

async function sweepStores(
  parts: VaultParts,
  begunBefore: string,
  { signal }: VaultCall,
): Promise<VaultResult<number>> {
  let removed = 0;
  for (const store of storesOf(parts)) {
    const swept = await store.removeUnfinished(begunBefore, { signal, prefix: `${parts.cluster}/` });
    if (!swept.ok) return storeFailed(swept.error);
    removed += swept.value;
  }
  return done(removed);
}
