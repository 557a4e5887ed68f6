import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createBackupVault } from '../../../src/adapters/backup/vault.ts';
import { createFileStore } from '../../../src/adapters/object-store/file.ts';
import { canonicalDigest } from '../../../src/adapters/runtime/canonical-digest.ts';
import type { BackupVault, TakeOrder } from '../../../src/core/ports/backup-vault.ts';
import type { ObjectStore } from '../../../src/core/ports/object-store.ts';
import { watchBackups } from '../../../src/engine/backup-watch.ts';
import { nextTime, snapshotOf, valueOf } from '../../contract/backup-vault/samples.ts';
import { breaking, inChunks } from '../../contract/object-store/suite.ts';
import { bodyOf, idOf } from '../../support/backup-samples.ts';
import { createControlScene } from '../../support/control-scene.ts';
import { silentLog } from '../../support/engine-harness.ts';
import { createFakeClock, type FakeClock } from '../../support/fake-clock.ts';
import { answerError } from '../../support/strict-s3.ts';
import { s3Scene } from './s3-scene.ts';

const HOUR_MS = 3_600_000;
/** More than one part of an upload. */
const SNAPSHOT = snapshotOf(randomBytes(10 * 1024 * 1024));
const { signal } = new AbortController();

/** A vault over this store, and looks at it. `removed`: what the looks removed, by the audit log. */
function watchedVault(main: ObjectStore, clock: FakeClock) {
  const { store, harness } = createControlScene();
  const vault: BackupVault = createBackupVault({
    cluster: 'prod',
    digest: canonicalDigest,
    clock,
    main,
    static: null,
    settings: { compression: 'none', encryption: null, staticEncryption: null, retainMs: null },
  });
  const deps = { clock, log: silentLog, admission: harness.admission, store };
  return {
    vault,
    look: async () =>
      await watchBackups(deps, { cluster: 'prod', opsChannel: 'C0OPS', maxAgeMs: HOUR_MS, vault }, signal),
    removed: async () =>
      (await store.auditEntries(0, 100)).flatMap(({ entry }) =>
        entry.action === 'backup-sweep' ? [entry.detail['removed']] : [],
      ),
  };
}

/** A take that stands still before its last bytes until it may go on. */
function slowTake(vault: BackupVault) {
  const createdAt = nextTime();
  const given = Promise.withResolvers<null>();
  const goOn = Promise.withResolvers<null>();
  const feed: TakeOrder['feed'] = async (write) => {
    const last = SNAPSHOT.length - 1000;
    for await (const bytes of inChunks(SNAPSHOT.subarray(0, last), 1024 * 1024)) await write(bytes);
    given.resolve(null);
    await goOn.promise;
    await write(SNAPSHOT.subarray(last));
    return { ok: true };
  };
  const taken = vault.take({ id: idOf(createdAt), role: 'snapshot', feed }, { signal });
  return {
    given: given.promise,
    end: async () => {
      goOn.resolve(null);
      const file = valueOf(await taken);
      valueOf(await vault.publish(bodyOf(createdAt, { files: [file] }), { signal }));
      expect(valueOf(await vault.list({ signal }))).toMatchObject([{ id: idOf(createdAt), state: 'good' }]);
    },
  };
}

test('in a folder: a take under way is left alone, what a dead one left goes after a day, and nothing of another cluster', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'drydock-sweep-'));
  onTestFinished(async () => await rm(folder, { recursive: true, force: true }));
  const clock = createFakeClock(Date.now());
  const { vault, look, removed } = watchedVault(createFileStore(folder), clock);
  const take = slowTake(vault);
  await take.given;
  const old = new Date(clock.nowMs() - 23 * HOUR_MS);
  for (const cluster of ['prod', 'stage']) {
    await mkdir(join(folder, cluster, 'dead'), { recursive: true });
    const left = join(folder, cluster, 'dead', '.unfinished-1');
    await writeFile(left, 'half');
    await utimes(left, old, old);
  }

  await look();
  expect(await removed()).toEqual([]);
  // Six hours are the longest that a take may last.
  await clock.advance(6 * HOUR_MS);
  await look();
  expect(await removed()).toEqual([1]);
  expect(await readdir(join(folder, 'prod', 'dead'))).toEqual([]);
  expect(await readdir(join(folder, 'stage', 'dead'))).toEqual(['.unfinished-1']);
  await take.end();
});

test('in a bucket: a take under way is left alone, what a dead one left goes after a day, and nothing of another cluster', async () => {
  const { server, store } = await s3Scene('off');
  // All uploads on this server began at ten o'clock.
  const clock = createFakeClock(Date.parse('2026-11-01T10:00:00.000Z'));
  const { vault, look, removed } = watchedVault(store({ prefix: 'backups' }), clock);
  const take = slowTake(vault);
  await take.given;
  await expect.poll(() => server.uploads.size, { timeout: 60_000 }).toBe(1);

  await clock.advance(6 * HOUR_MS);
  await look();
  expect([server.uploads.size, await removed()]).toEqual([1, []]);
  await take.end();
  expect(server.uploads.size).toBe(0);

  server.fault = ({ method }, response) => method === 'DELETE' && answerError(response, 403, 'AccessDenied', 'no');
  await store({ prefix: 'backups' }).put('prod/dead/a.db', breaking(9_000_000));
  await store({ prefix: 'backups' }).put('stage/dead/a.db', breaking(9_000_000));
  await store().put('prod/of-others', breaking(9_000_000));
  server.fault = () => false;
  await look();
  expect([server.uploads.size, await removed()]).toEqual([3, []]);
  await clock.advance(19 * HOUR_MS);
  await look();
  expect(await removed()).toEqual([1]);
  expect([...server.uploads.values()].map(({ key }) => key).toSorted()).toEqual([
    'backups/stage/dead/a.db',
    'prod/of-others',
  ]);
});
