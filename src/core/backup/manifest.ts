import { z } from 'zod';
import { PLATFORMS } from '../cluster-profile.ts';
import { JsonObject } from '../json.ts';
import type { Digest } from '../ports/runtime.ts';
import { readBackupId } from './names.ts';

/** A 64-bit number without a sign, in digits: JSON numbers lose some. */
const Digits = z.string().regex(/^\d{1,20}$/);
/** 32 bytes in lower-case hex. */
const Sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const Size = z.int().min(0);
const MemberId = z.string().regex(/^[0-9a-f]{1,16}$/);

/** One file of a backup. `stored` is what lies in the store, `content` what comes out of it: decrypted, then decompressed. */
export const BackupFile = z.strictObject({
  role: z.enum(['snapshot', 'static']),
  /** Name in the folder of the backup. */
  name: z.string().min(1),
  storedBytes: Size,
  storedSha256: Sha256,
  contentBytes: Size,
  contentSha256: Sha256,
  compression: z.enum(['none', 'zstd']),
  encryption: z.union([
    z.literal('none'),
    z.strictObject({ kind: z.literal('age'), recipients: z.array(z.string().min(1)).min(1) }),
  ]),
});

export type BackupFile = z.infer<typeof BackupFile>;

const Body = z.strictObject({
  version: z.literal(1),
  id: z.string().refine((id) => readBackupId(id) !== null),
  cluster: z.string().min(1),
  /** Who the cluster is, whatever it is called: etcd's cluster id, and the uid of `kube-system` where there is one. */
  identity: z.strictObject({ etcd: MemberId, kubernetes: z.string().nullable() }),
  platform: z.enum(PLATFORMS),
  /** When the snapshot was begun, ISO in UTC. */
  createdAt: z.iso.datetime(),
  run: z.string().min(1),
  /** Team and user. */
  by: z.string().min(1),
  note: z.string().nullable(),
  member: z.strictObject({ id: MemberId, name: z.string() }),
  versions: z.strictObject({ etcd: z.string().min(1), kubernetes: z.string().nullable() }),
  /** Where the member was right before: what is in the snapshot is at least this. */
  revision: Digits,
  raftIndex: Digits,
  raftTerm: Digits,
  /** How many keys there were at that revision; `null`: not counted. */
  keys: Size.nullable(),
  /** Hash over the key-value store at a revision; `compactRevision` −1: never compacted. */
  hashKv: z
    .strictObject({ hash: z.int().min(0), compactRevision: z.string().regex(/^-?\d{1,20}$/), revision: Digits })
    .nullable(),
  /** Hashes of the other voters at the revision of `hashKv`, of those that compare with it. Absent: nobody was asked. */
  hashes: z.array(z.strictObject({ id: MemberId, hash: z.int().min(0) })).exactOptional(),
  databaseBytes: Size,
  members: z.array(
    z.strictObject({ id: MemberId, name: z.string(), peerUrls: z.array(z.string()), learner: z.boolean() }),
  ),
  /** Alarms that were active: a restored database brings them along. */
  alarms: z.array(z.strictObject({ member: MemberId, type: z.enum(['NOSPACE', 'CORRUPT', 'UNKNOWN']) })),
  /**
   * Encryption of values by the API server. `types`: its providers. Then the static files hold the keys. `rewritten`: values may have been of other
   * types than these; absent: nothing spoke for that.
   */
  encryptionAtRest: z.union([
    z.literal('none'),
    z.literal('unknown'),
    z.strictObject({ types: z.array(z.string().min(1)).min(1), rewritten: z.literal('unknown').exactOptional() }),
  ]),
  /** Why there are no static files; `null`: there are, or the platform has none. */
  snapshotOnly: z.string().min(1).nullable(),
  files: z.array(BackupFile).min(1),
});

/** What a backup is, before it is sealed. */
export type BackupBody = z.infer<typeof Body>;

/** A manifest: a backup exists only if it has one. `sha256` is that of the canonical JSON of all the rest. */
export const BackupManifest = Body.extend({ sha256: Sha256 });
export type BackupManifest = z.infer<typeof BackupManifest>;

/** A manifest that was read. `newer`: a later Drydock wrote it, and only that can judge it. */
export type ManifestRead =
  | { readonly kind: 'good'; readonly manifest: BackupManifest }
  | { readonly kind: 'newer'; readonly why: string }
  | { readonly kind: 'damaged'; readonly why: string };

/** Puts the seal on it. */
export function sealManifest(digest: Pick<Digest, 'of'>, body: BackupBody): BackupManifest {
  return { ...body, sha256: digest.of(body) };
}

/**
 * Reads a manifest that was found for this backup, and compares its seal. The seal shows accidents and clumsy edits; who can write to the store can
 * plant one of his own, encrypted too, for whoever has the public keys: what keeps him from it is who may write there. Object lock keeps what is there.
 *
 * @param found the JSON that was read
 */
export function readManifest(digest: Pick<Digest, 'of'>, id: string, found: unknown): ManifestRead {
  const versioned = z.looseObject({ version: z.int() }).safeParse(found);
  if (versioned.success && versioned.data.version > 1)
    return { kind: 'newer', why: `its manifest has version ${versioned.data.version}, which a newer Drydock wrote` };
  const read = BackupManifest.safeParse(found);
  if (!read.success) {
    const path = read.error.issues[0]?.path.join('.') ?? '';
    return damaged(`its manifest cannot be read${path === '' ? '' : ` (at ${path})`}`);
  }
  const { sha256, ...body } = read.data;
  if (digest.of(JsonObject.parse(body)) !== sha256) return damaged('its manifest was changed after it was written');
  if (body.id !== id) return damaged(`its manifest is that of ${body.id}`);
  if (readBackupId(id)?.cluster !== body.cluster) return damaged(`its manifest is of cluster ${body.cluster}`);
  if (!body.files.some(({ role }) => role === 'snapshot')) return damaged('its manifest names no snapshot');
  return { kind: 'good', manifest: read.data };
}

function damaged(why: string): ManifestRead {
  return { kind: 'damaged', why };
}
