import { backupKey, readBackupId, readBackupKey, stampOf } from '../../core/backup/names.ts';
import type { BackupHold, BackupMark, DrillRecord } from '../../core/backup/records.ts';
import type { Json } from '../../core/json.ts';
import type { VaultCall, VaultResult } from '../../core/ports/backup-vault.ts';
import type { VaultParts } from './parts.ts';
import { jsonBytes, listAll, readSmall } from './small-objects.ts';
import { done, type Failed, removed, storeFailed, withRest } from './trouble.ts';

/** Notes of one second that each get a place of their own. */
const NOTES_AT_ONCE = 10;

/** See `BackupVault.hold`. */
export async function putHold(
  parts: VaultParts,
  id: string,
  hold: BackupHold,
  { signal }: VaultCall,
): Promise<VaultResult<null>> {
  const missing = await missingBackup(parts, id, signal);
  if (missing !== null) return missing;
  const key = backupKey({ kind: 'hold', cluster: parts.cluster, id });
  const put = await parts.main.put(key, jsonBytes(hold), { createOnly: true, signal });
  if (!put.ok && put.error.code !== 'already-there') return storeFailed(put.error);
  return (await whatIsLeft(parts, id, signal)) ?? done(null);
}

/** Whoever removes a backup says so before he looks for a hold, and so a hold without such a note beside it was seen by each later look. */
async function whatIsLeft(parts: VaultParts, id: string, signal: AbortSignal): Promise<Failed | null> {
  const found = await listAll(parts.main, `${parts.cluster}/${id}/`, signal);
  if (!found.ok) return storeFailed(found.error);
  const kinds = new Set(found.value.map(({ key }) => readBackupKey(key)?.kind));
  if (kinds.has('removal')) {
    const message = `${id} is being removed: the hold was put, and may have come too late. Look at the list before you rely on it`;
    return storeFailed({ code: 'refused', message });
  }
  if (kinds.difference(new Set(['hold', undefined])).size > 0) return null;
  const message = `${id} was removed before the hold was put`;
  const hold = backupKey({ kind: 'hold', cluster: parts.cluster, id });
  return withRest(storeFailed({ code: 'not-there', message }), await removed(parts.main, hold));
}

/** Keys for notes of that time (ISO): of its second, then of those after it, for when somebody else has it. */
function keysAt(at: string, keyOf: (stamp: string) => string): readonly string[] {
  return Array.from({ length: NOTES_AT_ONCE }, (_, second) =>
    stampOf(new Date(Date.parse(at) + second * 1000).toISOString()),
  )
    .filter((stamp) => stamp !== null)
    .map(keyOf);
}

/** Says that a backup is being removed. Each who does has a note of its own, so that nobody takes back another's. Answers its key. */
export async function putRemoval(parts: VaultParts, id: string, { signal }: VaultCall): Promise<VaultResult<string>> {
  const at = parts.clock.nowIso();
  for (const key of keysAt(at, (stamp) => backupKey({ kind: 'removal', cluster: parts.cluster, id, at: stamp }))) {
    const put = await parts.main.put(key, jsonBytes({ version: 1, at }), { createOnly: true, signal });
    if (put.ok) return done(key);
    if (put.error.code !== 'already-there') return storeFailed(put.error);
  }
  return storeFailed({ code: 'already-there', message: `${id} is being removed by others at this very moment` });
}

/** See `BackupVault.mark`. */
export async function putMark(
  parts: VaultParts,
  id: string,
  mark: BackupMark | null,
  { signal }: VaultCall,
): Promise<VaultResult<null>> {
  if (mark === null) return await removeNote(parts, id, 'mark', { signal });
  const missing = await missingBackup(parts, id, signal);
  if (missing !== null) return missing;
  const key = backupKey({ kind: 'mark', cluster: parts.cluster, id });
  const put = await parts.main.put(key, jsonBytes(mark), { signal });
  return put.ok ? done(null) : storeFailed(put.error);
}

/** Takes a hold or a mark away. */
export async function removeNote(
  parts: VaultParts,
  id: string,
  kind: 'hold' | 'mark',
  { signal }: VaultCall,
): Promise<VaultResult<null>> {
  const stranger = strangeId(parts, id);
  if (stranger !== null) return stranger;
  const gone = await parts.main.delete(backupKey({ kind, cluster: parts.cluster, id }), { signal });
  return gone.ok ? done(null) : storeFailed(gone.error);
}

/** See `BackupVault.recordDrill`. Two of the same second are both kept: the later one gets the name of the next second. */
export async function putDrill(
  parts: VaultParts,
  id: string,
  record: DrillRecord,
  { signal }: VaultCall,
): Promise<VaultResult<null>> {
  const missing = await missingBackup(parts, id, signal);
  if (missing !== null) return missing;
  const kind = record.how === 'drill' ? 'drill' : 'reading';
  for (const key of keysAt(record.at, (stamp) => backupKey({ kind, cluster: parts.cluster, id, at: stamp }))) {
    const put = await parts.main.put(key, jsonBytes(record), { createOnly: true, signal });
    if (put.ok) return done(null);
    if (put.error.code !== 'already-there') return storeFailed(put.error);
    const there = await readSmall(parts.main, key, signal);
    if (!there.ok) return storeFailed(there.error);
    const { read } = there.value;
    if (read.ok && same(read.json, record)) return done(null);
  }
  return storeFailed({ code: 'already-there', message: `${id} has too many records of drills of ${record.at}` });
}

function same(found: unknown, record: Json): boolean {
  return JSON.stringify(found) === JSON.stringify(record);
}

/** A failure for an id that is none of this cluster. */
export function strangeId({ cluster }: VaultParts, id: string): Failed | null {
  if (readBackupId(id)?.cluster === cluster) return null;
  return storeFailed({ code: 'refused', message: `${id} is no id of a backup of ${cluster}` });
}

async function missingBackup(parts: VaultParts, id: string, signal: AbortSignal): Promise<Failed | null> {
  const stranger = strangeId(parts, id);
  if (stranger !== null) return stranger;
  const found = await listAll(parts.main, `${parts.cluster}/${id}/`, signal);
  if (!found.ok) return storeFailed(found.error);
  const message = `there is no backup ${id} in ${parts.main.place}`;
  return found.value.length > 0 ? null : storeFailed({ code: 'not-there', message });
}
