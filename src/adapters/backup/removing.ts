import type { CataloguedBackup } from '../../core/backup/catalogue.ts';
import { backupKey } from '../../core/backup/names.ts';
import type { VaultCall, VaultResult } from '../../core/ports/backup-vault.ts';
import { keptWords, type ObjectStore } from '../../core/ports/object-store.ts';
import { isStatic } from './listing.ts';
import { strangeId } from './notes.ts';
import { storesOf, type VaultParts } from './parts.ts';
import { listAll } from './small-objects.ts';
import { done, type Failed, storeFailed } from './trouble.ts';

interface Place {
  readonly store: ObjectStore;
  readonly key: string;
}

/** Removes a backup; see `BackupVault.remove`. Nothing is removed while any part of it is kept. */
export async function removeBackup(
  parts: VaultParts,
  { id }: Pick<CataloguedBackup, 'id'>,
  { signal }: VaultCall,
): Promise<VaultResult<null>> {
  const stranger = strangeId(parts, id);
  if (stranger !== null) return stranger;
  const { cluster, main } = parts;
  const manifest = { store: main, key: backupKey({ kind: 'manifest', cluster, id }) };
  const places: Place[] = [];
  for (const store of storesOf(parts)) {
    const found = await listAll(store, `${cluster}/${id}/`, signal);
    if (!found.ok) return storeFailed(found.error);
    const keys = found.value.map(({ key }) => key).filter((key) => key !== manifest.key);
    places.push(...keys.filter((key) => store === main || isStatic(key)).map((key) => ({ store, key })));
  }
  const kept = await keptBy(parts, id, [manifest, ...places], signal);
  if (kept !== null) return kept;
  for (const { store, key } of [manifest, ...places]) {
    const gone = await store.delete(key, { signal });
    if (!gone.ok) return storeFailed(gone.error);
  }
  return done(null);
}

/** Looks at each object by itself: a list does not tell how long a store keeps it, and may be late with a hold. */
async function keptBy(
  { cluster, main, clock }: VaultParts,
  id: string,
  places: readonly Place[],
  signal: AbortSignal,
): Promise<Failed | null> {
  for (const { store, key } of places) {
    const found = await store.head(key, { signal });
    if (!found.ok && found.error.code !== 'not-there') return storeFailed(found.error);
    const until = found.ok ? found.value.retainedUntil : null;
    if (until !== null && Date.parse(until) > clock.nowMs())
      return storeFailed({
        code: 'retained',
        message: `${id} was not removed: ${store.place} keeps ${key} ${keptWords(until)}`,
      });
  }
  const hold = await main.head(backupKey({ kind: 'hold', cluster, id }), { signal });
  if (hold.ok) return storeFailed({ code: 'retained', message: `${id} was not removed: it is on hold` });
  return hold.error.code === 'not-there' ? null : storeFailed(hold.error);
}
