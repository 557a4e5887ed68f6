import { expect, test } from 'vitest';
import { BackupManifest } from '../../../src/core/backup/manifest.ts';
import { StateReport } from '../../../src/core/state-report.ts';
import { backupScene } from '../../support/backup-scene.ts';
import { portError } from '../../support/defrag-scene.ts';

type Scene = Awaited<ReturnType<typeof backupScene>>;

function manifestOf({ store }: Scene): BackupManifest | null {
  const found = [...store.objects].find(([key]) => key.endsWith('manifest.json'));
  return found === undefined ? null : BackupManifest.parse(found[1]);
}

function notesOf({ harness }: Scene): readonly string[] {
  return StateReport.parse(Object(harness.outputs[2]).report).notes;
}

test('all voters are hashed at one revision, the leader last, and the manifest has what they answered', async () => {
  const scene = await backupScene();

  expect(await scene.run()).toMatchObject({ kind: 'done' });
  const manifest = manifestOf(scene);
  const asked = scene.harness.etcd.calls.filter(({ method }) => method === 'hash');
  expect(asked.map(({ member }) => member)).toEqual(['m-2', 'm-3', 'm-1']);
  expect(new Set(asked.map(({ detail }) => detail))).toEqual(new Set([manifest?.hashKv?.revision]));
  expect(manifest?.hashes?.map(({ hash }) => hash)).toEqual([manifest?.hashKv?.hash, manifest?.hashKv?.hash]);
});

test('a voter that has other data than the others is named; the backup comes from one of the majority', async () => {
  const scene = await backupScene();
  scene.harness.etcd.member('m-3').damaged = true;

  expect(await scene.run()).toMatchObject({ kind: 'done' });
  expect(manifestOf(scene)).toMatchObject({ member: { name: 'm-2' } });
  expect(notesOf(scene)).toContainEqual(expect.stringContaining('Warning: m-3 has other data than m-2 at revision'));
  expect(StateReport.parse(Object(scene.harness.outputs[2]).report).healthy).toBe(false);
});

test('the member that would give it is the one that differs: another gives it, and both are named', async () => {
  const scene = await backupScene();
  scene.harness.etcd.member('m-2').damaged = true;

  expect(await scene.run()).toMatchObject({ kind: 'done' });
  expect(manifestOf(scene)).toMatchObject({ member: { name: 'm-3' } });
  expect(notesOf(scene)).toContainEqual(expect.stringContaining('m-2 has other data than m-3, m-1'));
});

test('named, it is refused, and nothing is taken', async () => {
  const scene = await backupScene({ params: { member: 'm-2' } });
  scene.harness.etcd.member('m-2').damaged = true;

  const end = await scene.run();
  expect(end).toMatchObject({ kind: 'stop', reason: 'members-differ', step: 0 });
  expect(end.note).toContain('they are the majority');
  expect(scene.store.objects.size).toBe(0);
});

test('without a majority nobody can tell whose data are right: nothing is taken', async () => {
  const scene = await backupScene();
  scene.harness.etcd.member('m-2').damaged = true;
  scene.harness.etcd.kill('m-3');

  const end = await scene.run();
  expect(end).toMatchObject({ kind: 'stop', reason: 'members-differ', step: 0 });
  expect(end.note).toContain('it cannot be told whose are right');
  expect(scene.store.objects.size).toBe(0);
});

test('a voter that gives no hash is named, and holds up nothing', async () => {
  const scene = await backupScene();
  scene.harness.etcd.failOnce({ method: 'hash', member: 'm-1', error: portError('permission', 'not allowed') });

  expect(await scene.run()).toMatchObject({ kind: 'done' });
  expect(notesOf(scene)).toContain('Whether m-1 has the same data was not compared: not allowed.');
  expect(manifestOf(scene)?.hashes).toHaveLength(1);
});

test('a compaction between two hashes: all are asked once more', async () => {
  const scene = await backupScene();
  const { etcd } = scene.harness;
  for (const key of ['a', 'b', 'c']) await etcd.port.put(key, new Uint8Array([1]), { timeoutMs: 1000 });
  const compacting = { left: 1 };
  const before = { ...etcd.port };
  etcd.port.hash = async (member, revision, call) => {
    const answer = await before.hash(member, revision, call);
    if (compacting.left > 0) {
      compacting.left -= 1;
      await etcd.port.compact((revision ?? 1n) - 1n, { timeoutMs: 1000 });
    }
    return answer;
  };

  expect(await scene.run()).toMatchObject({ kind: 'done' });
  const manifest = manifestOf(scene);
  expect(manifest?.hashes).toHaveLength(2);
  expect(manifest?.hashKv?.compactRevision).not.toBe('-1');
});
