import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { createFakeBackupVault } from '../../fakes/backup-vault.ts';
import { idOf } from '../../support/backup-samples.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { tarGzOf } from '../../support/tar-sample.ts';
import { flipAt } from './fault-scene.ts';
import { bodyWith, nextTime, orderOf, snapshotFile, takeBackup, valueOf } from './samples.ts';

const { signal } = new AbortController();
const PATHS = ['pki', 'manifests'];
// Longer than what a decompressor takes at once, and it does not compress.
const KEYS = { 'pki/ca.key': randomBytes(150_000).toString('hex'), 'manifests/etcd.yaml': 'kind: Pod' };
const ARCHIVE = tarGzOf(KEYS);

async function takenAs(bytes: Uint8Array, paths = PATHS) {
  const vault = createFakeBackupVault(createFakeClock());
  const answer = await vault.take({ ...orderOf(idOf(nextTime()), bytes, 'static'), archiveOf: paths }, { signal });
  return { vault, answer };
}

test('a whole archive is taken, byte by byte as it came', async () => {
  const { answer } = await takenAs(ARCHIVE);

  expect(answer).toMatchObject({ ok: true, value: { contentBytes: ARCHIVE.length } });
});

test.each([
  ['nothing at all', new Uint8Array(0), 'it is no gzip, or not all of it'],
  ['what is no gzip', new TextEncoder().encode('Permission denied'), 'it is no gzip, or not all of it'],
  ['without its last byte', ARCHIVE.subarray(0, -1), 'it is no gzip, or not all of it'],
  ['its first half', ARCHIVE.subarray(0, ARCHIVE.length / 2), 'it is no gzip, or not all of it'],
  ['a bit flipped in its middle', flipAt(ARCHIVE, Math.floor(ARCHIVE.length / 2)), 'it is no gzip, or not all of it'],
  ['gzip of something else', tarGzOf({}), 'it has nothing of pki, manifests'],
  ['an archive without a part', tarGzOf({ 'pki/ca.key': 'x' }), 'it has nothing of manifests'],
])('%s is not, and nothing of it stays', async (_what, bytes, words) => {
  const { vault, answer } = await takenAs(bytes);

  expect(answer).toEqual({
    ok: false,
    error: { code: 'not-whole', message: `what came is no whole archive of static files: ${words}` },
  });
  expect(vault.store.keys()).toEqual([]);
});

test('where an attempt that died left its file, the next one has another name; both go with the backup', async () => {
  const vault = createFakeBackupVault(createFakeClock());
  const createdAt = nextTime();
  const order = { ...orderOf(idOf(createdAt), ARCHIVE, 'static'), archiveOf: PATHS };
  const snapshot = valueOf(await vault.take(orderOf(order.id, snapshotFile()), { signal }));
  await vault.take(order, { signal });

  expect(await vault.take(order, { signal })).toMatchObject({ ok: false, error: { store: 'already-there' } });
  const file = valueOf(await vault.take({ ...order, namedAt: '2026-11-22T07:08:09.000Z' }, { signal }));
  expect(file.name).toBe('static_kuberesources_2026-11-22_070809.tar.gz');
  const manifest = valueOf(await vault.publish(bodyWith(createdAt, [snapshot, file]), { signal }));
  await takeBackup(vault, snapshotFile());
  const all = valueOf(await vault.list({ signal }));
  expect(all.map(({ state }) => state)).toEqual(['good', 'good']);
  const backup = all.find(({ id }) => id === manifest.id);
  if (backup === undefined) throw new Error('it is not listed');
  expect(await vault.remove(backup, { signal })).toMatchObject({ ok: true });
  expect(vault.store.keys().filter((key) => key.includes(manifest.id))).toEqual([]);
});
