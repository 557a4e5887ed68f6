import { randomBytes } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import { createBackupVault } from '../../../src/adapters/backup/vault.ts';
import { createFileStore } from '../../../src/adapters/object-store/file.ts';
import { canonicalDigest } from '../../../src/adapters/runtime/canonical-digest.ts';
import { systemClock } from '../../../src/adapters/runtime/system-clock.ts';
import { retain } from '../../../src/core/backup/retention.ts';
import { folderScene } from '../../contract/backup-vault/folder-scene.ts';
import { bodyOf, catalogued, idOf } from '../../support/backup-samples.ts';
import { backupScene } from '../../support/backup-scene.ts';
import { portError } from '../../support/defrag-scene.ts';

const OLD = '2025-12-20T00:00:00.000Z';
const { signal } = new AbortController();

/** A time so many hours after 2026-11-21. */
function at(hour: number): string {
  return new Date(Date.parse('2026-11-21T00:00:00.000Z') + hour * 3_600_000).toISOString();
}

test('gardener/etcd-backup-restore #749, #778: a snapshot without its hash is not stored as a backup', async () => {
  const folder = await folderScene();
  onTestFinished(() => folder.stop());
  const vault = createBackupVault({
    cluster: 'prod',
    digest: canonicalDigest,
    clock: systemClock,
    main: createFileStore(folder.store),
    static: null,
    settings: { compression: 'zstd', encryption: null, staticEncryption: null, retainMs: null },
  });

  const taken = await vault.take(
    {
      id: idOf(OLD),
      role: 'snapshot',
      feed: async (write) => {
        await write(randomBytes(8192));
        return { ok: true };
      },
    },
    { signal },
  );

  expect(taken).toMatchObject({ ok: false, error: { code: 'not-whole' } });
  expect(await vault.list({ signal })).toEqual({ ok: true, value: [] });
});

test('rancher #18548: a backup that fails removes nothing, not even what is due', async () => {
  const { harness, store, run } = await backupScene({
    cluster: { backups: { maxAgeMs: 86_400_000, retention: { keepLast: 1, maxAgeMs: null } } },
    params: { member: 'm-2' },
    before: (_harness, vault) => {
      vault.put(bodyOf(OLD));
      vault.objects.set(`prod/${idOf(OLD)}/mark.json`, { version: 1, at: '2025-12-30T00:00:00.000Z', why: 'old' });
    },
  });
  harness.etcd.failOnce({ method: 'snapshot', error: portError('stalled', 'no further bytes for 60 s') });

  expect(await run()).toMatchObject({ kind: 'stop', step: 0 });
  expect(store.calls.filter((call) => /^(?:remove|mark) /.test(call))).toEqual([]);
  expect([...store.objects.keys()]).toContain(`prod/${idOf(OLD)}/manifest.json`);
});

test('rancher #36492: backups that failed do not push out those that are good', () => {
  const halves = [30, 31, 32, 33].map((hour) => catalogued(at(hour), { state: 'half-written', manifest: null }));
  const good = [catalogued(at(0)), catalogued(at(34))];

  const verdicts = retain(
    [...halves, ...good],
    idOf(at(34)),
    { keepLast: 2, maxAgeMs: null },
    Date.parse(at(35)) + 7 * 86_400_000,
  );

  expect(verdicts.find(({ id }) => id === idOf(at(0)))).toMatchObject({ does: 'keep' });
});

test('rancher #21675: a backup that cannot be stored says why, in the words of the store', async () => {
  const { store, run } = await backupScene();
  store.fail('take', { code: 'store', store: 'full', message: 'no space left on the device' });

  const end = await run();

  expect(end).toMatchObject({ kind: 'stop', reason: 'backups-unavailable' });
  expect(end.note).toContain('no space left on the device');
});
