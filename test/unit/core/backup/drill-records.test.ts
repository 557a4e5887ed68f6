import { expect, test } from 'vitest';
import { canonicalDigest } from '../../../../src/adapters/runtime/canonical-digest.ts';
import { adviseOnBackups } from '../../../../src/core/backup/advice.ts';
import { catalogueOf } from '../../../../src/core/backup/catalogue.ts';
import { backupKey, stampOf } from '../../../../src/core/backup/names.ts';
import type { DrillRecord } from '../../../../src/core/backup/records.ts';
import {
  bodyOf,
  CLUSTER,
  idOf,
  putBackup,
  putJson,
  readerOf,
  type StoreSketch,
} from '../../../support/backup-samples.ts';

const AT = '2026-11-21T00:51:30.000Z';
const ID = idOf(AT);

/** How a backup is told with these records, an hour apart, the first the oldest. */
function withRecords(...records: readonly Pick<DrillRecord, 'how' | 'result'>[]) {
  const store: StoreSketch = { objects: [], contents: new Map() };
  putBackup(store, bodyOf(AT));
  for (const [index, record] of records.entries()) {
    const at = `2026-11-21T0${index + 1}:00:00.000Z`;
    const key = backupKey({
      kind: record.how === 'drill' ? 'drill' : 'reading',
      cluster: CLUSTER,
      id: ID,
      at: stampOf(at) ?? '',
    });
    putJson(store, key, { ...record, version: 1, at, run: 'drill-prod-7f3k', found: 'as told' });
  }
  const listed = catalogueOf(CLUSTER, store.objects, readerOf(store), canonicalDigest);
  const rules = adviseOnBackups(CLUSTER, listed, Number.MAX_SAFE_INTEGER, Date.parse(AT)).map(({ rule }) => rule);
  const [backup] = listed;
  return { how: backup?.drill?.how, state: backup?.state, why: backup?.why ?? null, rules };
}

const READ = { how: 'read', result: 'passed' } as const;
const DRILL = { how: 'drill', result: 'passed' } as const;
const BAD_READ = { how: 'read', result: 'failed' } as const;
const BAD_DRILL = { how: 'drill', result: 'failed' } as const;

test('a reading is no drill', () => {
  expect(withRecords(READ)).toEqual({ how: 'read', state: 'good', why: null, rules: ['never-drilled'] });
  expect(withRecords(DRILL, READ)).toEqual({ how: 'drill', state: 'good', why: null, rules: [] });
});

test('a reading takes nothing back that a drill found, nor the other way round', () => {
  expect(withRecords(BAD_DRILL, READ)).toMatchObject({ state: 'damaged', why: 'its drill failed: as told' });
  expect(withRecords(BAD_READ, DRILL)).toMatchObject({ state: 'damaged', why: 'its reading failed: as told' });
});

test('a later one of the same kind does', () => {
  expect(withRecords(BAD_DRILL, DRILL)).toMatchObject({ state: 'good' });
  expect(withRecords(BAD_READ, READ)).toMatchObject({ state: 'good' });
});

test('a failed reading is told as what it is', () => {
  expect(withRecords(DRILL, BAD_READ)).toMatchObject({ state: 'damaged', rules: ['none', 'damaged'] });
});
