import {
  type CataloguedBackup,
  catalogueOf,
  keysToRead,
  type ListedObject,
  type ReadJson,
} from '../../core/backup/catalogue.ts';
import { readBackupKey } from '../../core/backup/names.ts';
import type { VaultCall, VaultResult } from '../../core/ports/backup-vault.ts';
import type { VaultParts } from './parts.ts';
import { listAll, readSmall } from './small-objects.ts';
import { done, failed, storeFailed } from './trouble.ts';

/** Small objects that are read at the same time. */
const AT_ONCE = 8;

/** Everything of this cluster in its stores; see `BackupVault.list`. */
export async function listBackups(
  parts: VaultParts,
  { signal }: VaultCall,
): Promise<VaultResult<readonly CataloguedBackup[]>> {
  const { cluster, digest, main } = parts;
  const found = await listAll(main, `${cluster}/`, signal);
  if (!found.ok) return storeFailed(found.error);
  const apart = parts.static === null ? null : await listAll(parts.static, `${cluster}/`, signal);
  if (apart !== null && !apart.ok) return storeFailed(apart.error);
  const objects = new Map<string, ListedObject>(found.value.map((object) => [object.key, object]));
  // Whoever may write static files may not write manifests and holds by it.
  for (const object of apart?.value ?? []) if (isStatic(object.key)) objects.set(object.key, object);
  const keys = keysToRead([...objects.values()]);
  const read = new Map<string, ReadJson>();
  for (let at = 0; at < keys.length && !signal.aborted; at += AT_ONCE) {
    const some = keys.slice(at, at + AT_ONCE);
    const answers = await Promise.all(some.map(async (key) => await readSmall(main, key, signal)));
    for (const [index, key] of some.entries()) {
      const answer = answers[index];
      if (answer === undefined) continue;
      read.set(key, answer.ok ? answer.value.read : { ok: false, why: answer.error.message });
      // A list of a bucket does not tell how long it keeps something; whoever reads it is told.
      const listed = objects.get(key);
      if (answer.ok && listed !== undefined)
        objects.set(key, { ...listed, retainedUntil: answer.value.object.retainedUntil });
    }
  }
  if (signal.aborted) return failed('cancelled', `the backups of ${cluster} could not be listed: it was cancelled`);
  const unread: ReadJson = { ok: false, why: 'it was not read' };
  return done(catalogueOf(cluster, [...objects.values()], (key) => read.get(key) ?? unread, digest));
}

/** Whether a key is that of a static file. */
export function isStatic(key: string): boolean {
  const known = readBackupKey(key);
  return known?.kind === 'file' && known.name.startsWith('static_');
}
