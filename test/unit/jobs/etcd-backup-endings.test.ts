import { expect, test } from 'vitest';
import { StateReport } from '../../../src/core/state-report.ts';
import { bodyOf, idOf } from '../../support/backup-samples.ts';
import { backupScene } from '../../support/backup-scene.ts';

type Scene = Awaited<ReturnType<typeof backupScene>>;

const AWAY = { code: 'store', store: 'away', message: 's3://backups/: no answer' } as const;

function reportOf({ harness }: Scene): StateReport {
  return StateReport.parse(Object(harness.outputs[2]).report);
}

/** The store fails calls of that name, so often. */
function failing(scene: Scene, method: 'publish' | 'list', times: number): void {
  scene.store.fail(method, AWAY);
  let left = times;
  scene.store.onDone = (call) => {
    if (call.split(' ')[0] !== method) return;
    left -= 1;
    if (left === 0) scene.store.fail(method, null);
  };
}

test('a store that is away while the manifest is written is asked again: the snapshot is not lost', async () => {
  const scene = await backupScene();
  failing(scene, 'publish', 3);

  expect(await scene.run()).toMatchObject({ kind: 'done' });
  expect(scene.store.calls.filter((call) => call.startsWith('take'))).toHaveLength(1);
  expect(scene.harness.words).toContainEqual(expect.stringContaining('The store is asked again in 40 s.'));
});

test('a store that stays away ends it, in its words and within minutes', async () => {
  const scene = await backupScene();
  failing(scene, 'publish', 1000);

  const end = await scene.run();
  expect(end).toMatchObject({ kind: 'stop', reason: 'backups-unavailable', step: 1 });
  expect(end.note).toContain('no answer.');
  expect(scene.harness.pauses.reduce((sum, ms) => sum + ms, 0)).toBeLessThan(10 * 60_000);
});

test('a store that refuses for good is not asked again', async () => {
  const scene = await backupScene();
  scene.store.fail('publish', { code: 'store', store: 'no-retention', message: 'it keeps nothing' });

  expect(await scene.run()).toMatchObject({ kind: 'stop', reason: 'backups-unavailable', step: 1 });
  expect(scene.store.calls.filter((call) => call.startsWith('publish'))).toHaveLength(1);
});

test('a list that fails once after publishing is asked for again', async () => {
  const scene = await backupScene();
  failing(scene, 'list', 1);

  expect(await scene.run()).toMatchObject({ kind: 'done' });
  expect(reportOf(scene).notes.some((note) => note.startsWith('Retention: 1 good backup in the store.'))).toBe(true);
});

test('a list that fails in retention does not hide the backup: done, and said', async () => {
  const scene = await backupScene();
  scene.store.onDone = (call) => {
    // The list that publishing ends with is the last that answers.
    if (call === 'list') scene.store.fail('list', AWAY);
  };

  expect(await scene.run()).toMatchObject({ kind: 'done' });
  const report = reportOf(scene);
  expect(report.summary).toMatch(/^Backup prod-\d+-\w+ of m-2/);
  expect(report.notes).toContainEqual(
    expect.stringContaining('Retention could not do everything. The store could not be listed'),
  );
});

test('retention counts what is good, and the rest beside it', async () => {
  const scene = await backupScene({
    before: (_harness, store) => {
      store.put(bodyOf('2025-12-20T00:00:00.000Z'));
      store.put(bodyOf('2025-12-21T00:00:00.000Z'));
      store.objects.delete(`prod/${idOf('2025-12-21T00:00:00.000Z')}/manifest.json`);
    },
  });

  expect(await scene.run()).toMatchObject({ kind: 'done' });
  expect(reportOf(scene).notes).toContain('Retention: 2 good backups in the store, and 1 that is not good.');
});

test('what this worker has no key for was compared as stored, and no drill is named that it cannot do', async () => {
  const scene = await backupScene();
  const { facts } = scene.store.vault;
  if (facts === null) throw new Error('the vault has no facts');
  Object.assign(facts.snapshot, { canOpen: false });

  expect(await scene.run()).toMatchObject({ kind: 'done' });
  const { summary, notes } = reportOf(scene);
  expect(summary).toContain('read back and compared as stored (this worker has no key to open it)');
  expect(notes.join(' ')).not.toContain('/kube drill');
});

test('a take that reads back as something else is trouble of the store: there is no backup that could be damaged', async () => {
  const scene = await backupScene();
  scene.store.fail('take', { code: 'differs', message: 'it was stored, and reads back as something else' });

  expect(await scene.run()).toMatchObject({ kind: 'stop', reason: 'backups-unavailable', step: 0 });
});

test('a named member that leads by now is no sick one: the plan is made again, and the member is called by its name', async () => {
  const scene = await backupScene({ params: { member: 'm-2' } });
  scene.harness.etcd.changeLeader('m-2');

  const end = await scene.run();
  expect(end).toMatchObject({ kind: 'stop', reason: 'plan-drifted', step: 0 });
  expect(end.note).toMatch(/^m-2 cannot give a backup: it leads/);
});
