import { describe, expect, test } from 'vitest';
import { clusterApiProvider } from '../../../../jobs/node-groups/cluster-api/provider.ts';
import type { Leaving } from '../../../../jobs/node-groups/provider.ts';
import { createUpgradeCase, groupRunbook, type UpgradeCase } from '../../../support/capi-upgrade-case.ts';
import { planContext } from '../../../support/plan-context.ts';

const TO = 'v1.30.9';

async function leavingOf(scene: UpgradeCase, name: string): Promise<Leaving> {
  const group = await scene.group(name);
  const order = { to: TO, controlPlaneFirst: true, by: 'T0HOME/U0OPERATOR', backup: null, options: {} };
  return (await clusterApiProvider.plan(planContext(scene.harness), group, order)).leaving;
}

async function forecasts(scene: UpgradeCase, group: string): Promise<string> {
  return (await scene.plan({ group, to: TO, behindControlPlane: true })).draft.forecast.join(' ');
}

describe('drains that Cluster API ends by itself', () => {
  test('none is set: budgets hold', async () => {
    const scene = createUpgradeCase();
    expect(await leavingOf(scene, 'md-0')).toMatchObject({ ends: [] });
    expect(await forecasts(scene, 'md-0')).toContain('each is drained before it goes, and budgets hold the drain.');
  });

  test('set on the template of a node group: said with its time, and in the forecast', async () => {
    const scene = createUpgradeCase();
    const deletion = { nodeDrainTimeoutSeconds: 600 };
    scene.world.merge(scene.world.deployment, { spec: { template: { spec: { deletion } } } });
    const words =
      'Cluster API takes a machine of prod-md-0 10 min after its drain began, whatever budgets say (deletion.nodeDrainTimeoutSeconds of MachineDeployment prod-md-0)';
    expect((await leavingOf(scene, 'md-0')).ends).toEqual([{ afterMs: 600_000, words }]);
    expect(await forecasts(scene, 'md-0')).toContain('budgets hold the drain for 10 min at most');
    expect(await leavingOf(scene, 'controlplane')).toMatchObject({ ends: [] });
  });

  test('set on a control plane of v1beta1, and shorter on one of its machines', async () => {
    const scene = createUpgradeCase({ version: 'v1beta1' });
    scene.world.merge(scene.world.plane, { spec: { machineTemplate: { nodeDrainTimeout: '1h0m0s' } } });
    expect((await leavingOf(scene, 'controlplane')).ends).toMatchObject([{ afterMs: 3_600_000 }]);
    expect(await forecasts(scene, 'controlplane')).toContain('budgets hold the drain for 1 h at most');
    scene.world.merge(scene.world.machine('m-cp-1'), { spec: { nodeDrainTimeout: '90s' } });
    expect((await leavingOf(scene, 'controlplane')).ends).toMatchObject([
      { afterMs: 90_000, words: expect.stringContaining('(nodeDrainTimeout of Machine m-cp-1)') },
    ]);
  });

  test('set in a topology, before its controller has passed it on', async () => {
    const scene = createUpgradeCase({ topology: true });
    const machineDeployments = [
      { class: 'worker', name: 'md-0', replicas: 3, deletion: { nodeDrainTimeoutSeconds: 5 } },
    ];
    scene.world.merge(scene.world.cluster, { spec: { topology: { workers: { machineDeployments } } } });
    expect((await leavingOf(scene, 'md-0')).ends).toMatchObject([
      { afterMs: 5000, words: expect.stringContaining('of the topology of Cluster prod') },
    ]);
  });

  test('a machine that is never drained is named', async () => {
    const scene = createUpgradeCase();
    scene.world.merge(scene.world.machine('m-cp-2'), {
      metadata: { annotations: { 'machine.cluster.x-k8s.io/exclude-node-draining': '' } },
    });
    expect((await leavingOf(scene, 'controlplane')).ends).toMatchObject([
      {
        afterMs: 0,
        words: expect.stringContaining('Machine m-cp-2 carries machine.cluster.x-k8s.io/exclude-node-draining'),
      },
    ]);
    expect(await forecasts(scene, 'controlplane')).toContain('except those that are marked to go without a drain');
  });

  test.each([
    ['set', null, 600],
    ['made shorter', 600, 60],
  ])('%s behind the plan: nothing is begun', async (_what, before, after) => {
    const scene = createUpgradeCase();
    const set = (seconds: number): void => {
      const deletion = { nodeDrainTimeoutSeconds: seconds };
      scene.world.merge(scene.world.plane, { spec: { machineTemplate: { spec: { deletion } } } });
    };
    if (before !== null) set(before);
    const { draft, blocks } = await scene.plan({ group: 'controlplane', to: TO });
    expect(blocks).toEqual([]);
    set(after);
    expect(await scene.harness.run(groupRunbook, draft.steps)).toMatchObject({
      reason: 'plan-drifted',
      note: expect.stringContaining(
        'Since the plan was made, drains end by themselves: Cluster API takes a machine of prod-cp',
      ),
    });
    expect(scene.world.read(scene.world.plane)['spec']).toMatchObject({ version: 'v1.30.6' });
  });

  test('as it was approved, the upgrade goes on', async () => {
    const scene = createUpgradeCase();
    const deletion = { nodeDrainTimeoutSeconds: 600 };
    scene.world.merge(scene.world.plane, { spec: { machineTemplate: { spec: { deletion } } } });
    const { draft } = await scene.plan({ group: 'controlplane', to: TO });
    expect(await scene.harness.run(groupRunbook, draft.steps)).toMatchObject({ kind: 'done' });
  });
});
