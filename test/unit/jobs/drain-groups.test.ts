import { describe, expect, test } from 'vitest';
import { drain } from '../../../jobs/drain/runbook.ts';
import { JsonObject } from '../../../src/core/json.ts';
import type { PlanDraft } from '../../../src/core/runbook.ts';
import { treeAt } from '../../fakes/kubernetes-fields.ts';
import { createUpgradeCase } from '../../support/capi-upgrade-case.ts';
import { nodeObject } from '../../support/drain-objects.ts';
import { type DrainAsk, drainParams } from '../../support/drain-params.ts';
import { type DrainScene, drainScene } from '../../support/drain-scene.ts';
import type { DrainWorldOptions } from '../../support/drain-world.ts';

const NGINX = { name: 'nginx', replicas: 10, budget: { minAvailable: 8 } } as const;
const POOL = 'karpenter.sh/nodepool';
const BLUE: DrainAsk = { nodes: [], groups: ['blue'] };
const BY_LABEL: DrainAsk = { nodes: [], selector: [{ key: POOL, value: 'blue', is: true }] };

/** Four workers, of which the first two are `blue`. */
function groupScene(options: DrainWorldOptions = {}): DrainScene {
  const scene = drainScene({ deployments: [NGINX], workers: 4, ...options });
  for (const name of ['worker-1', 'worker-2']) scene.world.setNode(name, { metadata: { labels: { [POOL]: 'blue' } } });
  return scene;
}

async function plan(scene: DrainScene, ask: DrainAsk): Promise<PlanDraft> {
  return await scene.harness.plan(drain, drainParams(ask));
}

/** A further node of the group comes. */
function join(scene: DrainScene): void {
  scene.world.fake.put(nodeObject('worker-9'));
  scene.world.setNode('worker-9', { metadata: { labels: { [POOL]: 'blue' } } });
}

function blocking(draft: PlanDraft): readonly string[] {
  return draft.checks.flatMap(({ id, verdict, evidence }) => (verdict === 'block' ? [`${id}: ${evidence}`] : []));
}

describe('the plan of a drain of a group', () => {
  test.each<[string, DrainAsk]>([
    ['by its name', BLUE],
    ['by a selector', BY_LABEL],
  ])('%s: its nodes with their uids, and what a node that comes later fits', async (_, ask) => {
    const scene = groupScene();
    const draft = await plan(scene, ask);

    expect(draft.steps.map(({ kind, items }) => [kind, items])).toEqual([
      ['nodes.cordon@1', ['worker-1', 'worker-2']],
      ['nodes.drain@1', ['worker-1', 'worker-2']],
      ['nodes.verify-drained@1', []],
    ]);
    expect(draft.facts).toMatchObject({ drain: { nodes: [{ name: 'worker-1' }, { name: 'worker-2' }] } });
    expect(draft.notes.join(' ')).toContain('A node that appears later and fits');
    expect(blocking(draft)).toEqual([]);
  });

  test('several groups, beside nodes, each once; the groups are locked too', async () => {
    const scene = groupScene();
    const draft = await plan(scene, { nodes: ['worker-3', 'worker-1'], groups: ['blue', 'workers', 'blue'] });

    expect(draft.locks).toEqual([`node-group/label/${POOL}/blue`, 'node-group/label/workers']);
    // Everything that could take the pods is drained itself.
    expect(draft.facts).toMatchObject({
      drain: { nodes: ['worker-1', 'worker-2', 'worker-3', 'worker-4'].map((name) => ({ name })) },
    });
    expect(draft.checks.find(({ id }) => id === 'places')).toEqual({
      id: 'places',
      verdict: 'block',
      title: 'No other node that is ready may take these pods',
      evidence: 'Deployment web/nginx (10 pods)',
    });
  });

  test.each<[string, DrainAsk, readonly string[]]>([
    ['a group that does not exist', { ...BLUE, groups: ['bleu'] }, ['did you mean nodegroup/blue']],
    ['the control plane as a group', { ...BLUE, groups: ['controlplane'] }, ['there is no nodegroup/controlplane']],
    [
      'a selector that nothing fits',
      { nodes: [], selector: [{ key: 'pool', value: 'red', is: true }] },
      ['nodes: the cluster has cp-1, worker-1'],
    ],
    ['nothing at all', { nodes: [] }, ['nothing was named']],
  ])('%s is refused', async (_, ask, words) => {
    const draft = await plan(groupScene(), ask);

    expect(draft.steps).toEqual([]);
    for (const each of words) expect(blocking(draft).join()).toContain(each);
  });

  test('more nodes than one run takes: no eviction is asked for, not even as a dry run', async () => {
    const scene = groupScene({ workers: 60, deployments: [{ name: 'nginx', replicas: 4 }] });
    const draft = await plan(scene, { ...BLUE, groups: ['workers'] });

    expect(blocking(draft)).toEqual(['nodes: 58 nodes, 50 at most; narrow it by a selector, or name nodes']);
    expect(scene.world.fake.calls.filter(({ method }) => method === 'evict')).toEqual([]);
  });

  test('a group that is not well is drained with a warning', async () => {
    const scene = groupScene();
    scene.world.setNode('worker-1', { status: { conditions: [{ type: 'Ready', status: 'False' }] } });
    const draft = await plan(scene, BLUE);

    expect(draft.checks).toContainEqual(expect.objectContaining({ id: 'group', verdict: 'warn' }));
    expect(draft.steps).toHaveLength(3);
  });
});

describe('a node that appears and fits', () => {
  test('before the first eviction: the run ends, nothing was evicted, and the nodes take pods again', async () => {
    const scene = groupScene();
    const { steps } = await plan(scene, BLUE);
    const end = await scene.harness.run(drain, steps, { before: (index) => (index === 1 ? join(scene) : undefined) });
    await scene.harness.restoreCleanups(drain);

    expect(end).toMatchObject({
      reason: 'plan-drifted',
      note: 'Node worker-9 is new and fits nodegroup/blue.',
    });
    expect(scene.world.asked).toEqual([]);
    expect(scene.world.isCordoned('worker-1')).toBe(false);
  });

  test.each<[string, DrainAsk, string]>([
    ['a group', BLUE, 'nodegroup/blue'],
    ['a selector', BY_LABEL, `--selector ${POOL}=blue`],
  ])(
    'in the middle, by %s: the others are drained and stay so, it is left alone, and people are asked',
    async (_, ask, fits) => {
      const scene = groupScene();
      const { steps } = await plan(scene, ask);
      scene.world.afterFirst(() => join(scene));
      const end = await scene.harness.run(drain, steps);
      await scene.harness.restoreCleanups(drain);

      expect(end).toMatchObject({
        reason: 'plan-drifted',
        note: `worker-1 and worker-2 are drained and cordoned, and stay so. But node worker-9 is new and fits ${fits}: it was left alone. An autoscaler that makes up for drained nodes does this each time: stop it first, or leave the new ones.`,
      });
      expect([scene.world.podsOn('worker-1'), scene.world.podsOn('worker-2')]).toEqual([[], []]);
      expect(['worker-1', 'worker-2', 'worker-9'].map((name) => scene.world.isCordoned(name))).toEqual([
        true,
        true,
        false,
      ]);
      expect(scene.world.leastReady('nginx')).toBeGreaterThanOrEqual(8);

      const again = await plan(scene, ask);
      expect(again.facts).toMatchObject({
        drain: { nodes: ['worker-1', 'worker-2', 'worker-9'].map((name) => ({ name })) },
      });
    },
  );

  test('beside a pod that is not waited for: the end names both', async () => {
    const scene = groupScene();
    const [pod = ''] = scene.world.podsOn('worker-1');
    scene.world.stuck.add(pod);
    const { steps } = await plan(scene, { ...BLUE, skipEndingMs: 60_000 });
    scene.world.afterFirst(() => join(scene));
    const { reason, note } = await scene.harness.run(drain, steps);

    expect(reason).toBe('plan-drifted');
    expect(note).toContain('node worker-9 is new');
    expect(note).toContain(`Not waited for: web/${pod} on worker-1; its process may still run there.`);
  });

  test.each(['intent-stored', 'call-made', 'observed-stored', 'cleaned-up'] as const)(
    'a worker that dies at %s changes nothing of that',
    async (point) => {
      const scene = groupScene();
      const { steps } = await plan(scene, BLUE);
      scene.world.afterFirst(() => join(scene));
      scene.harness.crashAt(point, point === 'cleaned-up' ? 1 : 3);
      const end = await scene.harness.run(drain, steps);
      await scene.harness.restoreCleanups(drain);

      expect(scene.harness.deaths()).toBe(1);
      expect(end).toMatchObject({ reason: 'plan-drifted', note: expect.stringContaining('it was left alone') });
      expect(['worker-1', 'worker-2', 'worker-9'].map((name) => scene.world.isCordoned(name))).toEqual([
        true,
        true,
        false,
      ]);
    },
  );

  test('and goes again is forgotten', async () => {
    const scene = groupScene();
    const { steps } = await plan(scene, BLUE);
    scene.world.afterFirst(() => join(scene));
    scene.world.later(5000, () =>
      scene.world.fake.finish({ apiVersion: 'v1', kind: 'Node', namespace: null, name: 'worker-9' }),
    );

    expect(await scene.harness.run(drain, steps)).toMatchObject({ kind: 'done' });
  });
});

describe('a group of Cluster API', () => {
  const OWNER = { 'cluster.x-k8s.io/owner-kind': 'MachineSet', 'cluster.x-k8s.io/owner-name': 'prod-md-0-x7k2p' };

  test('is told by the owner of its machines, where every node says it and no other does', async () => {
    const scene = createUpgradeCase();
    for (const name of ['w-1', 'w-2', 'w-3']) {
      const node = JsonObject.parse(
        scene.world.workload.read({ apiVersion: 'v1', kind: 'Node', namespace: null, name }),
      );
      const metadata = treeAt(node, 'metadata');
      scene.world.workload.put({
        ...node,
        metadata: { ...metadata, annotations: { ...treeAt(metadata, 'annotations'), ...OWNER } },
      });
    }
    const [plane, workers] = await scene.groups();

    expect([plane?.mark, workers?.mark]).toEqual([null, { by: 'machine-deployment', name: 'prod-md-0' }]);
  });

  test('is drained by names where its nodes say nothing', async () => {
    const [, workers] = await createUpgradeCase().groups();

    expect(workers?.mark).toBeNull();
  });
});
