import { describe, expect, test } from 'vitest';
import { createCapiCase, planOf, ran, votersIn } from '../../../support/capi-case.ts';

const PATIENT = { replace: { machineReadyMs: 30 * 60_000, joinedMs: 20 * 60_000 } };

describe('another member falls ill', () => {
  test('while the controller works, and comes back: it is waited for', async () => {
    const scene = createCapiCase({ harness: PATIENT });
    const { harness } = scene;
    const { draft } = await planOf(scene);
    const end = await harness.run(scene.runbook, draft.steps, {
      before: (index) => {
        if (index !== 1) return;
        harness.etcd.cut('cp-3');
        void harness.clock.sleep(4 * 60_000).then(() => harness.etcd.heal('cp-3'));
      },
    });
    expect(end).toMatchObject({ kind: 'done' });
    expect(votersIn(scene)).toEqual(['cp-1', 'cp-3', 'cp-4']);
  });

  test('and does not: that is told after ten minutes', async () => {
    const scene = createCapiCase({ standsAt: 'member-removed', harness: PATIENT });
    const { draft } = await planOf(scene);
    const end = await scene.harness.run(scene.runbook, draft.steps, {
      before: (index) => (index === 1 ? scene.harness.etcd.cut('cp-3') : undefined),
    });
    expect(end).toMatchObject({ kind: 'stop', reason: 'ring-thin' });
    expect(end.note).toContain('cp-3 does not answer');
    expect(end.note).toContain('goes on by itself; to hold it: kubectl -n prod annotate');
    expect(scene.harness.pauses.reduce((sum, each) => sum + each, 0)).toBeGreaterThanOrEqual(10 * 60_000);
  });

  test('before the controller begins: the request is taken back', async () => {
    const scene = createCapiCase({ standsAt: 'asleep' });
    const { draft } = await planOf(scene);
    const end = await scene.harness.run(scene.runbook, draft.steps, {
      before: (index) => (index === 1 ? scene.harness.etcd.cut('cp-3') : undefined),
    });
    expect(end).toMatchObject({ kind: 'stop', reason: 'second-member-sick' });
    expect(end.note).toContain('Nothing was removed, and the request is taken back.');
  });
});

describe('the ring cannot be seen from the first look on', () => {
  test.each([
    [
      'while the controller is only asked to',
      'there',
      { reason: 'quorum-at-risk', words: 'Nothing was removed, and the request is taken back.', waitedMs: 2 * 60_000 },
    ],
    [
      'behind the deletion of the machine',
      'absent',
      { reason: 'ring-thin', words: 'goes on by itself; to hold it: kubectl', waitedMs: 10 * 60_000 },
    ],
  ] as const)('%s', async (_when, healthCheck, { reason, words, waitedMs }) => {
    const scene = createCapiCase({ standsAt: 'asleep', healthCheck });
    const { draft } = await planOf(scene);
    const end = await scene.harness.run(scene.runbook, draft.steps, {
      before: (index) => {
        if (index === 1) for (const name of ['cp-1', 'cp-2', 'cp-3']) scene.harness.etcd.cut(name);
      },
    });
    expect(end).toMatchObject({ kind: 'stop', reason });
    expect(end.note).toContain(words);
    expect(scene.harness.pauses.reduce((sum, each) => sum + each, 0)).toBeGreaterThanOrEqual(waitedMs);
  });
});

describe.each([
  { told: 'annotation', healthCheck: 'there', method: 'patchJson' },
  { told: 'deletion', healthCheck: 'absent', method: 'delete' },
] as const)('a call of which nobody knows the outcome ($told)', ({ healthCheck, method }) => {
  test('and that comes late is waited for, and not made twice', async () => {
    const scene = createCapiCase({ healthCheck });
    const { management } = scene.world;
    const { clock } = scene.harness;
    const { port } = scene.world;
    const [patch, remove] = [port.patchJson.bind(port), port.delete.bind(port)];
    let calls = 0;
    const late = async (call: () => Promise<unknown>): Promise<unknown> => {
      calls += 1;
      void clock.sleep(40_000).then(call);
      return await Promise.resolve({ ok: false, error: { code: 'unknown-outcome', message: 'cut' } });
    };
    Object.assign(port, {
      patchJson: async (...args: Parameters<typeof patch>) => await late(async () => await patch(...args)),
      delete: async (...args: Parameters<typeof remove>) => await late(async () => await remove(...args)),
    });
    expect(await ran(scene)).toMatchObject({ kind: 'done' });
    expect(calls).toBe(1);
    expect(management.calls.filter((each) => each.method === method)).toHaveLength(1);
    expect(scene.harness.acts.map(({ observed }) => observed?.result)).toEqual(['done']);
  });

  test('and that never comes is made once more', async () => {
    const scene = createCapiCase({ healthCheck });
    scene.world.management.fail({ method, error: { code: 'unknown-outcome', message: 'cut' } });
    expect(await ran(scene)).toMatchObject({ kind: 'done' });
    expect(scene.harness.acts.map(({ observed }) => observed?.result)).toEqual(['not-done', 'done']);
    expect(scene.harness.pauses.reduce((sum, each) => sum + each, 0)).toBeGreaterThanOrEqual(60_000);
  });
});
