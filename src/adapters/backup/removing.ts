import type { CataloguedBackup } from '../../core/backup/catalogue.ts';
import { backupKey } from '../../core/backup/names.ts';
import type { VaultCall, VaultResult } from '../../core/ports/backup-vault.ts';
import { keptWords, type ObjectStore } from '../../core/ports/object-store.ts';
import { isStatic } from './listing.ts';
import { putRemoval, strangeId } from './notes.ts';
import { storesOf, type VaultParts } from './parts.ts';
import { listAll } from './small-objects.ts';
import { done, type Failed, removed, storeFailed, withRest } from './trouble.ts';

interface Place {
  readonly store: ObjectStore;
  readonly key: string;
}

/**
 * Removes a backup; see `BackupVault.remove`. Nothing is removed while any part of it is kept. A note that it is being removed lies beside it from
 * before the last look for a hold until nothing else is left: so whoever puts a hold sees that note, or is seen.
 */
export async function removeBackup(
  parts: VaultParts,
  { id }: Pick<CataloguedBackup, 'id'>,
  call: VaultCall,
): Promise<VaultResult<null>> {
  const stranger = strangeId(parts, id);
  if (stranger !== null) return stranger;
  const { cluster, main } = parts;
  const { signal } = call;
  const manifest = { store: main, key: backupKey({ kind: 'manifest', cluster, id }) };
  const before = await placesOf(parts, id, signal);
  if (!before.ok) return before;
  const kept = (await keptBy(parts, [manifest, ...before.value], id, signal)) ?? (await heldBy(parts, id, signal));
  if (kept !== null) return kept;
  const noted = await putRemoval(parts, id, call);
  if (!noted.ok) return noted;
  const note = noted.value;
  const held = await heldBy(parts, id, signal);
  if (held !== null) return withRest(held, await removed(main, note));
  const first = await main.delete(manifest.key, { signal });
  if (!first.ok) return storeFailed(first.error);
  // Anew: what was put beside it meanwhile goes too, also a hold that was told to come too late.
  const after = await placesOf(parts, id, signal);
  if (!after.ok) return after;
  for (const { store, key } of [...after.value.filter((each) => each.key !== note), { store: main, key: note }]) {
    const gone = await store.delete(key, { signal });
    if (!gone.ok) return storeFailed(gone.error);
  }
  return done(null);
}

/** All of it, but for the manifest. */
async function placesOf(parts: VaultParts, id: string, signal: AbortSignal): Promise<VaultResult<readonly Place[]>> {
  const { cluster, main } = parts;
  const manifest = backupKey({ kind: 'manifest', cluster, id });
  const places: Place[] = [];
  for (const store of storesOf(parts)) {
    const found = await listAll(store, `${cluster}/${id}/`, signal);
    if (!found.ok) return storeFailed(found.error);
    const keys = found.value.map(({ key }) => key).filter((key) => key !== manifest);
    places.push(...keys.filter((key) => store === main || isStatic(key)).map((key) => ({ store, key })));
  }
  return done(places);
}

/** Looks at each object by itself: a list does not tell how long a store keeps it, and may be late with a hold. */
async function keptBy(
  { clock }: VaultParts,
  places: readonly Place[],
  id: string,
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
  return null;
}

async function heldBy({ cluster, main }: VaultParts, id: string, signal: AbortSignal): Promise<Failed | null> {
  const hold = await main.head(backupKey({ kind: 'hold', cluster, id }), { signal });
  if (hold.ok) return storeFailed({ code: 'retained', message: `${id} was not removed: it is on hold` });
  return hold.error.code === 'not-there' ? null : storeFailed(hold.error);
}
