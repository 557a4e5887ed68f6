import { expect, test } from 'vitest';
import { canonicalDigest } from '../../../../src/adapters/runtime/canonical-digest.ts';
import { adviseOnBackups } from '../../../../src/core/backup/advice.ts';
import { backupNotes, backupTable } from '../../../../src/core/backup/backup-table.ts';
import { catalogueOf } from '../../../../src/core/backup/catalogue.ts';
import { bodyOf, CLUSTER, putBackup, readerOf, type StoreSketch } from '../../../support/backup-samples.ts';
import { backupScene } from '../../../support/backup-scene.ts';
import { blocking } from '../../../support/defrag-scene.ts';

const AT = '2025-12-31T00:51:30.000Z';
const STATIC = `static_kuberesources_2025-12-31_005130.tar.gz`;

/** A backup whose static file lies in a store that gives no answer. */
function listedWithoutStatic() {
  const store: StoreSketch = { objects: [], contents: new Map() };
  const body = bodyOf(AT);
  const [file] = body.files;
  if (file === undefined) throw new Error('it has no file');
  putBackup(store, { ...body, files: [file, { ...file, role: 'static', name: STATIC }] });
  const objects = store.objects.filter(({ key }) => !key.endsWith(STATIC));
  return catalogueOf(CLUSTER, objects, readerOf(store), canonicalDigest, 's3://apart gave no answer');
}

test('the table calls it neither good nor damaged, and says once why', () => {
  const backups = listedWithoutStatic();
  const table = backupTable(backups, Date.parse(AT), { place: 's3://backups/', whole: new Set() });

  expect(table.rows[0]?.[table.columns.indexOf('state')]).toBe('as listed, static files not seen');
  expect(backupNotes(backups)).toEqual([
    'The store of static files cannot be looked at, so whether they are there is not known, and nothing is removed: s3://apart gave no answer.',
  ]);
});

test('status and channel are told', () => {
  const told = adviseOnBackups(CLUSTER, listedWithoutStatic(), 86_400_000, Date.parse(AT));

  expect(told.find(({ rule }) => rule === 'static-unseen')?.text).toBe(
    'The store of the static files of prod cannot be looked at, so whether they are there is not known: s3://apart gave no answer.',
  );
});

test('a backup is planned all the same, with a warning', async () => {
  const { draft } = await backupScene({
    before: (_, store) => {
      store.vault.list = async () => await Promise.resolve({ ok: true, value: listedWithoutStatic() });
    },
  });

  expect(blocking(draft)).toEqual([]);
  expect(draft.checks.find(({ id }) => id === 'static-store')).toMatchObject({
    verdict: 'warn',
    evidence: expect.stringContaining('s3://apart gave no answer'),
  });
});
