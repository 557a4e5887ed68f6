import { createBackupVault } from '../../src/adapters/backup/vault.ts';
import { canonicalDigest } from '../../src/adapters/runtime/canonical-digest.ts';
import type { VaultSettings } from '../../src/core/backup/vault-settings.ts';
import type { BackupVault, VaultError, VaultResult } from '../../src/core/ports/backup-vault.ts';
import type { Clock } from '../../src/core/ports/runtime.ts';
import { createMemoryStore, type MemoryStore } from './object-store.ts';

/** Which call of a vault is to fail. */
export type VaultCallName = Exclude<keyof BackupVault, 'facts'>;

/** A vault in memory, with its store in the hands of the test. */
export interface FakeBackupVault extends BackupVault {
  readonly store: MemoryStore;
  /** The next such call answers this and does nothing. Several wait in turn. */
  failNext(call: VaultCallName, error: VaultError): void;
  /** Flips a bit in the middle of the object whose key ends so. */
  damage(keyEnd: string): void;
}

const PLAIN: VaultSettings = { compression: 'none', encryption: null, staticEncryption: null, retainMs: null };

/** Makes one of the cluster `prod`, plain unless the settings say otherwise. All that it does, but for keeping the bytes, is what the real one does. */
export function createFakeBackupVault(
  clock: Pick<Clock, 'nowMs' | 'nowIso'>,
  { cluster = 'prod', settings = {} }: { readonly cluster?: string; readonly settings?: Partial<VaultSettings> } = {},
): FakeBackupVault {
  const store = createMemoryStore(() => clock.nowMs());
  const failures: { readonly call: VaultCallName; readonly error: VaultError }[] = [];
  const vault = createBackupVault({
    cluster,
    digest: canonicalDigest,
    clock,
    main: store,
    static: null,
    settings: { ...PLAIN, ...settings },
  });
  async function unless<T>(call: VaultCallName, work: () => Promise<VaultResult<T>>): Promise<VaultResult<T>> {
    const at = failures.findIndex((each) => each.call === call);
    const [failure] = at < 0 ? [] : failures.splice(at, 1);
    return failure === undefined ? await work() : { ok: false, error: failure.error };
  }
  return {
    facts: vault.facts,
    take: async (...given) => await unless('take', async () => await vault.take(...given)),
    publish: async (...given) => await unless('publish', async () => await vault.publish(...given)),
    list: async (...given) => await unless('list', async () => await vault.list(...given)),
    open: async (...given) => await unless('open', async () => await vault.open(...given)),
    check: async (...given) => await unless('check', async () => await vault.check(...given)),
    hold: async (...given) => await unless('hold', async () => await vault.hold(...given)),
    release: async (...given) => await unless('release', async () => await vault.release(...given)),
    recordDrill: async (...given) => await unless('recordDrill', async () => await vault.recordDrill(...given)),
    room: async (...given) => await unless('room', async () => await vault.room(...given)),
    mark: async (...given) => await unless('mark', async () => await vault.mark(...given)),
    remove: async (...given) => await unless('remove', async () => await vault.remove(...given)),
    highestRevision: async (...given) =>
      await unless('highestRevision', async () => await vault.highestRevision(...given)),
    noteRevision: async (...given) => await unless('noteRevision', async () => await vault.noteRevision(...given)),
    keepObjects: async (...given) => await unless('keepObjects', async () => await vault.keepObjects(...given)),
    sweep: async (...given) => await unless('sweep', async () => await vault.sweep(...given)),
    store,
    failNext: (call, error) => void failures.push({ call, error }),
    damage: (keyEnd) => {
      for (const key of store.keys()) if (key.endsWith(keyEnd)) store.change(key, flipped);
    },
  };
}

function flipped(bytes: Uint8Array): Uint8Array {
  const at = Math.floor(bytes.length / 2);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  return bytes;
}
