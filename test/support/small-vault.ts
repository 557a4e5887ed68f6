import { createHash } from 'node:crypto';
import { canonicalDigest } from '../../src/adapters/runtime/canonical-digest.ts';
import { catalogueOf } from '../../src/core/backup/catalogue.ts';
import type { ListedObject } from '../../src/core/backup/catalogue-parts.ts';
import { type BackupBody, type BackupFile, type BackupManifest, sealManifest } from '../../src/core/backup/manifest.ts';
import { backupKey, fileName, readBackupId, stampOf } from '../../src/core/backup/names.ts';
import { followTrailingHash } from '../../src/core/backup/trailing-hash.ts';
import type { BackupVault, TakeOrder, VaultError, VaultResult } from '../../src/core/ports/backup-vault.ts';
import { listed, putBackup, type StoreSketch } from './backup-samples.ts';

/** A vault in memory for tests of steps: it keeps objects by key, and fails when it is told to. */
export interface SmallVault {
  readonly vault: BackupVault;
  /** Objects by key: JSON, or the size of a file. */
  readonly objects: Map<string, unknown>;
  /** Calls in order, as `take prod-…`. */
  readonly calls: readonly string[];
  /** Highest revision by etcd cluster id. */
  readonly revisions: Map<string, string>;
  /** The next calls of that name fail like this; `null` ends it. */
  fail(
    method: 'take' | 'publish' | 'list' | 'remove' | 'noteRevision' | 'keepObjects' | 'sweep',
    error: VaultError | null,
  ): void;
  /** Called when a call was done, before it is answered. */
  onDone: (call: string) => void;
  /** What it says of its room. */
  room: VaultResult<number | null>;
  /** Puts a good backup there that somebody took before. */
  put(body: BackupBody): void;
}

/** Makes it for the cluster `prod`. */
export function createSmallVault(): SmallVault {
  const objects = new Map<string, unknown>();
  const calls: string[] = [];
  const revisions = new Map<string, string>();
  const failures = new Map<string, VaultError>();
  const self: SmallVault = {
    vault: {
      facts: {
        place: 's3://backups/',
        snapshot: { compression: 'none', recipients: ['age1x'], canOpen: true },
        static: { compression: 'none', recipients: ['age1x'], canOpen: true, place: 's3://backups/' },
      },
      take: async (order, call) => await answer('take', order.id, async () => await take(objects, order, call.signal)),
      publish: async (body) =>
        await answer('publish', body.id, async () => await Promise.resolve(publish(objects, body))),
      list: async () => await answer('list', '', async () => await Promise.resolve({ ok: true, value: list(objects) })),
      mark: async (id, mark) => {
        const key = backupKey({ kind: 'mark', cluster: 'prod', id });
        return await answer('mark', id, async () => {
          if (mark === null) objects.delete(key);
          else objects.set(key, mark);
          return await Promise.resolve(NOTHING);
        });
      },
      remove: async (backup) =>
        await answer('remove', backup.id, async () => {
          for (const key of backup.keys) objects.delete(key);
          return await Promise.resolve(NOTHING);
        }),
      noteRevision: async (id, revision) =>
        await answer('noteRevision', revision, async () => {
          revisions.set(id, revision);
          return await Promise.resolve(NOTHING);
        }),
      keepObjects: async (text) =>
        await answer('keepObjects', '', async () => {
          const key = `prod/objects/objects_${calls.length}.json`;
          objects.set(key, text);
          return await Promise.resolve({ ok: true, value: { key, bytes: text.length, sha256: 'f'.repeat(64) } });
        }),
      sweep: async (before) => await answer('sweep', before, async () => await Promise.resolve({ ok: true, value: 0 })),
      room: async () => await Promise.resolve(self.room),
      open: unused,
      check: unused,
      hold: unused,
      release: unused,
      recordDrill: unused,
      highestRevision: unused,
    },
    objects,
    calls,
    revisions,
    fail: (method, error) => void (error === null ? failures.delete(method) : failures.set(method, error)),
    onDone: () => undefined,
    room: { ok: true, value: null },
    put(body) {
      const sketch: StoreSketch = { objects: [], contents: new Map() };
      putBackup(sketch, body);
      for (const { key, size } of sketch.objects) objects.set(key, sketch.contents.get(key) ?? size);
    },
  };
  async function answer<T>(
    method: string,
    detail: string,
    does: () => Promise<VaultResult<T>>,
  ): Promise<VaultResult<T>> {
    const call = `${method} ${detail}`.trim();
    calls.push(call);
    const error = failures.get(method);
    const result: VaultResult<T> = error === undefined ? await does() : { ok: false, error };
    self.onDone(call);
    return result;
  }
  return self;
}

const NOTHING = { ok: true, value: null } as const;

const unused = async (): Promise<VaultResult<never>> =>
  await Promise.reject(new Error('the small vault does not have this call'));

async function take(
  objects: Map<string, unknown>,
  order: TakeOrder,
  signal: AbortSignal,
): Promise<VaultResult<BackupFile>> {
  const whole = createHash('sha256');
  const trailing = followTrailingHash(createHash('sha256'));
  let bytes = 0;
  const end = await order.feed(async (chunk) => {
    whole.update(chunk);
    trailing.take(chunk);
    bytes += chunk.length;
    order.onProgress?.({ phase: 'taking', bytes });
    await Promise.resolve();
  }, signal);
  if (signal.aborted) return no('cancelled', 'ended by its caller');
  if (!end.ok) return no('source-failed', end.why);
  const finding = trailing.finding();
  if (!finding.ok) return no('not-whole', finding.text);
  const stamp = stampOf(readBackupId(order.id)?.createdAt ?? '') ?? '';
  const name = fileName(order.role, stamp, { compressed: false, encrypted: true });
  const key = backupKey({ kind: 'file', cluster: 'prod', id: order.id, name });
  if (objects.has(key))
    return { ok: false, error: { code: 'store', store: 'already-there', message: `${key} is there already` } };
  objects.set(key, bytes);
  const sha256 = whole.digest('hex');
  const file: BackupFile = {
    role: order.role,
    name,
    storedBytes: bytes,
    storedSha256: sha256,
    contentBytes: bytes,
    contentSha256: sha256,
    compression: 'none',
    encryption: { kind: 'age', recipients: ['age1x'] },
  };
  return { ok: true, value: file };
}

function publish(objects: Map<string, unknown>, body: BackupBody): VaultResult<BackupManifest> {
  const manifest = sealManifest(canonicalDigest, body);
  objects.set(backupKey({ kind: 'manifest', cluster: body.cluster, id: body.id }), manifest);
  return { ok: true, value: manifest };
}

function list(objects: Map<string, unknown>) {
  const all = [...objects].map(([key, value]): ListedObject => {
    const { size, ...rest } = listed(key);
    return Object.assign(rest, { size: typeof value === 'number' ? value : size });
  });
  return catalogueOf(
    'prod',
    all,
    (key) => (objects.has(key) ? { ok: true, json: objects.get(key) } : { ok: false, why: 'gone' }),
    canonicalDigest,
  );
}

function no(code: VaultError['code'], message: string): { readonly ok: false; readonly error: VaultError } {
  return { ok: false, error: { code, message } };
}
