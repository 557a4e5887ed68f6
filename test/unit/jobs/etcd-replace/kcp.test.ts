import { describe, expect, test } from 'vitest';
import { REMEDIATE_MACHINE } from '../../../../src/core/cluster-api/names.ts';
import { type CapiCase, createCapiCase, planOf, ran, votersIn } from '../../../support/capi-case.ts';
import { annotated } from '../../../support/capi-objects.ts';
import type { CrashPoint } from '../../../support/step-world.ts';

describe.each(['v1beta1', 'v1beta2'] as const)('%s', (version) => {
  test('the control plane is told by annotation, and waited for until the new member votes', async () => {
    const scene = createCapiCase({ version });
    const { draft } = await planOf(scene);
    expect(draft.steps.map(({ kind, risk }) => `${kind} ${risk}`)).toEqual([
      'capi.remediate@1 irreversible',
      'capi.await@1 read',
    ]);
    expect(draft.gates).toMatchObject([{ id: 'delete-machine', kind: 'typed', beforeStep: 0, expect: 'prod-cp-cp-2' }]);
    expect(draft.gates[0]?.title).toContain(`cp-2 (${scene.harness.etcd.member('cp-2').id}, https://10.0.0.12:2380)`);

    expect(await ran(scene)).toMatchObject({ kind: 'done' });
    expect(votersIn(scene)).toEqual(['cp-1', 'cp-3', 'cp-4']);
    expect(scene.harness.acts.map(({ action, observed }) => `${action} ${observed?.result}`)).toEqual([
      'remediate done',
    ]);
    expect(scene.harness.etcd.calls.filter(({ method }) => method === 'removeMember')).toEqual([]);
    expect(scene.harness.outputs[1]).toMatchObject({ added: { peerUrls: ['https://10.0.0.14:2380'] } });
    expect([...scene.harness.cleanups.values()].map(({ done }) => done)).toEqual([true]);
  });
});

test('without a health check that reads the annotation the machine is deleted, by uid and revision', async () => {
  const scene = createCapiCase({ healthCheck: 'absent' });

  expect(await ran(scene)).toMatchObject({ kind: 'done' });
  expect(votersIn(scene)).toEqual(['cp-1', 'cp-3', 'cp-4']);
  expect(scene.harness.acts.map(({ action }) => action)).toEqual(['delete-machine']);
  expect(scene.harness.cleanups.size).toBe(0);
});

describe('it stops before anything is changed', () => {
  test('when the member answers again', async () => {
    const scene = createCapiCase();
    const { draft } = await planOf(scene);
    scene.harness.etcd.heal('cp-2');
    expect(await scene.harness.run(scene.runbook, draft.steps)).toMatchObject({ reason: 'target-recovered' });
    expect(scene.harness.acts).toEqual([]);
  });

  test('when others are connected to the member again, although we do not reach it', async () => {
    const scene = createCapiCase();
    const { draft } = await planOf(scene);
    const { etcd } = scene.harness;
    const { id } = etcd.member('cp-2');
    const peers: typeof etcd.port.peers = async () =>
      await Promise.resolve({ ok: true, value: [{ id, active: true }] });
    Object.assign(etcd.port, { peers });
    const end = await scene.harness.run(scene.runbook, draft.steps);
    expect(end).toMatchObject({ reason: 'target-recovered' });
    expect(end.note).toContain('are connected to it');
    expect(scene.harness.acts).toEqual([]);
  });

  test('when a second member is silent', async () => {
    const scene = createCapiCase();
    const { draft } = await planOf(scene);
    scene.harness.etcd.cut('cp-3');
    expect(await scene.harness.run(scene.runbook, draft.steps)).toMatchObject({ reason: 'second-member-sick' });
    expect(scene.harness.acts).toEqual([]);
  });

  test('when somebody paused the cluster meanwhile, with the reason', async () => {
    const scene = createCapiCase();
    const { draft } = await planOf(scene);
    scene.world.edit(scene.world.cluster, (it) => ({ ...it, spec: { ...Object(it['spec']), paused: true } }));
    const end = await scene.harness.run(scene.runbook, draft.steps);
    expect(end).toMatchObject({ reason: 'controller-refused' });
    expect(end.note).toContain('Cluster prod is paused');
    expect(scene.harness.acts).toEqual([]);
  });

  test('when the machine is another one than was approved', async () => {
    const scene = createCapiCase();
    const { draft } = await planOf(scene);
    scene.world.edit(scene.world.machine('cp-2'), (it) => ({
      ...it,
      metadata: { ...Object(it['metadata']), uid: 'another' },
    }));
    expect(await scene.harness.run(scene.runbook, draft.steps)).toMatchObject({ reason: 'plan-drifted' });
    expect(scene.harness.acts).toEqual([]);
  });

  test('when the health check that would read the annotation is gone', async () => {
    const scene = createCapiCase();
    const { draft } = await planOf(scene);
    scene.world.management.finish({ ...scene.world.cluster, kind: 'MachineHealthCheck', name: 'prod-cp' });
    expect(await scene.harness.run(scene.runbook, draft.steps)).toMatchObject({ reason: 'plan-drifted' });
    expect(scene.harness.acts).toEqual([]);
  });
});

test('a controller that does nothing is told of in its own words, and the request is taken back', async () => {
  const scene = createCapiCase({ standsAt: 'asleep' });
  const { draft } = await planOf(scene);
  const running = scene.harness.run(scene.runbook, draft.steps);
  const end = await running;
  expect(end).toMatchObject({ reason: 'controller-refused', step: 1 });
  expect(end.note).toContain('Nothing was removed');

  expect(annotationOf(scene)).toBe('replace-prod-7f3k');
  expect(await scene.harness.restoreCleanups(scene.runbook)).toEqual(new Map());
  expect(annotationOf(scene)).toBeUndefined();
});

function annotationOf({ world }: CapiCase): string | undefined {
  return world.management.read(world.machine('cp-2'))?.metadata.annotations?.[REMEDIATE_MACHINE];
}

test('a request of somebody else is not taken back', async () => {
  const scene = createCapiCase({ standsAt: 'asleep' });
  const { draft } = await planOf(scene);
  await scene.harness.run(scene.runbook, draft.steps);
  scene.world.edit(scene.world.machine('cp-2'), (it) => annotated(it, REMEDIATE_MACHINE, 'ana'));
  expect(await scene.harness.restoreCleanups(scene.runbook)).toEqual(new Map());
  expect(annotationOf(scene)).toBe('ana');
});

describe('it ends where the controller stands still', () => {
  test.each([
    ['deleting', 'machine-stuck', 'finalizer machine.cluster.x-k8s.io'],
    ['member-removed', 'machine-not-ready', 'no new machine'],
    ['machine-gone', 'machine-not-ready', 'no new machine'],
    ['machine-created', 'member-not-joined', 'its member is not in the list yet'],
    ['joined', 'learner-behind', 'is a learner'],
  ] as const)('at %s: %s', async (standsAt, reason, words) => {
    const scene = createCapiCase({ standsAt });
    const end = await ran(scene);
    expect(end).toMatchObject({ kind: 'stop', reason, step: 1 });
    expect(end.note).toContain(words);
    expect(end.note).toContain('goes on by itself; to hold it: kubectl -n prod annotate');
  });
});

test('a second machine that goes too is somebody else at work', async () => {
  const scene = createCapiCase({ standsAt: 'deleting' });
  const { draft } = await planOf(scene);
  const end = await scene.harness.run(scene.runbook, draft.steps, {
    before: (index) => {
      if (index !== 1) return;
      scene.world.edit(scene.world.machine('cp-3'), (it) => ({
        ...it,
        metadata: { ...Object(it['metadata']), deletionTimestamp: '2026-11-21T10:00:00Z' },
      }));
    },
  });
  expect(end).toMatchObject({ kind: 'stop', reason: 'foreign-operation' });
  expect(end.note).toContain('Machine prod-cp-cp-3 is being deleted too');
});

describe('a worker that dies leaves one request and the same end', () => {
  const points: readonly CrashPoint[] = [
    'cleanup-registered',
    'intent-stored',
    'call-made',
    'observed-stored',
    'cleaned-up',
  ];
  test.each(points.filter((point) => point !== 'cleanup-registered' && point !== 'cleaned-up'))(
    'at %s, told by deletion',
    async (point) => {
      const scene = createCapiCase({ healthCheck: 'absent' });
      scene.harness.crashAt(point, 1);
      expect(await ran(scene)).toMatchObject({ kind: 'done' });
      expect(scene.harness.deaths()).toBe(1);
      expect(votersIn(scene)).toEqual(['cp-1', 'cp-3', 'cp-4']);
      expect(scene.world.management.calls.filter(({ method }) => method === 'delete')).toHaveLength(1);
    },
  );

  test.each(points)('at %s', async (point) => {
    const scene = createCapiCase();
    scene.harness.crashAt(point, 1);
    expect(await ran(scene)).toMatchObject({ kind: 'done' });
    expect(scene.harness.deaths()).toBe(1);
    expect(votersIn(scene)).toEqual(['cp-1', 'cp-3', 'cp-4']);
    const asked = scene.world.management.calls.filter(({ method }) => method === 'patchJson');
    expect(asked).toHaveLength(1);
  });
});

test('an answer that was lost is looked for, and the request is not made twice', async () => {
  const scene = createCapiCase();
  scene.world.management.fail({
    method: 'patchJson',
    error: { code: 'unknown-outcome', message: 'cut' },
    happens: true,
  });
  expect(await ran(scene)).toMatchObject({ kind: 'done' });
  expect(scene.world.management.calls.filter(({ method }) => method === 'patchJson')).toHaveLength(1);
});

test('a machine that changed meanwhile is asked again, at most three times', async () => {
  const scene = createCapiCase({ standsAt: 'asleep' });
  for (let at = 0; at < 3; at += 1)
    scene.world.management.fail({ method: 'patchJson', error: { code: 'conflict', message: 'modified' } });
  expect(await ran(scene)).toMatchObject({ kind: 'stop', reason: 'call-without-effect' });
  expect(scene.world.management.calls.filter(({ method }) => method === 'patchJson')).toHaveLength(3);
});

test('a management cluster that is silent before the request changes nothing', async () => {
  const scene = createCapiCase();
  const { draft } = await planOf(scene);
  for (let at = 0; at < 200; at += 1)
    scene.world.management.fail({ method: 'groupVersions', error: { code: 'unreachable', message: 'no route' } });
  const end = await scene.harness.run(scene.runbook, draft.steps);
  expect(end).toMatchObject({ kind: 'stop', reason: 'access-refused' });
  expect(end.note).toContain('Nothing was changed');
  expect(scene.harness.acts).toEqual([]);
});

test('a machine that somebody else asked for already is left to them', async () => {
  const scene = createCapiCase({ standsAt: 'asleep' });
  scene.world.edit(scene.world.machine('cp-2'), (it) => annotated(it, REMEDIATE_MACHINE, 'ana'));
  const { blocks } = await planOf(scene);
  expect(blocks.map(({ evidence }) => evidence).join()).toContain('already asks to be replaced');
});
