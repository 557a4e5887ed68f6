import { readdir } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { RunState } from '../../src/core/run-state.ts';
import { BINARY_3_5 } from '../contract/etcd/real-ring.ts';
import type { Cut } from '../support/backup-cuts.ts';
import { BACKUP, type FaultScene, listedIn, saidBy, startFaultScene } from '../support/backup-fault-scene.ts';
import type { BackupWorld } from '../support/backup-world.ts';
import { isFrozen } from '../support/frozen-process.ts';
import { writeCredentials } from '../support/s3-server.ts';
import { STRICT_ID, type StrictS3, startStrictS3 } from '../support/strict-s3.ts';

const DAY_MS = 86_400_000;
const PATIENCE = { timeout: 120_000 };
vi.setConfig({ testTimeout: 300_000 });

let scene: FaultScene;
let server: StrictS3;
let credentialsFile: string;

beforeAll(async () => {
  [scene, server] = await Promise.all([startFaultScene(BINARY_3_5, 24), startStrictS3('off')]);
  credentialsFile = await writeCredentials(scene.folder, STRICT_ID, 'secret');
}, 180_000);
afterAll(async () => {
  await scene.close();
  await server.stop();
});

/** How many takes left something that is no object. */
async function unfinishedIn({ place }: BackupWorld): Promise<number> {
  if (place.kind === 's3') return server.uploads.size;
  const names = await readdir(place.folder, { recursive: true });
  return names.filter((name) => name.includes('.unfinished-')).length;
}

async function statesIn(world: BackupWorld): Promise<readonly string[]> {
  return (await listedIn(world)).map(({ state }) => state);
}

/** Asks for a backup of a worker that stands at the cut. Answers what kills it and gives the run to another. */
async function standingAt(cut: Cut, world: BackupWorld) {
  const victim = await scene.worker(world, { cut, how: 'stand' });
  const run = await scene.ask(BACKUP);
  await expect.poll(() => victim.output(), PATIENCE).toContain(`reached ${cut}`);
  return {
    kill: async () => await victim.kill(),
    succeed: async () => await endedHere(world, run),
  };
}

/** The end of a run, or of a new backup, that a worker in this process brings about. */
async function endedHere(world: BackupWorld, run?: string): Promise<RunState> {
  const end = await scene.here(world);
  const ended = await scene.ended(run ?? (await scene.ask(BACKUP)));
  await end();
  expect(ended.ended, saidBy(ended)).toMatchObject({ outcome: 'succeeded' });
  expect(await scene.store.locks()).toEqual([]);
  expect(await scene.store.unfinished()).toEqual([]);
  return ended;
}

describe('a worker killed with SIGKILL: its successor ends the run with one good backup', () => {
  test.each([
    { where: 'in a folder', cut: 'upload', left: [], after: ['good'], unfinished: 1 },
    { where: 'in a folder', cut: 'manifest', left: ['half-written'], after: ['good'], unfinished: 0 },
    { where: 'in a folder', cut: 'published', left: ['good'], after: ['good'], unfinished: 0 },
    { where: 'in a bucket', cut: 'upload', left: [], after: ['good'], unfinished: 1 },
    { where: 'in a bucket', cut: 'reading', left: ['half-written'], after: ['good', 'half-written'], unfinished: 0 },
  ] as const)('$where, at $cut', async ({ where, cut, left, after, unfinished }) => {
    server.objects.clear();
    const place =
      where === 'in a bucket'
        ? { kind: 's3' as const, endpoint: server.endpoint, credentialsFile }
        : await scene.place();
    const world = scene.world(place);
    const run = await standingAt(cut, world);
    // Parts of an upload are on their way by themselves.
    await expect.poll(async () => await unfinishedIn(world), PATIENCE).toBe(unfinished);
    for (const [id, upload] of server.uploads) server.uploads.set(id, { ...upload, begun: new Date().toISOString() });
    await run.kill();
    expect(await statesIn(world)).toEqual(left);

    const ended = await run.succeed();

    const listed = await listedIn(world);
    expect(listed.map(({ state }) => state)).toEqual(after);
    expect(saidBy(ended)).toContain(`Backup ${listed[0]?.id}`);
    for (const { state, why } of listed)
      expect(why).toBe(state === 'good' ? null : 'it has no manifest: it was never finished');
    expect(await unfinishedIn(world)).toBe(unfinished);
    if (cut !== 'upload') return;
    const later = await endedHere({ ...world, worker: 'later', aheadMs: 2 * DAY_MS });
    expect(saidBy(later)).toContain('1 piece of backups that were never finished');
    expect(await unfinishedIn(world)).toBe(0);
    expect(await statesIn(world)).toEqual(['good', 'good']);
  });
});

test('a worker killed in the middle of retention: what it began is ended by its successor, and named', async () => {
  const world = scene.world(await scene.place());
  await endedHere(world);
  const [oldest] = await listedIn(world);

  const marking = await standingAt('marked', { ...world, worker: 'marking', aheadMs: 2 * DAY_MS });
  await marking.kill();
  await marking.succeed();
  expect(await listedIn(world)).toMatchObject([
    { mark: null },
    { id: oldest?.id, state: 'good', mark: { version: 1 } },
  ]);

  const removing = await standingAt('half-removed', { ...world, worker: 'removing', aheadMs: 4 * DAY_MS });
  await removing.kill();
  expect(await statesIn(world)).toEqual(['good', 'good', 'half-written']);
  const ended = await removing.succeed();

  expect(saidBy(ended)).toContain(`Removed: ${oldest?.id}.`);
  expect(await listedIn(world)).toMatchObject([
    { state: 'good', mark: null },
    { state: 'good', mark: { version: 1 } },
  ]);
});

test('a worker frozen past its lease in the middle of an upload: woken, it does no harm', async () => {
  const world = scene.world(await scene.place());
  const frozen = await scene.worker(world, { cut: 'upload', how: 'freeze' });
  const run = await scene.ask(BACKUP);
  await expect.poll(async () => await isFrozen(frozen.pid), PATIENCE).toBe(true);
  const ended = await endedHere({ ...world, worker: 'other' }, run);
  const [backup] = await listedIn(world);

  frozen.signal('SIGCONT');
  await expect.poll(() => frozen.output(), PATIENCE).toMatch(/advanced (lost|ended|failed)/);

  expect((await scene.state(run)).version).toBe(ended.version);
  const good = (await listedIn(world)).filter(({ state }) => state === 'good');
  expect(good.map(({ id }) => id)).toEqual([backup?.id]);
  expect(saidBy(ended)).toContain(`Backup ${backup?.id}`);
  expect(await unfinishedIn(world)).toBe(0);
});
