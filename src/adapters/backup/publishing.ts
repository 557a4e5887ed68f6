import { type BackupBody, type BackupManifest, readManifest, sealManifest } from '../../core/backup/manifest.ts';
import { backupKey } from '../../core/backup/names.ts';
import type { VaultCall, VaultResult } from '../../core/ports/backup-vault.ts';
import { retentionOf, type VaultParts } from './parts.ts';
import { jsonBytes, readSmall } from './small-objects.ts';
import { done, failed, removed, storeFailed, withRest } from './trouble.ts';

/** Seals and stores a manifest; see `BackupVault.publish`. */
export async function publishManifest(
  parts: VaultParts,
  body: BackupBody,
  { signal }: VaultCall,
): Promise<VaultResult<BackupManifest>> {
  const { cluster, digest, main } = parts;
  const { id } = body;
  const manifest = sealManifest(digest, body);
  const judged = readManifest(digest, id, manifest);
  if (judged.kind !== 'good' || body.cluster !== cluster) {
    const why = judged.kind === 'good' ? `it is of cluster ${body.cluster}` : judged.why;
    return storeFailed({ code: 'refused', message: `the manifest of ${id} was not stored: ${why}` });
  }
  const key = backupKey({ kind: 'manifest', cluster, id });
  const put = await main.put(key, jsonBytes(manifest), { createOnly: true, signal, ...retentionOf(parts) });
  if (!put.ok && (put.error.code === 'no-retention' || put.error.code === 'no-encryption'))
    return withRest(storeFailed(put.error), await removed(main, key));
  // In both cases this very manifest may lie there: from an earlier try, or because its answer was lost.
  if (!put.ok && put.error.code !== 'already-there' && put.error.code !== 'away') return storeFailed(put.error);
  const found = await readSmall(main, key, signal);
  if (!found.ok) return storeFailed(put.ok ? found.error : put.error);
  const { object, read } = found.value;
  const back = read.ok ? readManifest(digest, id, read.json) : { kind: 'damaged' as const, why: read.why };
  const same = back.kind === 'good' && back.manifest.sha256 === manifest.sha256;
  const kept = parts.settings.retainMs === null || object.retainedUntil !== null;
  if (same && (put.ok || kept)) return done(manifest);
  if (!put.ok) return storeFailed(put.error);
  const why = back.kind === 'good' ? 'it is another one' : back.why;
  const differs = failed('differs', `the manifest of ${id} was stored, and reads back as something else: ${why}`);
  return withRest(differs, await removed(main, key));
}
