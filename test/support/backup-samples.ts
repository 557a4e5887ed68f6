import { canonicalDigest } from '../../src/adapters/runtime/canonical-digest.ts';
import type { CataloguedBackup } from '../../src/core/backup/catalogue.ts';
import type { ListedObject, ReadJson } from '../../src/core/backup/catalogue-parts.ts';
import { type BackupBody, sealManifest } from '../../src/core/backup/manifest.ts';
import { backupId, backupKey, fileName, stampOf } from '../../src/core/backup/names.ts';

export const CLUSTER = 'prod';

/** The id of a backup of that time. */
export function idOf(createdAt: string, suffix = '7f3k'): string {
  return backupId(CLUSTER, stampOf(createdAt) ?? '', suffix);
}

/** What a manifest says before its seal: a backup of 1 KiB, plain. */
export function bodyOf(createdAt: string, changes: Partial<BackupBody> = {}): BackupBody {
  const name = fileName('snapshot', stampOf(createdAt) ?? '', { compressed: false, encrypted: false });
  return {
    version: 1,
    id: idOf(createdAt),
    cluster: CLUSTER,
    identity: { etcd: 'e00d12ba52a76879', kubernetes: 'b1a2' },
    platform: 'kubeadm',
    createdAt,
    run: 'backup-prod-7f3k',
    by: 'T0TEAM/U0OPERATOR',
    note: null,
    member: { id: '8e9e05c52164694e', name: 'cp-2' },
    versions: { etcd: '3.5.16', kubernetes: '1.34.2' },
    revision: '18019771712233889772',
    raftIndex: '1000',
    raftTerm: '2',
    keys: 812,
    hashKv: { hash: 40_717_993, compactRevision: '-1', revision: '100' },
    databaseBytes: 1024,
    members: [{ id: '8e9e05c52164694e', name: 'cp-2', peerUrls: ['https://10.0.0.2:2380'], learner: false }],
    alarms: [],
    encryptionAtRest: 'none',
    snapshotOnly: null,
    files: [
      {
        role: 'snapshot',
        name,
        storedBytes: 1056,
        storedSha256: 'a'.repeat(64),
        contentBytes: 1056,
        contentSha256: 'a'.repeat(64),
        compression: 'none',
        encryption: 'none',
      },
    ],
    ...changes,
  };
}

/** A store as a catalogue sees it: its objects, and the JSON of the small ones. */
export interface StoreSketch {
  readonly objects: ListedObject[];
  readonly contents: Map<string, unknown>;
}

/** Puts a whole backup into the sketch. */
export function putBackup(store: StoreSketch, body: BackupBody): void {
  const { cluster, id } = body;
  putJson(store, backupKey({ kind: 'manifest', cluster, id }), sealManifest(canonicalDigest, body));
  for (const { name, storedBytes, storedSha256 } of body.files)
    store.objects.push({
      ...listed(backupKey({ kind: 'file', cluster, id, name })),
      size: storedBytes,
      sha256: storedSha256,
    });
}

/** Puts a small object into the sketch. */
export function putJson(store: StoreSketch, key: string, json: unknown): void {
  store.objects.push(listed(key));
  store.contents.set(key, json);
}

/** How the sketch is read. */
export function readerOf({ contents }: StoreSketch): (key: string) => ReadJson {
  return (key) => (contents.has(key) ? { ok: true, json: contents.get(key) } : { ok: false, why: 'no answer' });
}

/** An object of 100 bytes of which the store tells nothing else. */
export function listed(key: string): ListedObject {
  return { key, size: 100, storedAt: '2026-11-22T00:00:00Z', sha256: null, retainedUntil: null };
}

/** A backup as the catalogue shows it: good, plain, never drilled. */
export function catalogued(createdAt: string, changes: Partial<CataloguedBackup> = {}): CataloguedBackup {
  return {
    id: idOf(createdAt),
    cluster: CLUSTER,
    createdAt,
    state: 'good',
    why: null,
    manifest: null,
    storedBytes: 1156,
    drill: null,
    readAt: null,
    checksums: true,
    hold: null,
    mark: null,
    retainedUntil: null,
    unseen: null,
    keys: [],
    ...changes,
  };
}
