import { describe, expect, test } from 'vitest';
import { etcdBackup } from '../../../jobs/etcd-backup/runbook.ts';
import type { BackupVault } from '../../../src/core/ports/backup-vault.ts';
import type { EtcdMember, EtcdPort } from '../../../src/core/ports/etcd.ts';
import { StateReport } from '../../../src/core/state-report.ts';
import { createFakeBackupVault } from '../../fakes/backup-vault.ts';
import { ROOMY } from '../../support/backup-scene.ts';
import { portError } from '../../support/defrag-scene.ts';
import { createFakeClock, type FakeClock } from '../../support/fake-clock.ts';
import { createStepHarness } from '../../support/step-harness.ts';

const CALL = { signal: new AbortController().signal };
/** Of a member; the fake sends it in 32 chunks. */
const BYTES = 1024 * 1024;

interface Disturbed {
  /** Looks at members answer as these functions say; `null`: as the fake does. */
  inflight: (member: EtcdMember) => boolean | null;
  silent: (member: EtcdMember) => boolean;
}

/** A backup into a store that takes `chunkMs` of fake time for each chunk that etcd sends. */
async function slowScene({ chunkMs = 2000, member = null as string | null, voters = 3 } = {}) {
  const clock = createFakeClock();
  const vault = createFakeBackupVault(clock);
  const disturbed: Disturbed = { inflight: () => false, silent: () => false };
  const harness = createStepHarness({
    clock,
    etcd: { members: Array.from({ length: voters }, () => ({ dbSizeBytes: BYTES, dbSizeInUseBytes: BYTES })) },
    cluster: { backups: ROOMY },
    extra: { backups: slowly(vault, clock, chunkMs) },
    wrap: (port) => looked(port, disturbed, clock),
  });
  const { steps } = await harness.plan(etcdBackup, { member, note: null, by: 'T0HOME/U0OPERATOR' });
  const manifests = async () => {
    const listed = await vault.list(CALL);
    return listed.ok ? listed.value.flatMap(({ manifest }) => (manifest === null ? [] : [manifest])) : [];
  };
  return { clock, harness, disturbed, manifests, run: async () => await harness.run(etcdBackup, steps) };
}

function slowly(vault: BackupVault, clock: FakeClock, chunkMs: number): BackupVault {
  return {
    ...vault,
    take: async (order, call) =>
      await vault.take(
        {
          ...order,
          feed: async (write, signal) =>
            await order.feed(async (bytes) => {
              await clock.sleep(chunkMs);
              await write(bytes);
            }, signal),
        },
        call,
      ),
  };
}

function looked(port: EtcdPort, disturbed: Disturbed, clock: FakeClock): EtcdPort {
  return {
    ...port,
    defragInflight: async (member) => await Promise.resolve({ ok: true as const, value: disturbed.inflight(member) }),
    status: async (member, call) => {
      if (!disturbed.silent(member)) return await port.status(member, call);
      await clock.sleep(call.timeoutMs).catch(() => undefined);
      return { ok: false, error: { code: 'unknown-outcome', message: 'no answer in time' } };
    },
  };
}

/** From now on, while a snapshot of that member is open. */
function whileStreaming({ harness }: Awaited<ReturnType<typeof slowScene>>, name: string): (m: EtcdMember) => boolean {
  return (member) => member.name === name && harness.etcd.member(name).streams > 0;
}

describe('while the store takes its time', () => {
  test('a giver that nobody touches is looked at, and left alone', async () => {
    const scene = await slowScene();

    expect(await scene.run()).toMatchObject({ kind: 'done' });
    expect(await scene.manifests()).toMatchObject([{ member: { name: 'm-2' } }]);
  });

  test('a giver that somebody begins to defragment is let go within seconds, and another member gives the backup', async () => {
    const scene = await slowScene();
    scene.disturbed.inflight = whileStreaming(scene, 'm-2');

    expect(await scene.run()).toMatchObject({ kind: 'done' });
    expect(await scene.manifests()).toMatchObject([{ member: { name: 'm-3' } }]);
    const streams = scene.harness.etcd.calls.filter(({ method }) => method === 'snapshot');
    expect(streams.map(({ member }) => member)).toEqual(['m-2', 'm-3']);
    const [first, second] = streams;
    // One look, and the pause before the next attempt.
    expect((second?.atMs ?? 0) - (first?.atMs ?? 0)).toBeLessThanOrEqual(15_000);
  });

  test('looks that throw end neither the stream nor the worker', async () => {
    const scene = await slowScene();
    const isStreaming = whileStreaming(scene, 'm-2');
    let thrown = 0;
    scene.disturbed.inflight = (member) => {
      if (!isStreaming(member)) return false;
      thrown += 1;
      throw new Error('metrics that nobody expected');
    };

    expect(await scene.run()).toMatchObject({ kind: 'done' });
    expect(await scene.manifests()).toMatchObject([{ member: { name: 'm-2' } }]);
    expect(thrown).toBeGreaterThan(1);
  });

  test('when it is every member’s turn, it ends as somebody else’s work', async () => {
    const scene = await slowScene();
    scene.disturbed.inflight = (member) => scene.harness.etcd.member(member.name).streams > 0;

    const end = await scene.run();
    expect(end).toMatchObject({ kind: 'stop', reason: 'foreign-operation', step: 0 });
    expect(end.note).toContain('m-2 is being defragmented');
    expect(end.note).toContain('m-3 is being defragmented');
    expect(await scene.manifests()).toEqual([]);
  });

  test('one that was named is not exchanged for another', async () => {
    const scene = await slowScene({ member: 'm-3' });
    scene.disturbed.inflight = whileStreaming(scene, 'm-3');

    expect(await scene.run()).toMatchObject({ kind: 'stop', reason: 'foreign-operation', step: 0 });
    expect(await scene.manifests()).toEqual([]);
  });

  test('the only voter has nobody to stand in for it', async () => {
    const scene = await slowScene({ voters: 1 });
    scene.disturbed.inflight = whileStreaming(scene, 'm-1');

    expect(await scene.run()).toMatchObject({ kind: 'stop', reason: 'foreign-operation', step: 0 });
  });

  test('a giver that answers nothing but its stream is let go too: without metrics that is all there is to see', async () => {
    const scene = await slowScene();
    scene.disturbed.inflight = () => null;
    scene.disturbed.silent = whileStreaming(scene, 'm-2');

    expect(await scene.run()).toMatchObject({ kind: 'done' });
    expect(await scene.manifests()).toMatchObject([{ member: { name: 'm-3' } }]);
    const [first, second] = scene.harness.etcd.calls.filter(({ method }) => method === 'snapshot');
    expect((second?.atMs ?? 0) - (first?.atMs ?? 0)).toBeLessThanOrEqual(30_000);
    const report = StateReport.parse(Object(scene.harness.outputs[2]).report);
    expect(report.notes.some((note) => note.includes('m-2 answered nothing'))).toBe(true);
  });
});

test('a snapshot that breaks off is tried once more, with another member; a second time it ends the run', async () => {
  const broken = portError('incomplete', 'the connection was lost');
  const once = await slowScene({ chunkMs: 1 });
  once.harness.etcd.failOnce({ method: 'snapshot', error: broken });
  expect(await once.run()).toMatchObject({ kind: 'done' });
  expect(await once.manifests()).toMatchObject([{ member: { name: 'm-3' } }]);

  const twice = await slowScene({ chunkMs: 1 });
  twice.harness.etcd.failOnce({ method: 'snapshot', error: broken });
  twice.harness.etcd.failOnce({ method: 'snapshot', member: 'm-3', error: broken });
  const end = await twice.run();
  expect(end).toMatchObject({ kind: 'stop', reason: 'snapshot-incomplete', step: 0 });
  expect(end.note).toContain('m-2 answered: the connection was lost');
  expect(end.note).toContain('m-3 answered: the connection was lost');
});
