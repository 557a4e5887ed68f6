import { resolve } from 'node:path';
import type { AgeKeys } from '../core/backup/vault-settings.ts';
import type { AnchorsEntry } from './anchors-entry.ts';
import type { AgeEntry, StoreEntry } from './backups-entry.ts';
import type { BackupsConfig, StorePlace } from './config.ts';
import type { ClusterEntry } from './schema.ts';
import type { BucketEntry, KeepEntry } from './store-entry.ts';

/** How backups of a cluster are kept. `folder`: where relative paths begin. */
export function buildBackups(backups: ClusterEntry['backups'], folder: string): BackupsConfig | null {
  if (backups === undefined) return null;
  const { store, retention, staticResources } = backups;
  return {
    store: buildStore(folder, store),
    staticStore: staticResources?.store === undefined ? null : buildStore(folder, staticResources.store),
    retention: { keepLast: retention?.keepLast ?? null, maxAgeMs: retention?.maxAge ?? null },
    compression: backups.compression,
    encryption: buildKeys(folder, backups.encryption),
    staticEncryption: buildKeys(folder, staticResources?.encryption),
    maxAgeMs: backups.maxAge,
  };
}

/** Where anchors of the audit log are kept. */
export function buildAnchors(folder: string, anchors: AnchorsEntry): StorePlace {
  if (anchors.type === 'file') return { type: 'file', path: resolve(folder, anchors.path) };
  return buildBucket(folder, anchors, anchors.retention === 'none' ? undefined : anchors.retention);
}

function buildStore(folder: string, store: StoreEntry): StorePlace {
  if (store.type === 'file') return { type: 'file', path: resolve(folder, store.path) };
  return buildBucket(folder, store, store.keep);
}

function buildBucket(folder: string, entry: BucketEntry, keep: KeepEntry | undefined): StorePlace {
  const { bucket, prefix = null, region = null, endpoint = null, forcePathStyle = false, credentials } = entry;
  const s3 = {
    bucket,
    prefix,
    region,
    endpoint,
    forcePathStyle,
    credentialsFile: credentials === undefined ? null : resolve(folder, credentials),
    encryption: buildEncryption(entry.encryption),
    retentionMode: keep?.mode ?? 'compliance',
  } as const;
  return { type: 's3', s3, keepForMs: keep?.for ?? null };
}

function buildEncryption(
  encryption: BucketEntry['encryption'],
): { kind: 'aes256' } | { kind: 'kms'; key: string | null } | null {
  if (encryption === undefined) return null;
  return encryption.type === 'kms' ? { kind: 'kms', key: encryption.key ?? null } : { kind: 'aes256' };
}

function buildKeys(folder: string, keys: AgeEntry | undefined): AgeKeys | null {
  if (keys === undefined) return null;
  const { recipients, identityFile } = keys;
  return {
    recipients: [...new Set(recipients)],
    identityFile: identityFile === undefined ? null : resolve(folder, identityFile),
  };
}
