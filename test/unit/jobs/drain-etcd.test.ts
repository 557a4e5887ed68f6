import { describe, expect, test } from 'vitest';
import { drain } from '../../../jobs/drain/runbook.ts';
import { CORDONED_BY } from '../../../src/core/drain/view.ts';
import type { PlanDraft } from '../../../src/core/runbook.ts';
import { controlledBy, podObject } from '../../support/drain-objects.ts';
import { drainParams } from '../../support/drain-params.ts';
import { type DrainScene, drainScene } from '../../support/drain-scene.ts';

async function plan(scene: DrainScene, nodes: string[]): Promise<PlanDraft> {
  return await scene.harness.plan(drain, drainParams({ nodes }));
}

function verdicts(draft: PlanDraft): readonly string[] {
  return draft.checks.flatMap(({ id, verdict }) => (verdict === 'pass' ? [] : [`${id}: ${verdict}`]));
}

/** Members of etcd on cp-1, cp-2, …: whether each is ready. */
function withEtcd(scene: DrainScene, ready: readonly boolean[]): DrainScene {
  for (const [at, isReady] of ready.entries()) {
    const node = `cp-${at + 1}`;
    const labels = { component: 'etcd', tier: 'control-plane' };
    const annotations = { 'kubernetes.io/config.mirror': 'x' };
    scene.world.addPod(
      podObject({ namespace: 'kube-system', name: `etcd-${node}`, node, labels, annotations, ready: isReady }),
    );
  }
  return scene;
}

/** As a run of Drydock leaves a node that it drained. */
const DRAINED = {
  spec: { unschedulable: true },
  metadata: { annotations: { [CORDONED_BY]: 'drain-prod-7f3k' } },
} as const;
const CORDONED = { spec: { unschedulable: true } } as const;

describe('a node with a member of etcd', () => {
  test('is drained while the others are well, with words on the quorum', async () => {
    const scene = withEtcd(drainScene({ controlPlanes: 3 }), [true, true, true]);
    const draft = await plan(scene, ['cp-1']);

    expect(draft.checks.find(({ id }) => id === 'etcd')).toMatchObject({
      verdict: 'warn',
      evidence: expect.stringContaining('the others would be 2, and 2 are needed'),
    });
  });

  test('is refused while another member is not ready', async () => {
    const scene = withEtcd(drainScene({ controlPlanes: 3 }), [true, false, true]);

    expect(verdicts(await plan(scene, ['cp-1']))).toContain('etcd: block');
  });

  test('is refused while another control-plane node is not ready', async () => {
    const scene = withEtcd(drainScene({ controlPlanes: 3 }), [true, true, true]);
    scene.world.setNode('cp-3', { status: { conditions: [{ type: 'Ready', status: 'Unknown' }] } });

    expect(verdicts(await plan(scene, ['cp-1']))).toContain('etcd: block');
  });

  test('is refused together with a second one of three', async () => {
    const scene = withEtcd(drainScene({ controlPlanes: 3 }), [true, true, true]);

    expect(verdicts(await plan(scene, ['cp-1', 'cp-2']))).toContain('etcd: block');
  });

  test('is refused while a member of three is on a node that a run drained before', async () => {
    const scene = withEtcd(drainScene({ controlPlanes: 3 }), [true, true, true]);
    scene.world.setNode('cp-1', DRAINED);

    expect((await plan(scene, ['cp-2'])).checks.find(({ id }) => id === 'etcd')).toMatchObject({
      verdict: 'block',
      title: 'etcd would lose its quorum',
      evidence:
        '1 of 3 members of etcd run there; away as well is etcd-cp-1 on cp-1, by the cordon there (`/kube uncordon` when that is over); the others would be 1, and 2 are needed; bring it back first',
    });
    expect(verdicts(await plan(scene, ['cp-1']))).toContain('etcd: warn');
  });

  test('is drained where control planes are always cordoned, with the names of those that count as there', async () => {
    const scene = withEtcd(drainScene({ controlPlanes: 3 }), [true, true, true]);
    for (const node of ['cp-1', 'cp-2', 'cp-3']) scene.world.setNode(node, CORDONED);
    const draft = await plan(scene, ['cp-2']);

    expect(draft.checks.find(({ id }) => id === 'etcd')).toMatchObject({
      verdict: 'warn',
      evidence: expect.stringContaining(
        'etcd-cp-1 on cp-1, etcd-cp-3 on cp-3 are on nodes that others keep cordoned, and count as there: make sure that nobody is about to stop their machines, also after an earlier drain; the others would be 2, and 2 are needed',
      ),
    });
  });

  test('and the drain itself goes on there', async () => {
    const scene = withEtcd(drainScene({ controlPlanes: 3 }), [true, true, true]);
    for (const node of ['cp-1', 'cp-3']) scene.world.setNode(node, CORDONED);
    const pod = podObject({ name: 'api-1', node: 'cp-2', owner: controlledBy('apps/v1', 'ReplicaSet', 'api', 'api') });
    scene.world.addPod(pod);
    const metadata = { namespace: 'web', name: 'api', uid: 'api' };
    scene.world.fake.put({ apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata, spec: { replicas: 1 }, status: {} });
    const draft = await plan(scene, ['cp-2']);

    expect(await scene.harness.run(drain, draft.steps)).toMatchObject({ kind: 'done' });
    expect(scene.world.asked).toHaveLength(1);
  });

  test('is drained while one of five is on a node that a run drained, and is told', async () => {
    const scene = withEtcd(drainScene({ controlPlanes: 5 }), [true, true, true, true, true]);
    scene.world.setNode('cp-1', DRAINED);

    expect((await plan(scene, ['cp-2'])).checks.find(({ id }) => id === 'etcd')).toMatchObject({
      verdict: 'warn',
      evidence: expect.stringContaining('the others would be 3, and 3 are needed'),
    });
    expect(verdicts(await plan(scene, ['cp-2', 'cp-3']))).toContain('etcd: block');
  });

  test('is not drained when another one was cordoned, or fell ill, between the plan and the first eviction', async () => {
    for (const change of [DRAINED, CORDONED, { status: { conditions: [{ type: 'Ready', status: 'False' }] } }]) {
      const scene = withEtcd(drainScene({ controlPlanes: 3 }), [true, true, true]);
      const draft = await plan(scene, ['cp-2']);
      scene.world.setNode('cp-1', change);
      const end = await scene.harness.run(drain, draft.steps);
      await scene.harness.restoreCleanups(drain);

      expect(end).toMatchObject({ kind: 'stop', reason: 'plan-drifted', note: expect.stringContaining('quorum') });
      expect(scene.world.asked).toEqual([]);
      expect(scene.world.isCordoned('cp-2')).toBe(false);
    }
  });
});
