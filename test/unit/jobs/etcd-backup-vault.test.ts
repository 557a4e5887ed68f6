import { describe, expect, test } from 'vitest';
import { etcdBackup } from '../../../jobs/etcd-backup/runbook.ts';
import type { BackupVault } from '../../../src/core/ports/backup-vault.ts';
import { StateReport } from '../../../src/core/state-report.ts';
import { createFakeBackupVault } from '../../fakes/backup-vault.ts';
import { ROOMY } from '../../support/backup-scene.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { createStepHarness, type StepHarness } from '../../support/step-harness.ts';

const CALL = { signal: new AbortController().signal };

/** A backup with all that a real vault does, but for a store in memory. */
async function realScene(wrap: (vault: BackupVault) => BackupVault = (vault) => vault) {
  const clock = createFakeClock();
  const vault = createFakeBackupVault(clock);
  const harness = createStepHarness({
    clock,
    etcd: { members: [{}, {}, {}].map(() => ({ dbSizeBytes: 64 * 1024, dbSizeInUseBytes: 32 * 1024 })) },
    cluster: { backups: ROOMY },
    extra: { backups: wrap(vault) },
  });
  const { steps } = await harness.plan(etcdBackup, { member: null, note: null, by: 'T0HOME/U0OPERATOR' });
  return { vault, harness, run: async () => await harness.run(etcdBackup, steps) };
}

/** A backup of a ring that writes ten keys before the snapshot begins; `after`: what happens when it is stored. Answers how much the note is above the manifest. */
async function writing(after: (harness: StepHarness) => void) {
  const scene = await realScene((inner) => ({
    ...inner,
    take: async (order, call) => {
      const feed: typeof order.feed = async (write, signal) => {
        const { port } = scene.harness.etcd;
        for (const at of Array(10).keys()) await port.put(`/registry/${at}`, new Uint8Array([1]), { timeoutMs: 1000 });
        return await order.feed(write, signal);
      };
      const taken = await inner.take({ ...order, feed }, call);
      after(scene.harness);
      return taken;
    },
  }));
  expect(await scene.run()).toMatchObject({ kind: 'done' });
  const [listed, noted] = await Promise.all([scene.vault.list(CALL), scene.vault.highestRevision(CALL)]);
  const before = listed.ok ? listed.value[0]?.manifest?.revision : undefined;
  const more = Number(noted.ok ? noted.value : 0) - Number(before);
  return { more, notes: StateReport.parse(Object(scene.harness.outputs[2]).report).notes.join(' ') };
}

test('what a backup leaves is listed as good, and every byte of it is as the manifest says', async () => {
  const { vault, run } = await realScene();

  expect(await run()).toMatchObject({ kind: 'done' });
  const listed = await vault.list(CALL);
  expect(listed).toMatchObject({ ok: true, value: [{ state: 'good', mark: null, drill: null }] });
  const manifest = listed.ok ? listed.value[0]?.manifest : null;
  expect(manifest?.files).toMatchObject([{ role: 'snapshot', contentBytes: 64 * 1024 + 32 }]);
  if (manifest === null || manifest === undefined) throw new Error('it has no manifest');
  expect(await vault.check(manifest, CALL)).toEqual({ ok: true, value: null });
  expect(await vault.highestRevision(CALL)).toEqual({
    ok: true,
    value: manifest.revision,
  });
});

describe('the revision that is noted, above which a restore begins,', () => {
  test('is read after the snapshot, which holds what was written since the manifest was begun', async () => {
    const { more, notes } = await writing(() => undefined);

    expect(more).toBe(10);
    expect(notes).not.toContain('did not answer after its snapshot');
  });

  test('is what the others have when the giver went away, and that is said', async () => {
    const { more, notes } = await writing(({ etcd }) => etcd.kill('m-2'));

    expect(more).toBe(10);
    expect(notes).toContain('m-2 did not answer after its snapshot, which may hold more than revision');
  });
});

test('a worker that dies right after the take: another id, and what it left is half-written', async () => {
  const dying = { isNext: true, now: (): void => undefined };
  const { vault, harness, run } = await realScene((inner) => ({
    ...inner,
    take: async (order, call) => {
      const taken = await inner.take(order, call);
      if (dying.isNext) dying.now();
      dying.isNext = false;
      return taken;
    },
  }));
  dying.now = () => harness.shutDown();

  expect(await run()).toMatchObject({ kind: 'done' });
  expect(harness.deaths()).toBe(1);
  const listed = await vault.list(CALL);
  expect(listed.ok ? listed.value.map(({ state }) => state) : []).toEqual(['good', 'half-written']);
});

test('bytes that are not what etcd sent end it as damaged, and leave no backup', async () => {
  const { vault, run } = await realScene((inner) => ({
    ...inner,
    take: async (order, call) =>
      await inner.take(
        {
          ...order,
          feed: async (write, signal) =>
            await order.feed(
              async (bytes) => await write(bytes.map((byte, at) => (at === 7 ? byte ^ 1 : byte))),
              signal,
            ),
        },
        call,
      ),
  }));

  expect(await run()).toMatchObject({ kind: 'stop', reason: 'snapshot-damaged', step: 0 });
  const listed = await vault.list(CALL);
  expect(listed.ok ? listed.value.filter(({ state }) => state === 'good') : null).toEqual([]);
});
