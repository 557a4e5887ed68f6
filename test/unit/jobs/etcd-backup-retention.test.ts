import { expect, test } from 'vitest';
import type { RetentionLimits } from '../../../src/core/backup/retention.ts';
import { StateReport } from '../../../src/core/state-report.ts';
import { bodyOf, idOf } from '../../support/backup-samples.ts';
import { type BackupScene, backupScene } from '../../support/backup-scene.ts';
import type { SmallVault } from '../../support/small-vault.ts';

/** The fake clock begins at 2026-01-01T03:00:00Z. */
const OLD = ['2025-12-20T00:00:00.000Z', '2025-12-21T00:00:00.000Z', '2025-12-22T00:00:00.000Z'] as const;
const LAST_ONE: RetentionLimits = { keepLast: 1, maxAgeMs: null };

/** A store with three old backups, of which these were marked two days ago. */
async function oldOnes(marked: readonly string[], retention = LAST_ONE): Promise<BackupScene> {
  return await backupScene({
    cluster: { backups: { maxAgeMs: 86_400_000, retention } },
    before: (_harness, store) => {
      for (const createdAt of OLD) store.put(bodyOf(createdAt));
      for (const createdAt of marked)
        store.objects.set(`prod/${idOf(createdAt)}/mark.json`, {
          version: 1,
          at: '2025-12-30T00:00:00.000Z',
          why: 'old',
        });
    },
  });
}

function called(store: SmallVault, method: string): readonly string[] {
  return store.calls.filter((call) => call.startsWith(`${method} `)).map((call) => call.slice(method.length + 1));
}

function notesOf({ harness }: BackupScene): readonly string[] {
  return StateReport.parse(Object(harness.outputs[2]).report).notes;
}

test('what is beyond the limits is marked first, and removed by a later backup; both are named', async () => {
  const scene = await oldOnes([OLD[0]]);

  expect(await scene.run()).toMatchObject({ kind: 'done' });
  expect(called(scene.store, 'remove')).toEqual([idOf(OLD[0])]);
  expect(called(scene.store, 'mark')).toEqual([idOf(OLD[2]), idOf(OLD[1])]);
  expect(notesOf(scene)).toContain(`Removed: ${idOf(OLD[0])}.`);
  expect(notesOf(scene)).toContain(
    `Superfluous, removed in a day if they still are: ${idOf(OLD[2])}, ${idOf(OLD[1])}.`,
  );
});

test('while the cluster is frozen it only marks: what is due is named and left, and uploads that died stay', async () => {
  const scene = await oldOnes([OLD[0]]);
  scene.harness.freeze();

  expect(await scene.run()).toMatchObject({ kind: 'done' });
  expect(called(scene.store, 'remove')).toEqual([]);
  expect(called(scene.store, 'sweep')).toEqual([]);
  expect(called(scene.store, 'mark')).toEqual([idOf(OLD[2]), idOf(OLD[1])]);
  expect(notesOf(scene)).toContain(
    `The cluster is frozen, so nothing was removed; due, and left for a backup after the freeze: ${idOf(OLD[0])}.`,
  );
});

test('a backup that failed removes nothing', async () => {
  const scene = await oldOnes([...OLD]);
  scene.store.fail('take', { code: 'not-whole', message: 'cut' });

  expect(await scene.run()).toMatchObject({ kind: 'stop', step: 0 });
  expect(called(scene.store, 'remove')).toEqual([]);
});

test('without limits everything is kept', async () => {
  const scene = await oldOnes([], { keepLast: null, maxAgeMs: null });

  expect(scene.draft.steps[2]?.summary).toContain('every backup is kept');
  expect(await scene.run()).toMatchObject({ kind: 'done' });
  expect([...called(scene.store, 'remove'), ...called(scene.store, 'mark')]).toEqual([]);
});

test('a worker that dies while it removes: its successor goes on, and all that was removed is named', async () => {
  const scene = await oldOnes([OLD[0], OLD[1]]);
  let isFirst = true;
  scene.store.onDone = (call) => {
    if (!call.startsWith('remove') || !isFirst) return;
    isFirst = false;
    scene.harness.shutDown();
  };

  expect(await scene.run()).toMatchObject({ kind: 'done' });
  expect(scene.harness.deaths()).toBe(1);
  expect(called(scene.store, 'remove').toSorted()).toEqual([idOf(OLD[0]), idOf(OLD[1])]);
  expect(notesOf(scene).find((note) => note.startsWith('Removed'))).toContain(idOf(OLD[0]));
  expect(notesOf(scene).find((note) => note.startsWith('Removed'))).toContain(idOf(OLD[1]));
});

test('what the store keeps is kept: no failure', async () => {
  const scene = await oldOnes([OLD[0]]);
  scene.store.fail('remove', { code: 'store', store: 'retained', message: 'the store keeps it until 2027' });

  expect(await scene.run()).toMatchObject({ kind: 'done' });
  expect(notesOf(scene)).toContain('Kept for now: the store keeps it until 2027.');
  expect(notesOf(scene).join(' ')).not.toMatch(/Removed|could not do everything/);
});

test('what the store does not remove is said, and the backup is good all the same', async () => {
  const scene = await oldOnes([OLD[0]]);
  scene.store.fail('remove', { code: 'store', store: 'away', message: 'no answer' });

  expect(await scene.run()).toMatchObject({ kind: 'done' });
  expect(notesOf(scene)).toContain(`Retention could not do everything. ${idOf(OLD[0])}: no answer.`);
  expect(notesOf(scene).join(' ')).not.toContain('Removed');
});
