import { rm, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AgeKeys, VaultSettings } from '../../../src/core/backup/vault-settings.ts';
import { createMemoryStore } from '../../fakes/object-store.ts';
import { idOf } from '../../support/backup-samples.ts';
import { faultScene, flipAt, settingsFor } from './fault-scene.ts';
import { folderScene, newAgeKeys } from './folder-scene.ts';
import { bodyWith, bytesOf, nextTime, orderOf, readCode, snapshotFile, takeBackup, valueOf } from './samples.ts';

const { signal } = new AbortController();
const SNAPSHOT = snapshotFile(200);
const LETTER_A = 65;

let mine: AgeKeys & { readonly identityFile: string };
let others: AgeKeys & { readonly identityFile: string };
let folder: Awaited<ReturnType<typeof folderScene>>;
beforeAll(async () => {
  folder = await folderScene();
  mine = await newAgeKeys(folder.beside, 'mine');
  others = await newAgeKeys(folder.beside, 'others');
});
afterAll(async () => await folder.stop());

function settings(encryption: AgeKeys, changes: Partial<VaultSettings> = {}): VaultSettings {
  return { ...settingsFor('both', encryption), ...changes };
}

test('what this worker is to open and cannot is not taken', async () => {
  const { vault, store } = faultScene(settings({ recipients: others.recipients, identityFile: mine.identityFile }));

  expect(await vault.take(orderOf(idOf(nextTime()), SNAPSHOT), { signal })).toMatchObject({
    ok: false,
    error: { code: 'no-key', message: expect.stringMatching(/no identity in .*mine opens it$/) },
  });
  expect(store.keys()).toEqual([]);
});

test('with another identity it is compared as it is stored, and opened for nobody', async () => {
  const { vault, store, vaultOver } = faultScene(settings(mine));
  const { id, manifest, file } = await takeBackup(vault, SNAPSHOT);
  const stranger = vaultOver(store, settings(others));

  expect(await stranger.open(manifest, file, { signal })).toMatchObject({ ok: false, error: { code: 'no-key' } });
  expect(await stranger.check(manifest, { signal })).toEqual({ ok: true, value: null });
  store.change(`prod/${id}/${file.name}`, (bytes) => flipAt(bytes, -1));
  expect(await stranger.open(manifest, file, { signal })).toMatchObject({ ok: false, error: { code: 'damaged' } });
  expect(await stranger.check(manifest, { signal })).toMatchObject({ ok: false, error: { code: 'damaged' } });
});

test('a damaged header is damage, although no key opens it', async () => {
  const { vault, store } = faultScene(settings(mine));
  const { id, manifest, file } = await takeBackup(vault, SNAPSHOT);
  // The line behind `-> X25519 …` holds the key of the file.
  store.change(`prod/${id}/${file.name}`, (bytes) => {
    const line = Buffer.from(bytes).indexOf('\n', Buffer.from(bytes).indexOf('-> ')) + 1;
    bytes[line + 3] = bytes[line + 3] === LETTER_A ? LETTER_A + 1 : LETTER_A;
    return bytes;
  });

  expect(await readCode(vault, manifest, file)).toBe('damaged');
  expect(await vault.check(manifest, { signal })).toMatchObject({ ok: false, error: { code: 'damaged' } });
});

test('a file of identities that is missing, empty or none is no key, and its content is told to nobody', async () => {
  const { vault, store, vaultOver } = faultScene(settings(mine));
  const { manifest, file } = await takeBackup(vault, SNAPSHOT);
  const identityFile = `${folder.beside}/broken`;
  const later = vaultOver(store, settings({ ...mine, identityFile }));

  for (const text of [null, '# nothing\n', 'AGE-SECRET-KEY-1SECRETSECRET\n', 'hunter2\n']) {
    if (text === null) await rm(identityFile, { force: true });
    else await writeFile(identityFile, text);
    const opened = await later.open(manifest, file, { signal });
    expect(opened).toMatchObject({ ok: false, error: { code: 'no-key' } });
    expect(JSON.stringify(opened)).not.toMatch(/SECRETSECRET|hunter2/);
  }
});

test('what is called encrypted and is not, is damage', async () => {
  const { vault, store, vaultOver } = faultScene(settingsFor('plain', mine));
  const { manifest, file } = await takeBackup(vault, SNAPSHOT);
  const other = { ...file, encryption: { kind: 'age' as const, recipients: [...mine.recipients] } };

  const opened = await vaultOver(store, settings(mine)).open(manifest, other, { signal });
  expect(opened).toMatchObject({
    ok: false,
    error: { code: 'damaged', message: expect.stringContaining('it does not begin as age begins') },
  });
});

test('a second recipient opens it too', async () => {
  const both = { recipients: [...others.recipients, ...mine.recipients], identityFile: mine.identityFile };
  const { vault, store, vaultOver } = faultScene(settings(both));
  const { manifest, file } = await takeBackup(vault, SNAPSHOT);

  const opened = valueOf(await vaultOver(store, settings(others)).open(manifest, file, { signal }));
  expect((await bytesOf(opened)).equals(SNAPSHOT)).toBe(true);
});

test('a public key that is none stores nothing', async () => {
  const { vault, store } = faultScene(settings({ recipients: ['age1nonsense'], identityFile: null }));

  expect(await vault.take(orderOf(idOf(nextTime()), SNAPSHOT), { signal })).toEqual({
    ok: false,
    error: { code: 'not-configured', message: '"age1nonsense" is no public key of age' },
  });
  expect(store.keys()).toEqual([]);
});

test('a sealed backup is opened by who has the key later', async () => {
  const { vault, store, vaultOver } = faultScene(settingsFor('sealed', mine));
  const { manifest, file } = await takeBackup(vault, SNAPSHOT);

  expect(vault.facts?.snapshot).toEqual({ compression: 'none', recipients: mine.recipients, canOpen: false });
  expect(await readCode(vault, manifest, file)).toBe('no-key');
  expect(await vault.check(manifest, { signal })).toEqual({ ok: true, value: null });
  expect(await readCode(vaultOver(store, settings(mine)), manifest, file)).toBe('read');
});

test('while the store of static files is away the rest is listed: those are neither seen nor missing, and nothing is removed', async () => {
  const its = settingsFor('plain', mine);
  const { store, vaultOver, clock } = faultScene(its);
  const apart = createMemoryStore(() => clock.nowMs(), 'apart');
  const split = vaultOver(store, its, apart);
  const createdAt = nextTime();
  const snapshot = valueOf(await split.take(orderOf(idOf(createdAt), SNAPSHOT), { signal }));
  const archive = orderOf(idOf(createdAt), new TextEncoder().encode('keys'), 'static');
  const file = valueOf(await split.take(archive, { signal }));
  const { id } = valueOf(await split.publish(bodyWith(createdAt, [snapshot, file]), { signal }));
  const away = { ok: false, error: { code: 'away', message: 'no answer' } } as const;
  const without = vaultOver(store, its, { ...apart, list: async () => await Promise.resolve(away) });
  const [seen] = valueOf(await without.list({ signal }));
  if (seen === undefined) throw new Error('nothing is listed');

  expect(seen).toMatchObject({ id, state: 'good', why: null, unseen: 'no answer' });
  expect(await without.remove(seen, { signal })).toMatchObject({ ok: false, error: { store: 'away' } });
  expect(valueOf(await split.list({ signal }))).toMatchObject([{ id, state: 'good', unseen: null }]);
  await store.delete(`prod/${id}/${snapshot.name}`);
  expect(valueOf(await without.list({ signal }))).toMatchObject([
    { state: 'damaged', why: `${snapshot.name} is missing` },
  ]);
  await apart.delete(`prod/${id}/${file.name}`);
  expect(valueOf(await split.list({ signal }))).toMatchObject([{ state: 'damaged' }]);
});

test('static files go to their own store under their own keys, and those of before are still found', async () => {
  const its = settings(mine, { staticEncryption: others });
  const { store, vault, vaultOver, clock } = faultScene(its);
  const apart = createMemoryStore(() => clock.nowMs(), 'apart');
  const archive = new TextEncoder().encode('keys and certificates');
  const split = vaultOver(store, its, apart);
  const made = [];
  for (const each of [vault, split]) {
    const createdAt = nextTime();
    const id = idOf(createdAt);
    const snapshot = valueOf(await each.take(orderOf(id, SNAPSHOT), { signal }));
    const file = valueOf(await each.take(orderOf(id, archive, 'static'), { signal }));
    const manifest = valueOf(await each.publish(bodyWith(createdAt, [snapshot, file]), { signal }));
    made.push({ manifest, file });
  }

  expect(split.facts?.static).toMatchObject({ place: 'apart', recipients: others.recipients, compression: 'none' });
  expect(apart.keys()).toEqual([expect.stringMatching(/static_kuberesources_[\d_-]+\.tar\.gz\.age$/)]);
  for (const { manifest, file } of made) {
    expect(await split.check(manifest, { signal })).toEqual({ ok: true, value: null });
    expect((await bytesOf(valueOf(await split.open(manifest, file, { signal })))).toString()).toBe(
      'keys and certificates',
    );
  }
  const all = valueOf(await split.list({ signal }));
  expect(all.map(({ state }) => state)).toEqual(['good', 'good']);
  for (const backup of all) expect(await split.remove(backup, { signal })).toEqual({ ok: true, value: null });
  expect([...store.keys(), ...apart.keys()]).toEqual([]);
});
