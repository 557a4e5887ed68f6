import { assert, constantFrom, date, property, stringMatching } from 'fast-check';
import { expect, test } from 'vitest';
import {
  type BackupKey,
  backupId,
  backupKey,
  fileName,
  readBackupId,
  readBackupKey,
  stampOf,
} from '../../../../src/core/backup/names.ts';
import { objectKeyProblem } from '../../../../src/core/object-key.ts';

const ID = 'prod-20261122005130-7f3k';

test('files are called as cluster-backup.sh calls them, with what was done to them behind', () => {
  const stamp = stampOf('2026-11-22T00:51:30.123Z');
  expect(stamp).toBe('2026-11-22_005130');
  expect(fileName('snapshot', '2026-11-22_005130', { compressed: false, encrypted: false })).toBe(
    'snapshot_2026-11-22_005130.db',
  );
  expect(fileName('snapshot', '2026-11-22_005130', { compressed: true, encrypted: true })).toBe(
    'snapshot_2026-11-22_005130.db.zst.age',
  );
  expect(fileName('static', '2026-11-22_005130', { compressed: false, encrypted: true })).toBe(
    'static_kuberesources_2026-11-22_005130.tar.gz.age',
  );
});

test('a time that is none, or not in UTC, has no stamp', () => {
  for (const text of ['', '2026-11-22', '2026-11-22T00:51:30+01:00', 'x2026-11-22T00:51:30Z'])
    expect(stampOf(text)).toBeNull();
});

test('an id says cluster and time, whatever the cluster is called', () => {
  assert(
    property(
      stringMatching(/^[a-z0-9][a-z0-9-]{0,30}$/),
      date({ min: new Date('2000-01-01'), max: new Date('2099-12-31'), noInvalidDate: true }),
      stringMatching(/^[2-9a-z]{4}$/),
      (cluster, time, suffix) => {
        const createdAt = `${time.toISOString().slice(0, 19)}.000Z`;
        const id = backupId(cluster, stampOf(createdAt) ?? '', suffix);
        expect(readBackupId(id)).toEqual({ cluster, createdAt, suffix });
      },
    ),
  );
});

test('what is no id is none', () => {
  for (const text of ['', 'prod', 'prod-20261122005130', 'Prod-20261122005130-7f3k', `${ID}x`, `../${ID}`])
    expect(readBackupId(text)).toBeNull();
});

test('each key is read back, and can be one in every store', () => {
  const keys: readonly BackupKey[] = [
    { kind: 'manifest', cluster: 'prod', id: ID },
    { kind: 'hold', cluster: 'prod', id: ID },
    { kind: 'mark', cluster: 'prod', id: ID },
    { kind: 'drill', cluster: 'prod', id: ID, at: '2026-11-23_010000' },
    { kind: 'removal', cluster: 'prod', id: ID, at: '2026-11-23_010000' },
    { kind: 'file', cluster: 'prod', id: ID, name: 'snapshot_2026-11-22_005130.db.zst.age' },
    { kind: 'file', cluster: 'prod', id: ID, name: 'static_kuberesources_2026-11-22_005130.tar.gz' },
  ];
  assert(
    property(constantFrom(...keys), (key) => {
      const text = backupKey(key);
      expect(text.startsWith(`prod/${ID}/`)).toBe(true);
      expect(objectKeyProblem(text)).toBeNull();
      expect(readBackupKey(text)).toEqual(key);
    }),
  );
});

test('what is not of a backup is left alone', () => {
  for (const text of [
    'README',
    `prod/${ID}`,
    `other/${ID}/manifest.json`,
    `prod/${ID}/manifest.json.bak`,
    `prod/${ID}/drills/yesterday.json`,
    `prod/${ID}/drills/2026-11-23_010000`,
    `prod/${ID}/more/manifest.json`,
    `prod/${ID}/passwords.txt`,
    `prod/${ID}/snapshot_2026-11-22_005130.db.part`,
  ])
    expect(readBackupKey(text)).toBeNull();
});
