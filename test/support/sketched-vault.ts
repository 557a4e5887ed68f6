import { createNoVault } from '../../src/adapters/backup/no-vault.ts';
import { canonicalDigest } from '../../src/adapters/runtime/canonical-digest.ts';
import { type CataloguedBackup, catalogueOf } from '../../src/core/backup/catalogue.ts';
import { backupKey, stampOf } from '../../src/core/backup/names.ts';
import {
  type BackupVault,
  type VaultError,
  VaultReadFailed,
  type VaultResult,
} from '../../src/core/ports/backup-vault.ts';
import { CLUSTER, putJson, readerOf, type StoreSketch } from './backup-samples.ts';

/** What a test may make of a vault over a sketch of a store. */
export interface SketchedVault {
  readonly store: StoreSketch;
  readonly vault: BackupVault;
  /** Calls that changed or read files, in order, as `hold prod-…`. */
  readonly calls: string[];
  /** What a call answers instead, by its name; `content`: thrown while the content is read. */
  readonly failures: Map<
    'list' | 'check' | 'hold' | 'release' | 'recordDrill' | 'noteRevision' | 'open' | 'content',
    VaultError
  >;
  /** Ids whose check fails like this. */
  readonly bad: Map<string, VaultError>;
  canOpen: boolean;
  /** As the vault lists it now. */
  list(): readonly CataloguedBackup[];
}

/** A vault that lists what a sketch of a store has, by the real catalogue, and keeps holds and records in it. */
export function createSketchedVault(store: StoreSketch): SketchedVault {
  const dress = { compression: 'none', recipients: [] } as const;
  const self: SketchedVault = {
    store,
    calls: [],
    failures: new Map(),
    bad: new Map(),
    canOpen: true,
    list: () => catalogueOf(CLUSTER, store.objects, readerOf(store), canonicalDigest),
    vault: {
      ...createNoVault('not of this test'),
      get facts() {
        const snapshot = { ...dress, canOpen: self.canOpen };
        return { place: 's3://backups/', snapshot, static: { ...snapshot, place: 's3://backups/' } };
      },
      list: async () => await answer(self, 'list', () => self.list()),
      check: async ({ id }) => {
        self.calls.push(`check ${id}`);
        const error = self.bad.get(id);
        return error === undefined ? await answer(self, 'check', () => null) : { ok: false, error };
      },
      open: async ({ id }) => {
        self.calls.push(`open ${id}`);
        return await answer(self, 'open', () => contentOf(self));
      },
      noteRevision: async (id, revision) => await note(self, 'noteRevision', `${id} ${revision}`, () => undefined),
      hold: async (id, hold) => await note(self, 'hold', id, () => putOnce(store, 'hold', id, hold)),
      release: async (id) =>
        await note(self, 'release', id, () => drop(store, backupKey({ kind: 'hold', cluster: CLUSTER, id }))),
      recordDrill: async (id, record) =>
        await note(self, 'recordDrill', id, () =>
          putJson(
            store,
            backupKey({ kind: RECORD_KINDS[record.how], cluster: CLUSTER, id, at: stampOf(record.at) ?? '' }),
            record,
          ),
        ),
    },
  };
  return self;
}

const RECORD_KINDS = { drill: 'drill', read: 'reading' } as const;

async function answer<T>(
  self: SketchedVault,
  method: 'list' | 'check' | 'open',
  value: () => T,
): Promise<VaultResult<T>> {
  const error = self.failures.get(method);
  return await Promise.resolve(error === undefined ? { ok: true, value: value() } : { ok: false, error });
}

async function note(
  self: SketchedVault,
  method: 'hold' | 'release' | 'recordDrill' | 'noteRevision',
  id: string,
  does: () => void,
): Promise<VaultResult<null>> {
  self.calls.push(`${method} ${id}`);
  const error = self.failures.get(method);
  if (error === undefined) does();
  return await Promise.resolve(error === undefined ? { ok: true, value: null } : { ok: false, error });
}

function putOnce(store: StoreSketch, kind: 'hold', id: string, json: unknown): void {
  const key = backupKey({ kind, cluster: CLUSTER, id });
  if (!store.contents.has(key)) putJson(store, key, json);
}

function drop(store: StoreSketch, key: string): void {
  store.contents.delete(key);
  store.objects.splice(0, store.objects.length, ...store.objects.filter((each) => each.key !== key));
}

async function* contentOf(self: SketchedVault): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(new Uint8Array(512));
  const error = self.failures.get('content');
  if (error !== undefined) throw new VaultReadFailed(error);
  yield new Uint8Array(544);
}
