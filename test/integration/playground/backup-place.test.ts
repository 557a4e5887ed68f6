import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type BackupPlace, makeBackupPlace } from '../../../playground/backup-place.ts';

const OLD = 'prod-20261122005130-7f3k';
const NEW = 'prod-20261122015130-8g4m';
const HALF = 'prod-20261122025130-9h5n';

let directory = '';
let place: BackupPlace;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'drydock-backup-place-'));
  place = await makeBackupPlace(directory);
});
afterEach(async () => await rm(directory, { recursive: true, force: true }));

/** Puts a backup there, as the vault lays it out. */
async function put(id: string, files: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
  const folder = join(place.facts.store, 'prod', id);
  await mkdir(join(folder, 'drills'), { recursive: true });
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content, { mode: 0o440 });
  return folder;
}

function drill(at: string, result: string): string {
  return JSON.stringify({ version: 1, at, run: 'drill-prod-7f3k', how: 'drill', result, found: '' });
}

test('the key can be read by its owner only, and the store is empty', async () => {
  expect((await stat(place.facts.identityFile)).mode & 0o777).toBe(0o600);
  expect(place.facts.recipient).toMatch(/^age1/);
  expect(await place.list()).toEqual([]);
  expect(await place.flipBit()).toBe('There is no backup of prod yet.');
});

test('backups are listed newest first, with the last drill that came to an end', async () => {
  await put(OLD, {
    'manifest.json': '{}',
    'snapshot_x.db': 'abc',
    'drills/1.json': drill('2026-11-22T01:00:00.000Z', 'failed'),
    'drills/2.json': drill('2026-11-22T02:00:00.000Z', 'passed'),
    'drills/3.json': drill('2026-11-22T03:00:00.000Z', 'aborted'),
  });
  await put(NEW, { 'manifest.json': '{}', 'drills/1.json': drill('2026-11-22T02:30:00.000Z', 'failed') });
  await put(HALF, { 'snapshot_x.db': 'abcd' });
  await mkdir(join(place.facts.store, 'edge'));

  expect(await place.list()).toMatchObject([
    { id: HALF, state: 'half-written', drill: null, size: 4 },
    { id: NEW, state: 'damaged', drill: 'failed' },
    { id: OLD, state: 'stored', drill: 'passed' },
  ]);
});

test('one bit of the newest whole backup is flipped, and flipped back; its mode stays', async () => {
  const content = Buffer.from('0123456789');
  const folder = await put(NEW, { 'manifest.json': '{}', 'snapshot_x.db': content });
  await put(HALF, { 'snapshot_x.db': content });
  expect(await place.flipBit()).toBeUndefined();

  const flipped = await readFile(join(folder, 'snapshot_x.db'));
  expect([...flipped].filter((byte, at) => byte !== content[at])).toEqual([(content[5] ?? 0) ^ 1]);
  expect((await stat(join(folder, 'snapshot_x.db'))).mode & 0o777).toBe(0o440);
  expect((await place.list()).map((backup) => [backup.id, backup.flipped])).toEqual([
    [HALF, false],
    [NEW, true],
  ]);
  expect(await place.flipBit()).toBeUndefined();
  expect(await readFile(join(folder, 'snapshot_x.db'))).toEqual(content);
  expect((await place.list()).some((backup) => backup.flipped)).toBe(false);
});

test('a store that was taken away takes nothing, and is back with all that was in it', async () => {
  await put(OLD, { 'manifest.json': '{}' });
  const before = await place.list();
  await place.setAway(true);
  await place.setAway(true);

  expect([place.isAway(), await place.list()]).toEqual([true, before]);
  expect(await place.flipBit()).toBe('The store of backups is away.');
  await expect(mkdir(join(place.facts.store, 'prod'), { recursive: true })).rejects.toThrow(/EEXIST|ENOTDIR/);
  await place.setAway(false);
  expect([place.isAway(), await place.list(), await readdir(place.facts.store)]).toEqual([false, before, ['prod']]);
});
