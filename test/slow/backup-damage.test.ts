import { createWriteStream } from 'node:fs';
import { chmod, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { freePorts } from '../../playground/ports.ts';
import { startProcess } from '../../playground/processes.ts';
import { waitFor } from '../../playground/waiting.ts';
import { createDirectEtcd } from '../../src/adapters/etcd/direct.ts';
import type { BackupManifest } from '../../src/core/backup/manifest.ts';
import { newAgeKeys } from '../contract/backup-vault/folder-scene.ts';
import { BINARY_3_4, BINARY_3_5 } from '../contract/etcd/real-ring.ts';
import { CALL, membersOf, ok } from '../contract/etcd/ring-under-test.ts';
import { restoreSnapshot, snapshotStatus } from '../contract/etcd/snapshot-files.ts';
import {
  type Asked,
  BACKUP,
  type FaultScene,
  filesIn,
  listedIn,
  saidBy,
  startFaultScene,
} from '../support/backup-fault-scene.ts';
import { type BackupWorld, type Place, vaultOf } from '../support/backup-world.ts';
import { writeCredentials } from '../support/s3-server.ts';
import { STRICT_ID, startStrictS3 } from '../support/strict-s3.ts';

vi.setConfig({ testTimeout: 300_000 });

let scene: FaultScene;
let keys: Awaited<ReturnType<typeof newAgeKeys>>;

beforeAll(async () => {
  scene = await startFaultScene(BINARY_3_4, 2, 1);
  keys = await newAgeKeys(scene.folder);
}, 180_000);
afterAll(async () => await scene.close());

const DRILL: Asked = { runbook: 'etcd-drill', params: { backup: 'latest' } };
const STATUS: Asked = { runbook: 'status', params: {} };
const BACKUPS: Asked = {
  runbook: 'backups',
  params: { verify: false, hold: null, release: null, why: '', by: 'T0HOME/U0OP' },
};
const VERIFY: Asked = { ...BACKUPS, params: { ...BACKUPS.params, verify: true } };

/** A backup, and then what is done with it. */
async function withBackup(
  more: Partial<BackupWorld>,
  use: (world: BackupWorld, manifest: BackupManifest) => Promise<void>,
): Promise<void> {
  const world = scene.world(await scene.place(), more);
  const end = await scene.here(world);
  expect((await scene.run(BACKUP)).ended).toMatchObject({ outcome: 'succeeded' });
  await end();
  await use(world, await manifestIn(world));
}

async function manifestIn(world: BackupWorld): Promise<BackupManifest> {
  const manifest = (await listedIn(world))[0]?.manifest;
  if (manifest === null || manifest === undefined) throw new Error('there is no backup');
  return manifest;
}

/** Changes a file of the store, as only who owns the disk could. */
async function change(
  { place }: BackupWorld,
  end: string,
  edit: (bytes: Buffer) => Uint8Array | undefined,
): Promise<void> {
  if (place.kind !== 'file') throw new Error('not a folder');
  const found = (await readdir(place.folder, { recursive: true })).find((name) => name.endsWith(end));
  const path = join(place.folder, found ?? end);
  const bytes = await readFile(path);
  await chmod(path, 0o600);
  await writeFile(path, edit(bytes) ?? bytes);
}

describe('one bit that flips in the stored file: the drill, a reading and the status say so, and the list what the drill found', () => {
  test.each([
    { where: 'the header', at: () => 20, more: {} },
    { where: 'a page', at: (size: number) => Math.floor(size / 2), more: {} },
    { where: 'the hash at the end', at: (size: number) => size - 1, more: {} },
    { where: 'what is compressed', at: (size: number) => Math.floor(size / 2), more: { compression: 'zstd' } },
    { where: 'what is encrypted', at: (size: number) => size - 100, more: { compression: 'zstd', encrypted: true } },
  ] as const)('in $where', async ({ at, more: { encrypted = false, ...more } }) => {
    await withBackup({ ...more, keys: encrypted ? keys : null }, async (world, { id, files }) => {
      const [file] = files;
      const end = await scene.here(world);
      await change(world, file?.name ?? '', (bytes) => {
        const index = at(bytes.length);
        bytes.writeUInt8(bytes.readUInt8(index) ^ 1, index);
      });

      const drill = await scene.run(DRILL);
      expect(drill.ended, saidBy(drill)).toMatchObject({ outcome: 'failed', reason: 'backup-damaged' });
      expect(saidBy(drill)).toContain(`${id} failed its drill: `);
      expect(await listedIn(world)).toMatchObject([
        { id, state: 'damaged', drill: { how: 'drill', result: 'failed' } },
      ]);
      expect(saidBy(await scene.run(BACKUPS))).toContain(`${id} is damaged: its drill failed`);
      const verified = await scene.run(VERIFY);
      expect(verified.ended).toMatchObject({ outcome: 'failed', reason: 'backup-damaged' });
      expect(saidBy(await scene.run(STATUS))).toContain(id);
      expect((await scene.run(DRILL)).ended).toMatchObject({ outcome: 'blocked' });
      await end();
    });
  });
});

/** Flips a bit in the middle of the snapshot that lies there. */
type Flip = (world: BackupWorld, file: string) => Promise<void>;

const flipOnDisk: Flip = async (world, file) => await change(world, file, flipped);

async function inFolder(): Promise<{ readonly place: Place; readonly flip: Flip }> {
  return { place: await scene.place(), flip: flipOnDisk };
}

async function inBucket(): Promise<{ readonly place: Place; readonly flip: Flip }> {
  const server = await startStrictS3('off');
  onTestFinished(async () => await server.stop());
  const credentialsFile = await writeCredentials(scene.folder, STRICT_ID, 'secret');
  const flip: Flip = async (_, file) => {
    const object = [...server.objects].find(([key]) => key.endsWith(file))?.[1];
    if (object === undefined) throw new Error(`the bucket has no ${file}`);
    object.body = flipped(Buffer.from(object.body));
    await Promise.resolve();
  };
  return { place: { kind: 's3', endpoint: server.endpoint, credentialsFile }, flip };
}

function flipped(bytes: Buffer): Buffer {
  const index = Math.floor(bytes.length / 2);
  bytes.writeUInt8(bytes.readUInt8(index) ^ 1, index);
  return bytes;
}

describe('a bit that flips is found by the list alone, and status says so', () => {
  test.each([
    { where: 'in a folder', start: inFolder },
    { where: 'in a bucket', start: inBucket },
  ])('$where', async ({ start }) => {
    const { place, flip } = await start();
    const world = scene.world(place);
    const end = await scene.here(world);
    expect((await scene.run(BACKUP)).ended).toMatchObject({ outcome: 'succeeded' });
    const { id, files } = await manifestIn(world);
    await flip(world, files[0]?.name ?? '');
    expect(await listedIn(world)).toMatchObject([{ id, state: 'good' }]);

    const list = await scene.run(BACKUPS);
    expect(list.ended).toMatchObject({ outcome: 'succeeded' });
    expect(saidBy(list)).toContain(`${id} is damaged: its reading failed`);
    expect(await listedIn(world)).toMatchObject([{ id, state: 'damaged', drill: { how: 'read', result: 'failed' } }]);
    expect(saidBy(await scene.run(STATUS))).toContain(id);
    expect((await scene.run(DRILL)).ended).toMatchObject({ outcome: 'blocked' });
    await end();
  });
});

test('a manifest that was edited: the backup counts as damaged, and is not drilled', async () => {
  await withBackup({}, async (world, { id, revision }) => {
    const other = String(BigInt(revision) + 1n);
    await change(world, 'manifest.json', (bytes) => Buffer.from(bytes.toString().replaceAll(revision, other)));

    expect(await listedIn(world)).toMatchObject([{ id, state: 'damaged', manifest: null }]);
    const end = await scene.here(world);
    expect((await scene.run(DRILL)).ended).toMatchObject({ outcome: 'blocked', reason: 'check-blocked' });
    expect(saidBy(await scene.run(VERIFY))).toContain(`${id} is damaged: `);
    expect(saidBy(await scene.run(STATUS))).toContain(id);
    await end();
  });
});

test('the wrong key says nothing of the backup; with the right one its drill passes', async () => {
  await withBackup({ compression: 'zstd', keys }, async (world, { id }) => {
    const { identityFile } = await newAgeKeys(scene.folder, 'other-identity');
    const others = await scene.here({ ...world, worker: 'other', keys: { ...keys, identityFile } });
    const [drill, verified] = [await scene.run(DRILL), await scene.run(VERIFY)];
    await others();

    expect(drill.ended, saidBy(drill)).toMatchObject({ outcome: 'failed', reason: 'drill-aborted' });
    expect(saidBy(drill)).toContain(`no identity in ${identityFile} opens it`);
    expect(verified.ended, saidBy(verified)).toMatchObject({ outcome: 'succeeded' });
    expect(await listedIn(world)).toMatchObject([{ id, state: 'good' }]);
    const again = await scene.here(world);
    expect((await scene.run(DRILL)).ended).toMatchObject({ outcome: 'succeeded' });
    await again();
    expect(await listedIn(world)).toMatchObject([{ id, state: 'good', drill: { how: 'drill', result: 'passed' } }]);
  });
});

test('a disk that takes no more than half of it: told in words, nothing is left, and older backups stand', async () => {
  await withBackup({}, async (world, { id }) => {
    const worker = await scene.worker({ ...world, worker: 'limited' }, undefined, 'ulimit -f 2048');
    const run = await scene.run(BACKUP);
    await worker.kill();

    expect(run.ended).toMatchObject({ outcome: 'failed', reason: 'backups-unavailable' });
    expect(run.ended.note).toMatch(
      /^The snapshot of m-1 was not stored \(prod-.*: .* could not be stored: the worker may write no file of that size \(EFBIG\)\.$/,
    );
    expect(await listedIn(world)).toMatchObject([{ id, state: 'good' }]);
    expect((await filesIn(world)).filter((name) => name.startsWith('.unfinished-'))).toEqual([]);
  });
});

/** What etcd itself finds in a data directory: keys, and its hash at a revision. */
async function countedIn(binary: string, directory: string, revision: bigint) {
  const [client, peer] = await freePorts(2);
  const [url, peerUrl] = [`http://127.0.0.1:${client}`, `http://127.0.0.1:${peer}`];
  const urls = [`--listen-client-urls=${url}`, `--advertise-client-urls=${url}`, `--listen-peer-urls=${peerUrl}`];
  const server = await startProcess({ name: 'restored', command: binary, args: [`--data-dir=${directory}`, ...urls] });
  const port = createDirectEtcd({ endpoints: [url] });
  try {
    await waitFor('the restored etcd', async () => (await port.members({ timeoutMs: 1000 })).ok);
    const [member] = await membersOf(port);
    if (member === undefined) throw new Error('nobody is there');
    const { count } = ok(
      await port.range({ key: '\0', rangeEnd: '\0', countOnly: true, serializable: true, revision }, CALL),
    );
    return { keys: Number(count), hash: ok(await port.hash(member, revision, CALL)).hash };
  } finally {
    await port.close();
    await server.kill();
  }
}

describe('what the vault opens is restored by etcd’s own programs, and holds what the manifest says', () => {
  test.each([
    { by: 'etcdctl of 3.4', program: `${BINARY_3_4}ctl`, binary: BINARY_3_4 },
    { by: 'etcdutl of 3.5', program: `${BINARY_3_5}utl`, binary: BINARY_3_5 },
  ])('$by', async ({ by, program, binary }) => {
    await withBackup({ compression: 'zstd', keys }, async (world, manifest) => {
      const [file] = manifest.files;
      if (file === undefined) throw new Error('it has no file');
      const opened = await vaultOf(world).open(manifest, file, { signal: new AbortController().signal });
      if (!opened.ok) throw new Error(opened.error.message);
      const path = join(scene.folder, `${by}.db`);
      await pipeline(opened.value, createWriteStream(path));
      const directory = join(scene.folder, `${by}.restored`);

      expect(await restoreSnapshot(program, path, directory)).toBe('');
      const status = await snapshotStatus(program, path);
      expect(status.revision).toBeGreaterThanOrEqual(BigInt(manifest.revision));
      expect(await countedIn(binary, directory, BigInt(manifest.revision))).toEqual({
        keys: manifest.keys,
        hash: manifest.hashKv?.hash,
      });
    });
  });
});
