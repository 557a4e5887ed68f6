import { createBackupVault } from '../../../src/adapters/backup/vault.ts';
import { canonicalDigest } from '../../../src/adapters/runtime/canonical-digest.ts';
import type { AgeKeys, VaultSettings } from '../../../src/core/backup/vault-settings.ts';
import type { BackupVault } from '../../../src/core/ports/backup-vault.ts';
import type { ObjectStore } from '../../../src/core/ports/object-store.ts';
import { createMemoryStore } from '../../fakes/object-store.ts';
import { createFakeClock } from '../../support/fake-clock.ts';

/** How a vault stores what it is given, in each way that there is. `sealed`: this worker cannot open it. */
export const DRESSES = ['plain', 'compressed', 'encrypted', 'both', 'sealed'] as const;
export type Dress = (typeof DRESSES)[number];

/** Settings of a way. */
export function settingsFor(dress: Dress, keys: AgeKeys): VaultSettings {
  const encryption = { encrypted: keys, both: keys, sealed: { ...keys, identityFile: null } };
  return {
    compression: dress === 'compressed' || dress === 'both' ? 'zstd' : 'none',
    encryption: dress === 'plain' || dress === 'compressed' ? null : encryption[dress],
    staticEncryption: null,
    retainMs: null,
  };
}

/** A vault over a store in memory, with some calls of the store in the hands of the test. */
export function faultScene(settings: VaultSettings, lies: (honest: ObjectStore) => Partial<ObjectStore> = () => ({})) {
  const clock = createFakeClock();
  const store = createMemoryStore(() => clock.nowMs());
  const vaultOver = (main: ObjectStore, its: VaultSettings, apart: ObjectStore | null = null): BackupVault =>
    createBackupVault({ cluster: 'prod', digest: canonicalDigest, clock, main, static: apart, settings: its });
  return { clock, store, vaultOver, vault: vaultOver({ ...store, ...lies(store) }, settings) };
}

/** A store that gives back other bytes than it has, and does not compare. */
export function givesBack(honest: ObjectStore, edit: (bytes: Uint8Array) => Uint8Array): Partial<ObjectStore> {
  return {
    get: async (key) => {
      const found = await honest.get(key);
      if (!found.ok) return found;
      const { object, bytes } = found.value;
      return { ok: true, value: { object, bytes: edited(bytes, edit) } };
    },
  };
}

/** A store that keeps other bytes than it was given, and says that it kept those. */
export function keepsOther(honest: ObjectStore, edit: (bytes: Uint8Array) => Uint8Array): Partial<ObjectStore> {
  return {
    put: async (key, content, options) => await honest.put(key, edited(content, edit), options),
  };
}

async function* edited(
  content: Uint8Array | AsyncIterable<Uint8Array>,
  edit: (bytes: Uint8Array) => Uint8Array,
): AsyncGenerator<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of content instanceof Uint8Array ? [content] : content) pieces.push(piece);
  yield edit(new Uint8Array(Buffer.concat(pieces)));
}

/** Flips a bit there; negative: from the end. */
export function flipAt(bytes: Uint8Array, at: number): Uint8Array {
  const copy = bytes.slice();
  const index = at < 0 ? copy.length + at : at;
  copy[index] = (copy[index] ?? 0) ^ 1;
  return copy;
}
