import { describe, expect, test } from 'vitest';
import { nodegroups } from '../../../../jobs/nodegroups/runbook.ts';
import type { JsonObject } from '../../../../src/core/json.ts';
import { findGroup } from '../../../../src/core/node-groups/find-group.ts';
import { unknownGroupWords } from '../../../../src/core/node-groups/words.ts';
import { createUpgradeCase, type UpgradeCase } from '../../../support/capi-upgrade-case.ts';

/** A MachinePool beside the MachineDeployment `prod-md-0`. */
function withPool(name: string, labels: JsonObject = {}): UpgradeCase {
  const scene = createUpgradeCase();
  scene.world.management.put({
    apiVersion: 'cluster.x-k8s.io/v1beta2',
    kind: 'MachinePool',
    metadata: { name, namespace: 'prod', labels: { 'cluster.x-k8s.io/cluster-name': 'prod', ...labels } },
    spec: { clusterName: 'prod', replicas: 1, template: { spec: { version: 'v1.30.6' } } },
  });
  return scene;
}

describe('a node group beside a MachinePool', () => {
  test.each([
    ['md-0', {}],
    ['prod-md-0', {}],
    ['prod-pool-x7', { 'topology.cluster.x-k8s.io/pool-name': 'md-0' }],
  ])('that is called the same (%s) is found by the whole name of its object only', async (pool, labels) => {
    const groups = await withPool(pool, labels).groups();

    expect(findGroup(groups, 'md-0')).toBeUndefined();
    expect(unknownGroupWords('md-0', groups)).toBe(
      `nodegroup/md-0 stands for MachineDeployment prod/prod-md-0 and MachinePool prod/${pool}, and Drydock does not handle MachinePool prod/${pool}: write nodegroup/prod-md-0`,
    );
    expect(findGroup(groups, 'prod-md-0')?.object).toBe('MachineDeployment prod/prod-md-0');
  });

  test('that is called the same is told by who is meant then', async () => {
    const { harness } = withPool('md-0');
    const draft = await harness.plan(nodegroups, {});
    await harness.run(nodegroups, draft.steps);

    expect(harness.outputs).toMatchObject([
      {
        report: {
          notes: expect.arrayContaining([
            'nodegroup/prod-md-0 is MachineDeployment prod-md-0, and not MachinePool prod/md-0.',
          ]),
        },
      },
    ]);
  });

  test('of another name is found by its own', async () => {
    const groups = await withPool('mp-0').groups();

    expect(findGroup(groups, 'md-0')?.object).toBe('MachineDeployment prod/prod-md-0');
  });
});
