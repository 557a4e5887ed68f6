import { describe, expect, test } from 'vitest';
import { JsonObject } from '../../../../src/core/json.ts';
import { createUpgradeCase, groupRunbook, type UpgradeCase } from '../../../support/capi-upgrade-case.ts';
import { OLD } from '../../../support/capi-upgrade-objects.ts';
import type { UpgradeWorldOptions } from '../../../support/capi-upgrade-world.ts';
import type { HarnessEnd } from '../../../support/step-harness.ts';

const TO = 'v1.31.4';
/** Index of the step that applies: behind the export, the backup and its manifest. */
const APPLY = 3;

/** Plans the control plane, lets something happen, runs it. */
async function ranAfter(
  happens: (scene: UpgradeCase) => void,
  { at = APPLY, ...options }: UpgradeWorldOptions & { readonly at?: number } = {},
): Promise<{ readonly scene: UpgradeCase; readonly end: HarnessEnd }> {
  const scene = createUpgradeCase(options);
  const { draft, blocks } = await scene.plan({ group: 'controlplane', to: TO });
  expect(blocks).toEqual([]);
  const end = await scene.harness.run(groupRunbook, draft.steps, {
    before: (index) => {
      if (index === at) happens(scene);
    },
  });
  return { scene, end };
}

describe('after the approval, before the call:', () => {
  test.each<[string, (scene: UpgradeCase) => void, string]>([
    [
      'the cluster was paused',
      ({ world }) => world.merge(world.cluster, { spec: { paused: true } }),
      'Cluster prod/prod is paused',
    ],
    [
      'a ClusterClass took the cluster over',
      ({ world }) => {
        const workers = { machineDeployments: [] };
        world.merge(world.cluster, { spec: { topology: { classRef: { name: 'quick' }, version: OLD, workers } } });
      },
      'which would take a direct change back',
    ],
    [
      'somebody set another version',
      ({ world }) => {
        world.sleep(true);
        world.merge(world.plane, { spec: { version: 'v1.31.0' } });
      },
      'somebody else changed it',
    ],
    [
      'a machine is being deleted',
      ({ world }) => {
        world.sleep(true);
        world.merge(world.machine('m-cp-1'), { metadata: { deletionTimestamp: '2026-11-21T10:00:00Z' } });
      },
      'Machine m-cp-1 is being deleted',
    ],
    [
      'etcd is not healthy',
      ({ world }) => {
        const etcd = { type: 'EtcdClusterHealthy', status: 'False', reason: 'Unhealthy', message: 'cp-2' };
        world.merge(world.plane, { status: { test: { conditions: [etcd] } } });
      },
      'EtcdClusterHealthy is False: Unhealthy, cp-2',
    ],
    [
      'a node is not ready',
      ({ world }) =>
        world.workload.put({
          ...JSON.parse(
            JSON.stringify(world.workload.read({ apiVersion: 'v1', kind: 'Node', namespace: null, name: 'cp-3' })),
          ),
          status: { nodeInfo: { kubeletVersion: OLD }, conditions: [{ type: 'Ready', status: 'False' }] },
        }),
      'Node cp-3 is not ready',
    ],
  ])('%s: the run drifts, and nothing is set', async (_name, happens, says) => {
    const { scene, end } = await ranAfter(happens);
    expect(end).toMatchObject({ kind: 'stop', reason: 'plan-drifted', step: APPLY });
    expect(end.note).toContain(says);
    expect(scene.harness.acts.filter(({ action }) => action.startsWith('set'))).toEqual([]);
  });

  test('the template was replaced by another one: no copy is made of it', async () => {
    const { scene, end } = await ranAfter(({ world }) => {
      const object = world.read(world.template('prod-cp'));
      world.management.finish(world.template('prod-cp'));
      const { kind, apiVersion, metadata } = object;
      world.management.put({
        apiVersion,
        kind,
        metadata: { name: metadata.name, namespace: 'prod' },
        spec: { template: { spec: {} } },
      });
    });
    expect(end).toMatchObject({ reason: 'plan-drifted' });
    expect(end.note).toContain('DevMachineTemplate prod-cp is another one than was approved');
    expect(scene.harness.acts).toEqual([]);
  });

  test('the objects cannot be stored: nothing is begun', async () => {
    const scene = createUpgradeCase();
    const { draft } = await scene.plan({ group: 'controlplane', to: TO });
    scene.store.fail('keepObjects', { code: 'store', message: 'no room', store: 'full' });
    expect(await scene.harness.run(groupRunbook, draft.steps)).toMatchObject({
      reason: 'backups-unavailable',
      step: 0,
    });
    expect(scene.harness.acts).toEqual([]);
  });
});

describe('while the machines are replaced:', () => {
  test('somebody takes the version back: it is told who, and Ready says nothing', async () => {
    const { end } = await ranAfter(() => undefined, { reverts: true });
    expect(end).toMatchObject({ reason: 'change-reverted' });
    expect(end.note).toContain(
      `KubeadmControlPlane prod-cp is back at ${OLD}, not at ${TO}; last written by argocd-controller at 2026-01-01`,
    );
  });

  test('somebody sets another version', async () => {
    const { end } = await ranAfter(({ world }) => world.merge(world.plane, { spec: { version: 'v1.31.9' } }), {
      at: APPLY + 1,
    });
    expect(end).toMatchObject({ reason: 'change-reverted' });
    expect(end.note).toContain('is at v1.31.9');
  });

  test.each(['booting', 'joining'] as const)(
    'a new machine stays %s: after its time it is told with its words',
    async (stage) => {
      const { scene, end } = await ranAfter(({ world }) => world.stick(stage));
      expect(end).toMatchObject({ reason: 'roll-stalled' });
      expect(end.note).toContain(
        stage === 'booting' ? 'Machine m-cp-4 has had no ready node for 1 min: booting' : 'node not ready',
      );
      expect(Object.keys(scene.world.versions('KubeadmControlPlane'))).toEqual([
        'm-cp-1',
        'm-cp-2',
        'm-cp-3',
        'm-cp-4',
      ]);
    },
  );

  test('a management cluster that does not answer is waited for; one that stays away ends it', async () => {
    const error = { code: 'unreachable', message: 'no route' } as const;
    const away = await ranAfter(({ world }) => world.management.fail({ method: 'list', error, times: 9 }), {
      at: APPLY + 1,
    });
    expect(away.end).toMatchObject({ kind: 'done' });
    const gone = await ranAfter(({ world }) => world.management.fail({ method: 'list', error, times: 9999 }), {
      at: APPLY + 1,
    });
    expect(gone.end).toMatchObject({ reason: 'management-silent' });
    expect(gone.end.note).toContain('no route');
  });

  test.each([
    ['management', 'unreachable', 'management-silent'],
    ['management', 'no-such-kind', 'management-silent'],
    ['management', 'forbidden', 'access-refused'],
    ['workload', 'unreachable', 'cluster-silent'],
    ['workload', 'forbidden', 'access-refused'],
  ] as const)('before the call the %s cluster answers %s: the run ends as %s', async (cluster, code, reason) => {
    const error = { code, message: 'no route' } as const;
    const { end } = await ranAfter(({ world }) => world[cluster].fail({ method: 'list', error, times: 9999 }));
    expect(end).toMatchObject({ reason, step: APPLY });
    expect(end.note).toContain('no route');
  });

  test.each([
    ['unreachable', 'management-silent'],
    ['forbidden', 'access-refused'],
  ] as const)('a template that cannot be read (%s): the run ends as %s', async (code, reason) => {
    const error = { code, message: 'no route' } as const;
    const { end } = await ranAfter(({ world }) => world.management.fail({ method: 'get', error, times: 9999 }));
    expect(end).toMatchObject({ reason, step: APPLY });
  });

  test.each([APPLY + 1, APPLY + 2])('a right that is missing is told as that (step %s)', async (at) => {
    const error = { code: 'forbidden', message: 'machines is forbidden' } as const;
    const { end } = await ranAfter(({ world }) => world.management.fail({ method: 'list', error, times: 9999 }), {
      at,
    });
    expect(end).toMatchObject({ reason: 'access-refused', step: at });
    expect(end.note).toContain('The management cluster could not be looked at (');
    expect(end.note).toContain('machines is forbidden');
  });

  test('the API server restarts with its own machine: that is no failure', async () => {
    const error = { code: 'unreachable', message: 'connection refused' } as const;
    const { scene, end } = await ranAfter(({ world }) => world.workload.fail({ method: 'list', error, times: 12 }), {
      at: APPLY + 1,
    });
    expect(end).toMatchObject({ kind: 'done' });
    expect(scene.harness.words.join('\n')).toContain('connection refused');
  });

  test('a node vanishes: the machine is not counted, and says so', async () => {
    const { scene, end } = await ranAfter(
      ({ world }) => {
        world.sleep(true);
        world.workload.finish({ apiVersion: 'v1', kind: 'Node', namespace: null, name: 'cp-2' });
      },
      { at: APPLY + 1 },
    );
    expect(end).toMatchObject({ reason: 'roll-stalled' });
    expect(scene.harness.words.join('\n')).toContain('cp-2 node gone: cp-2');
  });

  test('a ClusterClass whose topology is set back', async () => {
    const { end } = await ranAfter(
      ({ world }) =>
        world.edit(world.cluster, (object) => ({
          ...object,
          spec: {
            ...JsonObject.parse(object['spec']),
            topology: { class: 'quick', version: OLD, workers: { machineDeployments: [] } },
          },
        })),
      {
        topology: true,
        at: APPLY + 1,
      },
    );
    expect(end).toMatchObject({ reason: 'change-reverted' });
    expect(end.note).toContain(`The topology of Cluster prod is at ${OLD}, not at ${TO}`);
  });
});

test('all machines there, and the owner still denies it: it is not over', async () => {
  const { scene, end } = await ranAfter(({ world }) =>
    world.merge(world.plane, { status: { test: { upToDateReplicas: 2 } } }),
  );
  expect(end).toMatchObject({ reason: 'roll-stalled' });
  expect(scene.harness.words.join('\n')).toContain('prod-cp counts 2 machines up to date and 3 ready');
});
