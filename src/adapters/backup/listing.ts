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
  if (signal.aborted) return failed('cancelled', `the backups of ${cluster} could not be listed: it was cancelled`);
  // Snapshots, manifests and holds are seen all the same: there is as much to list, to drill and to add to.
  const unseen = apart === null || apart.ok ? null : apart.error.message;
  const objects = new Map<string, ListedObject>(found.value.map((object) => [object.key, object]));
  // Whoever may write static files may not write manifests and holds by it.
  for (const object of apart?.ok === true ? apart.value : []) if (isStatic(object.key)) objects.set(object.key, object);
  const wanted = newest === undefined ? [...objects.values()] : ofNewest([...objects.values()], newest);
  const read = new Map<string, SmallRead>();
  const known = (key: string): ReadJson | null => read.get(key)?.json ?? null;
  // What is read may ask for more: before a drill that was aborted, the one before it counts.
  for (let keys = keysToRead(wanted, known); keys.length > 0; keys = keysToRead(wanted, known)) {
    for (const [key, small] of await readAll(main, keys, signal)) read.set(key, small);
    if (signal.aborted) return failed('cancelled', `the backups of ${cluster} could not be listed: it was cancelled`);
  }
  const unread: ReadJson = { ok: false, why: 'it was not read' };
  // A list of a bucket does not tell how long it keeps something; whoever reads it is told.
  const told = wanted.map(({ key, size, storedAt, sha256, retainedUntil }): ListedObject => {
    const until = read.get(key)?.retainedUntil ?? retainedUntil;
    return { key, size, storedAt, sha256, retainedUntil: until };
  });
  return done(catalogueOf(cluster, told, (key) => known(key) ?? unread, digest, unseen));
}

interface SmallRead {
  readonly json: ReadJson;
  /** As the store told with it; `null`: it did not. */
  readonly retainedUntil: string | null;
}

async function readAll(
  store: ObjectStore,
  keys: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, SmallRead>> {
  const read = new Map<string, SmallRead>();
  for (let at = 0; at < keys.length && !signal.aborted; at += AT_ONCE) {
    const some = keys.slice(at, at + AT_ONCE);
    const answers = await Promise.all(some.map(async (key) => await readSmall(store, key, signal)));
    for (const [index, key] of some.entries()) {
      const answer = answers[index];
      if (answer === undefined) continue;
      const json: ReadJson = answer.ok ? answer.value.read : { ok: false, why: answer.error.message };
      read.set(key, { json, retainedUntil: answer.ok ? answer.value.object.retainedUntil : null });
    }
  }
  return read;
}

/** Whether a key is that of a static file. */
export function isStatic(key: string): boolean {
  const known = readBackupKey(key);
  return known?.kind === 'file' && known.name.startsWith('static_');
}
