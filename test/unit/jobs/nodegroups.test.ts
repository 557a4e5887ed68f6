import { describe, expect, test } from 'vitest';
import { nodegroups } from '../../../jobs/nodegroups/runbook.ts';
import type { ClusterProfile } from '../../../src/core/cluster-profile.ts';
import { StateReport } from '../../../src/core/state-report.ts';
import { nodeObject } from '../../support/drain-objects.ts';
import { createStepHarness } from '../../support/step-harness.ts';
import { upgradeScene } from '../../support/upgrade-scene.ts';

function sceneOf(platform: ClusterProfile['platform'] = 'kubeadm') {
  const { kubernetes, clock } = upgradeScene();
  kubernetes.put(nodeObject('cp-1'));
  for (const name of ['worker-1', 'worker-2']) kubernetes.put(nodeObject(name));
  return { kubernetes, harness: createStepHarness({ kubernetes: kubernetes.port, clock, cluster: { platform } }) };
}

async function reportOf({ harness }: ReturnType<typeof sceneOf>): Promise<StateReport> {
  const draft = await harness.plan(nodegroups, {});
  expect(draft.checks).toEqual([]);
  expect(await harness.run(nodegroups, draft.steps)).toMatchObject({ kind: 'done' });
  expect(harness.acts).toEqual([]);
  const [output] = harness.outputs;
  return StateReport.parse(
    typeof output === 'object' && output !== null && 'report' in output ? output['report'] : null,
  );
}

describe('groups of nodes', () => {
  test('are told with versions, readiness and who knows them, and nothing is changed', async () => {
    const report = await reportOf(sceneOf());

    expect(report).toMatchObject({ healthy: true, summary: 'prod has 1 group with 2 nodes; all are steady.' });
    expect(report.tables[0]?.rows).toEqual([
      ['nodegroup/workers', 'nodes without a label of a group', 'v1.36.2', '2 of 2 ready', '+0 −1', 'steady'],
    ]);
    expect(report.notes.join(' ')).toContain('labels of the nodes');
  });

  test('whose nodes have several versions say on how many the lowest is, and name the others', async () => {
    const scene = sceneOf();
    scene.kubernetes.put({ ...nodeObject('worker-2'), status: { nodeInfo: { kubeletVersion: 'v1.35.0' } } });
    const report = await reportOf(scene);

    expect(report.tables[0]?.rows[0]?.[2]).toBe('v1.35.0 on 1 of 2');
    expect(report.notes).toContain('Not at v1.35.0 in workers: worker-1.');
  });

  test('that cannot be read are a report that says so', async () => {
    const scene = sceneOf();
    const error = { code: 'forbidden', message: 'nodes is forbidden' } as const;
    scene.kubernetes.fail({ method: 'list', error, times: 9 });

    expect(await reportOf(scene)).toMatchObject({
      healthy: false,
      summary: 'The groups of nodes of prod could not be read: nodes is forbidden.',
    });
  });

  test('of a bare ring there are none', async () => {
    const { harness } = sceneOf('etcd');

    expect((await harness.plan(nodegroups, {})).checks).toMatchObject([{ id: 'applicable', verdict: 'block' }]);
  });
});
