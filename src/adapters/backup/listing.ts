import { type CataloguedBackup, catalogueOf, keysToRead } from '../../core/backup/catalogue.ts';
import { type ListedObject, ofNewest, type ReadJson } from '../../core/backup/catalogue-parts.ts';
import { readBackupKey } from '../../core/backup/names.ts';
import type { VaultListCall, VaultResult } from '../../core/ports/backup-vault.ts';
import type { ObjectStore } from '../../core/ports/object-store.ts';
import type { VaultParts } from './parts.ts';
import { listAll, readSmall } from './small-objects.ts';
import { done, failed, storeFailed } from './trouble.ts';

/** Small objects that are read at the same time. */
const AT_ONCE = 16;

/** Everything of this cluster in its stores; see `BackupVault.list`. */
export async function listBackups(
  parts: VaultParts,
  { signal, newest }: VaultListCall,
): Promise<VaultResult<readonly CataloguedBackup[]>> {
  const { cluster, digest, main } = parts;
  const found = await listAll(main, `${cluster}/`, signal);
  if (!found.ok) return storeFailed(found.error);
  const apart = parts.static === null ? null : await listAll(parts.static, `${cluster}/`, signal);
  if (apart !== null && !apart.ok) return storeFailed(apart.error);
  const objects = new Map<string, ListedObject>(found.value.map((object) => [object.key, object]));
  // Whoever may write static files may not write manifests and holds by it.
  for (const object of apart?.value ?? []) if (isStatic(object.key)) objects.set(object.key, object);
  const wanted = newest === undefined ? [...objects.values()] : ofNewest([...objects.values()], newest);
  const read = new Map<string, ReadJson>();
  const known = (key: string): ReadJson | null => read.get(key) ?? null;
  // What is read may ask for more: before a drill that was aborted, the one before it counts.
  for (let keys = keysToRead(wanted, known); keys.length > 0; keys = keysToRead(wanted, known)) {
    for (const [key, json] of await readAll(main, keys, signal)) read.set(key, json);
    if (signal.aborted) return failed('cancelled', `the backups of ${cluster} could not be listed: it was cancelled`);
  }
  const unread: ReadJson = { ok: false, why: 'it was not read' };
  return done(catalogueOf(cluster, wanted, (key) => known(key) ?? unread, digest));
}

async function readAll(
  store: ObjectStore,
  keys: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, ReadJson>> {
  const read = new Map<string, ReadJson>();
  for (let at = 0; at < keys.length && !signal.aborted; at += AT_ONCE) {
    const some = keys.slice(at, at + AT_ONCE);
    const answers = await Promise.all(some.map(async (key) => await readSmall(store, key, signal)));
    for (const [index, key] of some.entries()) {
      const answer = answers[index];
      if (answer !== undefined) read.set(key, answer.ok ? answer.value.read : { ok: false, why: answer.error.message });
    }
  }
  return read;
}

/** Whether a key is that of a static file. */
export function isStatic(key: string): boolean {
  const known = readBackupKey(key);
  return known?.kind === 'file' && known.name.startsWith('static_');
}
