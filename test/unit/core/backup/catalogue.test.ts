import { expect, test } from 'vitest';
import { canonicalDigest } from '../../../../src/adapters/runtime/canonical-digest.ts';
import { catalogueOf, keysToRead } from '../../../../src/core/backup/catalogue.ts';
import { ofNewest, type ReadJson } from '../../../../src/core/backup/catalogue-parts.ts';
import { sealManifest } from '../../../../src/core/backup/manifest.ts';
import { backupKey } from '../../../../src/core/backup/names.ts';
import {
  bodyOf,
  CLUSTER,
  idOf,
  listed,
  putBackup,
  putJson,
  readerOf,
  type StoreSketch,
} from '../../../support/backup-samples.ts';

const AT = '2026-11-22T00:51:30.000Z';
const ID = idOf(AT);
const FILE = `${CLUSTER}/${ID}/snapshot_2026-11-22_005130.db`;
const MANIFEST = backupKey({ kind: 'manifest', cluster: CLUSTER, id: ID });
const HOLD = backupKey({ kind: 'hold', cluster: CLUSTER, id: ID });
const MARK = backupKey({ kind: 'mark', cluster: CLUSTER, id: ID });

function storeWith(...times: readonly string[]): StoreSketch {
  const store: StoreSketch = { objects: [], contents: new Map() };
  for (const time of times) putBackup(store, bodyOf(time));
  return store;
}

function catalogued(store: StoreSketch) {
  return catalogueOf(CLUSTER, store.objects, readerOf(store), canonicalDigest);
}

function only(store: StoreSketch) {
  const [backup] = catalogued(store);
  return backup;
}

function drill(store: StoreSketch, at: string, result: 'passed' | 'failed' | 'aborted'): void {
  const stamp = at.slice(0, 19).replace('T', '_').replaceAll(':', '');
  const record = { version: 1, at, run: 'drill-prod-2a2a', result, found: `${result} at ${at}` };
  putJson(store, backupKey({ kind: 'drill', cluster: CLUSTER, id: ID, at: stamp }), record);
}

test('whole backups are good, newest first, with their size', () => {
  const found = catalogued(storeWith('2026-11-20T00:00:00.000Z', AT, '2026-11-21T00:00:00.000Z'));

  expect(found.map(({ createdAt, state, why }) => [createdAt, state, why])).toEqual([
    [AT, 'good', null],
    ['2026-11-21T00:00:00.000Z', 'good', null],
    ['2026-11-20T00:00:00.000Z', 'good', null],
  ]);
  expect(found[0]).toMatchObject({ id: ID, storedBytes: 1156, drill: null, hold: null, mark: null });
});

test('what is not of this cluster, or of no backup, is left out', () => {
  const store = storeWith(AT);
  store.objects.push(listed('lost+found'), listed('prod/notes.txt'));
  putBackup(store, bodyOf(AT, { cluster: 'edge', id: ID.replace('prod', 'edge') }));

  expect(catalogued(store).map(({ cluster }) => cluster)).toEqual(['prod']);
});

test('a file without a manifest is half-written', () => {
  const store: StoreSketch = { objects: [listed(FILE)], contents: new Map() };

  expect(only(store)).toMatchObject({ state: 'half-written', createdAt: AT, keys: [FILE] });
});

test.each([
  ['missing', (store: StoreSketch) => store.objects.filter(({ key }) => key !== FILE), 'is missing'],
  ['shorter', (store: StoreSketch) => change(store, { size: 1055 }), 'has 1055 bytes, not 1056'],
  [
    'another',
    (store: StoreSketch) => change(store, { sha256: 'b'.repeat(64) }),
    'has another SHA-256 than was written',
  ],
])('a file that is %s makes it damaged', (_, objectsOf, why) => {
  const store = storeWith(AT);

  expect(only({ ...store, objects: objectsOf(store) })).toMatchObject({
    state: 'damaged',
    why: `snapshot_2026-11-22_005130.db ${why}`,
    manifest: { id: ID },
  });
});

function change(store: StoreSketch, to: object) {
  return store.objects.map((object) => (object.key === FILE ? { ...object, ...to } : object));
}

test('a store that tells no checksum is believed as far as it goes', () => {
  const store = storeWith(AT);

  expect(only({ ...store, objects: change(store, { sha256: null }) })).toMatchObject({ state: 'good' });
});

test('a manifest that was edited makes it damaged, one that cannot be read or is newer makes it unknown', () => {
  const store = storeWith(AT);
  store.contents.set(MANIFEST, { ...sealManifest(canonicalDigest, bodyOf(AT)), keys: 0 });
  expect(only(store)).toMatchObject({ state: 'damaged', why: 'its manifest was changed after it was written' });
  store.contents.set(MANIFEST, { version: 2 });
  expect(only(store)).toMatchObject({ state: 'unknown' });
  store.contents.delete(MANIFEST);
  expect(only(store)).toMatchObject({ state: 'unknown', why: 'its manifest could not be read: no answer' });
});

test('the last drill that came to an end counts', () => {
  const store = storeWith(AT);
  drill(store, '2026-11-23T01:00:00.000Z', 'passed');
  drill(store, '2026-11-24T01:00:00.000Z', 'aborted');
  expect(only(store)).toMatchObject({ state: 'good', drill: { result: 'passed' } });
  drill(store, '2026-11-25T01:00:00.000Z', 'failed');
  expect(only(store)).toMatchObject({ state: 'damaged', why: 'its drill failed: failed at 2026-11-25T01:00:00.000Z' });
  drill(store, '2026-11-26T01:00:00.000Z', 'passed');
  expect(only(store)).toMatchObject({ state: 'good' });
});

test('a hold holds, also one that cannot be read; a mark only counts when it can', () => {
  const store = storeWith(AT);
  const hold = { version: 1, at: AT, by: 'T0/U0', why: 'before the upgrade' };
  putJson(store, HOLD, hold);
  putJson(store, MARK, { version: 1, at: AT, why: 'it is beyond the limits' });
  expect(only(store)).toMatchObject({ hold, mark: { at: AT } });
  store.contents.set(HOLD, 'scribble');
  store.contents.set(MARK, 'scribble');
  expect(only(store)).toMatchObject({ hold: 'unreadable', mark: null });
  store.contents.delete(HOLD);
  expect(only(store)).toMatchObject({ hold: 'unreadable' });
});

test('how long the store keeps it is the longest of its parts', () => {
  const store = storeWith(AT);
  const objects = change(store, { retainedUntil: '2026-12-22T00:00:00Z' });

  expect(only({ ...store, objects })).toMatchObject({ retainedUntil: '2026-12-22T00:00:00Z' });
});

function keyAt(at: string): string {
  return backupKey({ kind: 'drill', cluster: CLUSTER, id: ID, at });
}

test('only small objects are asked for, and of drills and readings the last one of each that came to an end', () => {
  const store = storeWith(AT);
  putJson(store, HOLD, {});
  store.objects.push(listed('lost+found'));
  drill(store, '2026-11-23T01:00:00.000Z', 'passed');
  drill(store, '2026-11-24T01:00:00.000Z', 'passed');
  drill(store, '2026-11-25T01:00:00.000Z', 'aborted');
  const read = new Map<string, ReadJson>();
  const asked: (readonly string[])[] = [];
  for (let keys = keysToRead(store.objects, known); keys.length > 0; keys = keysToRead(store.objects, known)) {
    asked.push(keys);
    for (const key of keys) read.set(key, readerOf(store)(key));
  }
  function known(key: string): ReadJson | null {
    return read.get(key) ?? null;
  }

  expect(asked).toEqual([[MANIFEST, HOLD, keyAt('2026-11-25_010000')], [keyAt('2026-11-24_010000')]]);
});

test('of thousands, the newest are asked for, and the newest that were drilled', () => {
  const store = storeWith('2026-11-20T00:00:00.000Z', '2026-11-21T00:00:00.000Z', AT, '2026-11-23T00:00:00.000Z');
  drill(store, '2026-11-23T01:00:00.000Z', 'passed');
  const ids = new Set(ofNewest(store.objects, 1).map(({ key }) => key.split('/')[1]));

  expect(ids).toEqual(new Set([ID, idOf('2026-11-23T00:00:00.000Z')]));
});

test.each([
  ['that cannot be read just now', undefined, 'no answer'],
  ['of which a bit was flipped', 'scribble', 'it is none that this Drydock knows'],
  ['of a newer Drydock', { version: 2 }, 'it is none that this Drydock knows'],
])('a record of a drill %s may say that it is damaged, so it is not called good', (_which, json, why) => {
  const store = storeWith(AT);
  drill(store, '2026-11-23T01:00:00.000Z', 'passed');
  drill(store, '2026-11-24T01:00:00.000Z', 'failed');
  const key = backupKey({ kind: 'drill', cluster: CLUSTER, id: ID, at: '2026-11-24_010000' });
  if (json === undefined) store.contents.delete(key);
  else store.contents.set(key, json);

  expect(only(store)).toMatchObject({
    state: 'unknown',
    why: `what its last drill found cannot be read (${why}): drill it again by its id`,
    drill: null,
  });
  drill(store, '2026-11-25T01:00:00.000Z', 'passed');
  expect(only(store)).toMatchObject({ state: 'good' });
});
