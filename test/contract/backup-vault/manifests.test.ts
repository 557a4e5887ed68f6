import { expect, test } from 'vitest';
import { canonicalDigest } from '../../../src/adapters/runtime/canonical-digest.ts';
import { BackupManifest, sealManifest } from '../../../src/core/backup/manifest.ts';
import type { VaultSettings } from '../../../src/core/backup/vault-settings.ts';
import { idOf } from '../../support/backup-samples.ts';
import { faultScene, flipAt, keepsOther } from './fault-scene.ts';
import { bodyWith, orderOf, readCode, snapshotFile, takeBackup, valueOf } from './samples.ts';

const { signal } = new AbortController();
const SNAPSHOT = snapshotFile(8);
const PLAIN: VaultSettings = { compression: 'none', encryption: null, staticEncryption: null, retainMs: null };
const AT = '2026-11-22T00:51:30.000Z';
const DAY_MS = 86_400_000;

function editJson(bytes: Uint8Array, changes: Readonly<Record<string, unknown>>): Uint8Array {
  const { sha256: _old, ...body } = BackupManifest.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
  return new TextEncoder().encode(JSON.stringify({ ...body, sha256: _old, ...changes }));
}

test('a manifest that was edited makes the backup a damaged one', async () => {
  const { vault, store } = faultScene(PLAIN);
  const { id } = await takeBackup(vault, SNAPSHOT);
  store.change(`prod/${id}/manifest.json`, (bytes) => editJson(bytes, { note: 'nothing to see' }));

  expect(valueOf(await vault.list({ signal }))).toMatchObject([{ id, state: 'damaged', manifest: null }]);
});

test('a manifest of another file does not make that the right one, whoever sealed it', async () => {
  const { vault } = faultScene(PLAIN);
  const { manifest, file } = await takeBackup(vault, SNAPSHOT);
  const { sha256: _old, ...body } = manifest;
  const changes = [
    { contentSha256: 'b'.repeat(64) },
    { storedSha256: 'b'.repeat(64) },
    { contentBytes: 1 },
    { storedBytes: 1 },
    { compression: 'zstd' as const },
    { name: 'manifest.json' },
    { name: '../../etc/passwd' },
  ];

  for (const change of changes) {
    const other = { ...file, ...change };
    const sealed = sealManifest(canonicalDigest, { ...body, files: [other] });
    expect([change, await vault.check(sealed, { signal })]).toMatchObject([
      change,
      { ok: false, error: { code: 'damaged' } },
    ]);
    expect(await readCode(vault, sealed, other)).toBe('damaged');
  }
});

test('a manifest that reads back as something else is not published', async () => {
  const { vault, store, vaultOver } = faultScene(PLAIN);
  const file = valueOf(await vault.take(orderOf(idOf(AT), SNAPSHOT), { signal }));
  const lying = vaultOver({ ...store, ...keepsOther(store, (bytes) => flipAt(bytes, 30)) }, PLAIN);

  expect(await lying.publish(bodyWith(AT, [file]), { signal })).toMatchObject({
    ok: false,
    error: { code: 'differs' },
  });
  expect(store.keys().filter((key) => key.endsWith('manifest.json'))).toEqual([]);
});

test('a manifest that is not kept as asked, and cannot be removed again, is told to lie there', async () => {
  const { vault, store, vaultOver } = faultScene(PLAIN);
  const file = valueOf(await vault.take(orderOf(idOf(AT), SNAPSHOT), { signal }));
  const main = vaultOver(
    {
      ...store,
      put: async () => await Promise.resolve({ ok: false, error: { code: 'no-retention', message: 'it is not kept' } }),
      delete: async () => await Promise.resolve({ ok: false, error: { code: 'denied', message: 'not allowed' } }),
    },
    PLAIN,
  );

  expect(await main.publish(bodyWith(AT, [file]), { signal })).toMatchObject({
    error: { store: 'no-retention', message: 'it is not kept. It is still in the store: not allowed' },
  });
});

test('a manifest whose answer was lost is published', async () => {
  const { vault, store, vaultOver } = faultScene(PLAIN);
  const file = valueOf(await vault.take(orderOf(idOf(AT), SNAPSHOT), { signal }));
  const away = { ok: false, error: { code: 'away', message: 'no answer' } } as const;
  const stored = vaultOver(
    {
      ...store,
      put: async (...given) => {
        await store.put(...given);
        return away;
      },
    },
    PLAIN,
  );
  const lost = vaultOver({ ...store, put: async () => await Promise.resolve(away) }, PLAIN);

  expect(await lost.publish(bodyWith(AT, [file]), { signal })).toMatchObject({
    ok: false,
    error: { code: 'store', store: 'away' },
  });
  expect(await stored.publish(bodyWith(AT, [file]), { signal })).toMatchObject({ ok: true });
  expect(valueOf(await vault.list({ signal }))).toMatchObject([{ state: 'good' }]);
});

test('a body that could not be read again is not published', async () => {
  const { vault, store } = faultScene(PLAIN);
  const file = valueOf(await vault.take(orderOf(idOf(AT), SNAPSHOT), { signal }));
  const body = bodyWith(AT, [file]);

  for (const change of [{ cluster: 'other' }, { files: [{ ...file, role: 'static' as const }] }, { revision: 'x' }])
    expect(await vault.publish({ ...body, ...change }, { signal })).toMatchObject({
      ok: false,
      error: { code: 'store', store: 'refused' },
    });
  expect(store.keys().filter((key) => key.endsWith('manifest.json'))).toEqual([]);
});

test('what the store is asked to keep is not removed before its time, in part or whole', async () => {
  const { vault, store, clock } = faultScene({ ...PLAIN, retainMs: DAY_MS });
  const { id } = await takeBackup(vault, SNAPSHOT);
  const [backup] = valueOf(await vault.list({ signal }));
  if (backup === undefined) throw new Error('nothing is listed');
  const before = store.keys();

  // The list of the store does not say so: who reads the manifest is told.
  expect(backup.retainedUntil).toBe(new Date(clock.nowMs() + DAY_MS).toISOString());
  expect(await vault.remove(backup, { signal })).toMatchObject({
    ok: false,
    error: { code: 'store', store: 'retained', message: expect.stringContaining(id) },
  });
  expect(store.keys()).toEqual(before);
  await clock.advance(DAY_MS + 1000);
  expect(await vault.remove(backup, { signal })).toEqual({ ok: true, value: null });
  expect(store.keys()).toEqual([]);
});

test('a removal that dies on the way leaves no backup, and can be ended later', async () => {
  const { vault, store, vaultOver } = faultScene(PLAIN);
  const { id } = await takeBackup(vault, SNAPSHOT);
  const [backup] = valueOf(await vault.list({ signal }));
  if (backup === undefined) throw new Error('nothing is listed');
  const dying = vaultOver(
    {
      ...store,
      delete: async (key) =>
        key.endsWith('manifest.json')
          ? await store.delete(key)
          : { ok: false, error: { code: 'away', message: 'no answer' } },
    },
    PLAIN,
  );

  expect(await dying.remove(backup, { signal })).toMatchObject({ ok: false, error: { code: 'store', store: 'away' } });
  expect(valueOf(await vault.list({ signal }))).toMatchObject([{ id, state: 'half-written' }]);
  expect(await vault.remove(backup, { signal })).toEqual({ ok: true, value: null });
  expect(store.keys()).toEqual([]);
});

test('who cannot see whether there is a hold removes nothing', async () => {
  const { vault, store, vaultOver } = faultScene(PLAIN);
  await takeBackup(vault, SNAPSHOT);
  const [backup] = valueOf(await vault.list({ signal }));
  if (backup === undefined) throw new Error('nothing is listed');
  const before = store.keys();
  const blind = vaultOver(
    {
      ...store,
      head: async (key) =>
        key.endsWith('hold.json')
          ? { ok: false, error: { code: 'away', message: 'no answer' } }
          : await store.head(key),
    },
    PLAIN,
  );

  expect(await blind.remove(backup, { signal })).toMatchObject({ ok: false, error: { code: 'store', store: 'away' } });
  expect(store.keys()).toEqual(before);
});

test('notes of revisions do not pile up', async () => {
  const { vault, store } = faultScene(PLAIN);
  for (let revision = 1; revision <= 20; revision += 1)
    expect(await vault.noteRevision('aa', String(revision), { signal })).toEqual({ ok: true, value: null });

  expect(store.keys()).toEqual(
    [18, 19, 20].map((each) => `prod/highest-revision/aa/${String(each).padStart(20, '0')}.json`),
  );
});

test('a manifest that cannot be read just now is not called damaged', async () => {
  const { vault, store, vaultOver } = faultScene(PLAIN);
  await takeBackup(vault, SNAPSHOT);
  const away = vaultOver(
    { ...store, get: async () => await Promise.resolve({ ok: false, error: { code: 'away', message: 'no answer' } }) },
    PLAIN,
  );

  expect(valueOf(await away.list({ signal }))).toMatchObject([{ state: 'unknown', manifest: null }]);
});
