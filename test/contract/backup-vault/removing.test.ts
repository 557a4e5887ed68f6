import { expect, test } from 'vitest';
import { BEING_REMOVED, type CataloguedBackup } from '../../../src/core/backup/catalogue.ts';
import type { VaultSettings } from '../../../src/core/backup/vault-settings.ts';
import type { BackupVault } from '../../../src/core/ports/backup-vault.ts';
import { faultScene } from './fault-scene.ts';
import { snapshotFile, takeBackup, valueOf } from './samples.ts';

const { signal } = new AbortController();
const PLAIN: VaultSettings = { compression: 'none', encryption: null, staticEncryption: null, retainMs: null };
const HOLD = { version: 1, at: '2026-11-22T01:00:00.000Z', by: 'T0TEAM/U0OPERATOR', why: 'an incident' } as const;
const NO_ANSWER = { ok: false, error: { code: 'away', message: 'no answer' } } as const;

async function onlyOne(vault: BackupVault): Promise<CataloguedBackup> {
  const [backup, ...more] = valueOf(await vault.list({ signal }));
  if (backup === undefined || more.length > 0) throw new Error('there is not exactly one');
  return backup;
}

async function backupIn(vault: BackupVault): Promise<CataloguedBackup> {
  await takeBackup(vault, snapshotFile(4));
  return await onlyOne(vault);
}

test('a hold that is put behind the last look of a removal is told to come too late, and goes with the backup', async () => {
  const { vault, store, vaultOver } = faultScene(PLAIN);
  const backup = await backupIn(vault);
  const told: unknown[] = [];
  const slow = vaultOver(
    {
      ...store,
      delete: async (key) => {
        if (key.endsWith('manifest.json')) told.push(await vault.hold(backup.id, HOLD, { signal }));
        return await store.delete(key);
      },
    },
    PLAIN,
  );

  expect(await slow.remove(backup, { signal })).toEqual({ ok: true, value: null });
  expect(told).toMatchObject([
    { ok: false, error: { code: 'store', store: 'refused', message: expect.stringContaining('is being removed') } },
  ]);
  expect(store.keys()).toEqual([]);
});

test('a hold that is put before the last look of a removal ends that, and what it noted is taken back', async () => {
  const { vault, store, vaultOver } = faultScene(PLAIN);
  const backup = await backupIn(vault);
  const told: unknown[] = [];
  const late = vaultOver(
    {
      ...store,
      put: async (...given) => {
        const put = await store.put(...given);
        told.push(await vault.hold(backup.id, HOLD, { signal }));
        return put;
      },
    },
    PLAIN,
  );

  expect(await late.remove(backup, { signal })).toMatchObject({ ok: false, error: { store: 'retained' } });
  expect(told).toMatchObject([{ ok: false, error: { store: 'refused' } }]);
  expect(await onlyOne(vault)).toMatchObject({ state: 'good', hold: HOLD });
  expect(await vault.hold(backup.id, HOLD, { signal })).toEqual({ ok: true, value: null });
});

test('a hold that is put when all was removed is none, also of what never had a manifest', async () => {
  const { vault, store, vaultOver } = faultScene(PLAIN);
  const backup = await backupIn(vault);
  const late = vaultOver(
    {
      ...store,
      put: async (...given) => {
        valueOf(await vault.remove(backup, { signal }));
        return await store.put(...given);
      },
    },
    PLAIN,
  );

  expect(await late.hold(backup.id, HOLD, { signal })).toMatchObject({ ok: false, error: { store: 'not-there' } });
  expect(store.keys()).toEqual([]);
});

test('a removal that died before it removed anything is named, takes no hold, and is ended by the next', async () => {
  const { vault, store, vaultOver } = faultScene(PLAIN);
  const backup = await backupIn(vault);
  const dying = vaultOver({ ...store, delete: async () => await Promise.resolve(NO_ANSWER) }, PLAIN);

  expect(await dying.remove(backup, { signal })).toMatchObject({ ok: false, error: { store: 'away' } });
  expect(await onlyOne(vault)).toMatchObject({ state: 'half-written', why: BEING_REMOVED, manifest: null });
  expect(await vault.hold(backup.id, HOLD, { signal })).toMatchObject({ ok: false, error: { store: 'refused' } });
  // The hold lies there all the same: later removals keep the backup, and leave the note of the first one where it is.
  expect(await vault.remove(backup, { signal })).toMatchObject({ ok: false, error: { store: 'retained' } });
  expect(await onlyOne(vault)).toMatchObject({ why: BEING_REMOVED, hold: HOLD });
  valueOf(await vault.release(backup.id, { signal }));
  expect(await vault.remove(backup, { signal })).toEqual({ ok: true, value: null });
  expect(store.keys()).toEqual([]);
});

test('of two removals each takes back its own note only', async () => {
  const { vault, store, vaultOver } = faultScene(PLAIN);
  const backup = await backupIn(vault);
  const frozen = vaultOver({ ...store, delete: async () => await Promise.resolve(NO_ANSWER) }, PLAIN);
  await frozen.remove(backup, { signal });
  const late = vaultOver(
    {
      ...store,
      put: async (...given) => {
        const put = await store.put(...given);
        await vault.hold(backup.id, HOLD, { signal });
        return put;
      },
    },
    PLAIN,
  );

  expect(await late.remove(backup, { signal })).toMatchObject({ ok: false, error: { store: 'retained' } });
  expect(store.keys().filter((key) => key.includes('/removals/'))).toHaveLength(1);
  expect(await vault.hold(backup.id, HOLD, { signal })).toMatchObject({ ok: false, error: { store: 'refused' } });
});
