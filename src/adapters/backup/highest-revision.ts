import type { VaultCall, VaultResult } from '../../core/ports/backup-vault.ts';
import type { VaultParts } from './parts.ts';
import { jsonBytes, listAll } from './small-objects.ts';
import { done, storeFailed } from './trouble.ts';

/** Notes of one etcd that stay: the newest says it all, and the others help if somebody removes that. */
const KEPT = 3;
const ETCD_ID = /^[0-9a-f]{1,16}$/;
const REVISION = /^\d{1,20}$/;
const NAME = /^\d{20}\.json$/;

/** See `BackupVault.highestRevision`. A note is never changed: its name is the revision. */
export async function readHighest(parts: VaultParts, { signal }: VaultCall): Promise<VaultResult<string | null>> {
  const found = await listAll(parts.main, rootOf(parts), signal);
  if (!found.ok) return storeFailed(found.error);
  const names = found.value.map(({ key }) => key.slice(key.lastIndexOf('/') + 1)).filter((name) => NAME.test(name));
  const last = names.toSorted().at(-1);
  return done(last === undefined ? null : revisionOf(last));
}

/** See `BackupVault.noteRevision`. */
export async function noteHighest(
  parts: VaultParts,
  etcdClusterId: string,
  revision: string,
  call: VaultCall,
): Promise<VaultResult<null>> {
  const { main, clock } = parts;
  if (!REVISION.test(revision)) return storeFailed({ code: 'refused', message: `${revision} is no revision` });
  const notes = await notesOf(parts, etcdClusterId, call);
  if (!notes.ok) return notes;
  const last = notes.value.at(-1);
  if (last !== undefined && BigInt(revisionOf(last)) >= BigInt(revision)) return done(null);
  const key = `${folderOf(parts, etcdClusterId)}${revision.padStart(20, '0')}.json`;
  const note = jsonBytes({ version: 1, revision, at: clock.nowIso() });
  const put = await main.put(key, note, { createOnly: true, signal: call.signal });
  if (!put.ok && put.error.code !== 'already-there') return storeFailed(put.error);
  for (const old of notes.value.slice(0, -(KEPT - 1))) {
    const gone = await main.delete(old, { signal: call.signal });
    // It is noted. What stays too long is tried again with the next one.
    if (!gone.ok) break;
  }
  return done(null);
}

async function notesOf(
  parts: VaultParts,
  etcdClusterId: string,
  { signal }: VaultCall,
): Promise<VaultResult<readonly string[]>> {
  if (!ETCD_ID.test(etcdClusterId))
    return storeFailed({ code: 'refused', message: `${etcdClusterId} is no id of an etcd cluster` });
  const folder = folderOf(parts, etcdClusterId);
  const found = await listAll(parts.main, folder, signal);
  if (!found.ok) return storeFailed(found.error);
  const keys = found.value.map(({ key }) => key).filter((key) => NAME.test(key.slice(folder.length)));
  return done(keys.toSorted());
}

function folderOf(parts: VaultParts, etcdClusterId: string): string {
  return `${rootOf(parts)}${etcdClusterId}/`;
}

function rootOf({ cluster }: VaultParts): string {
  return `${cluster}/highest-revision/`;
}

function revisionOf(key: string): string {
  return BigInt(key.slice(-'.json'.length - 20, -'.json'.length)).toString();
}
