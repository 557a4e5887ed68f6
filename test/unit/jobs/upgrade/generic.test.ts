import { describe, expect, test } from 'vitest';
import { genericProvider } from '../../../../jobs/node-groups/generic/provider.ts';
import { providerFor } from '../../../../jobs/node-groups/providers.ts';
import { CORDONED_BY } from '../../../../src/core/drain/view.ts';
import { BLUE, genericScene, genericUpgrade, TO } from '../../../support/generic-scene.ts';
import { planContext } from '../../../support/plan-context.ts';
import { sampleCluster } from '../../../support/sample-cluster.ts';
import type { CrashPoint } from '../../../support/step-world.ts';

/** What is done with each node. */
const NODE_STEPS = ['nodes.cordon@1', 'nodes.drain@1', 'nodes.verify-drained@1', 'generic.came-back@1'] as const;

const WEB = { deployments: [{ name: 'web', replicas: 4, budget: { minAvailable: 3 } }] };

describe('groups by labels', () => {
  test('are those of the known labels, the rest is one group, and control planes are in none', async () => {
    const { harness } = genericScene();
    const found = await genericProvider.discover(planContext(harness));

    expect(
      found.kind === 'groups' ? found.groups.map(({ name, nodes }) => [name, nodes.map((node) => node.name)]) : found,
    ).toEqual([
      ['blue', ['worker-1', 'worker-2']],
      ['workers', ['worker-3']],
    ]);
  });

  test('are asked for wherever nobody else knows groups, and not of a bare ring', () => {
    const sample = sampleCluster();

    expect(providerFor({ ...sample, platform: 'kubeadm' })?.id).toBe('generic');
    expect(providerFor({ ...sample, platform: 'cluster-api' })?.id).not.toBe('generic');
    expect(providerFor({ ...sample, platform: 'etcd' })).toBeNull();
  });
});

describe('an upgrade by whoever owns the machines', () => {
  test('drains node after node, waits for people at each, and ends with all at the target', async () => {
    const { world, plan } = genericScene(WEB);
    const draft = await plan();

    expect(draft.checks.filter(({ verdict }) => verdict === 'block')).toEqual([]);
    expect(draft.steps.map(({ kind }) => kind)).toEqual([...NODE_STEPS, ...NODE_STEPS, 'generic.verify@1']);
    expect(draft.gates.map(({ kind, beforeStep, title }) => [kind, beforeStep, title])).toEqual([
      ['continue', 3, `Replace or upgrade worker-1 now: it is drained, and is to come back at ${TO}`],
      ['continue', 7, `Replace or upgrade worker-2 now: it is drained, and is to come back at ${TO}`],
    ]);
    expect(world.asked).toEqual([]);
  });

  test('never goes below the budget, and leaves no cordon', async () => {
    const { world, run } = genericScene(WEB);

    expect(await run()).toMatchObject({ kind: 'done' });
    expect(world.leastReady('web')).toBeGreaterThanOrEqual(3);
    expect(['worker-1', 'worker-2'].map((node) => world.isCordoned(node))).toEqual([false, false]);
  });

  test('of all the nodes there are: each pod moves to those that are there while its own is away', async () => {
    const { world, plan, run } = genericScene(WEB);
    world.setNode('worker-3', BLUE);
    const { checks } = await plan();

    expect(checks.filter(({ verdict }) => verdict === 'block')).toEqual([]);
    expect(checks.map(({ id }) => id)).not.toContain('places');
    expect(checks.find(({ id }) => id === 'capacity')?.title).toBe('Pods have room elsewhere');
    expect(await run()).toMatchObject({ kind: 'done' });
    expect(world.leastReady('web')).toBeGreaterThanOrEqual(3);
  });

  test('of a node that alone may take its pods is blocked: they would be nowhere until it is back', async () => {
    const { world, plan } = genericScene({ workers: 2, ...WEB });
    world.setNode('worker-2', { spec: { unschedulable: true } });
    const { checks } = await plan();
    const blocking = checks.filter(({ verdict }) => verdict === 'block').map(({ id }) => id);
    expect(blocking).toContain('places');
    expect(blocking).toContain('capacity');
  });

  test('leaves the cordon of somebody else as it promises, and says so', async () => {
    const { world, harness, run } = genericScene(WEB);
    world.setNode('worker-1', { spec: { unschedulable: true } });
    const ended = await run();

    expect(ended).toMatchObject({ kind: 'done' });
    expect(world.isCordoned('worker-1')).toBe(true);
    expect(world.isCordoned('worker-2')).toBe(false);
    expect(harness.acts.filter(({ action }) => action === 'uncordon').map(({ item }) => item)).toEqual(['worker-2']);
    expect(harness.words).toContain(`worker-1 is ready at ${TO}. worker-1 is cordoned by somebody else, and stays so.`);
  });

  test('leaves the cordon of a run that took the node over meanwhile', async () => {
    const { world, run } = genericScene(WEB);
    const ended = await run((node) => {
      const metadata = node === 'worker-1' ? { annotations: { [CORDONED_BY]: 'drain-prod-zzzz' } } : {};
      world.setNode(node, { metadata, status: { nodeInfo: { kubeletVersion: TO } } });
    });

    expect(ended).toMatchObject({ kind: 'done' });
    expect(['worker-1', 'worker-2'].map((node) => world.isCordoned(node))).toEqual([true, false]);
  });

  test('takes a new node in the place of an old one', async () => {
    const { world, run, join, upgraded } = genericScene(WEB);
    const replace = (node: string): void => {
      world.fake.finish({ apiVersion: 'v1', kind: 'Node', namespace: null, name: node });
      join(`${node}-new`);
      upgraded(`${node}-new`);
    };

    expect(await run(replace)).toMatchObject({ kind: 'done' });
  });

  test('ends when nothing came in time, and leaves the node that it waits for cordoned', async () => {
    const { world, harness, run } = genericScene(WEB);
    const ended = await run(() => undefined);

    expect(ended).toMatchObject({ reason: 'not-on-target', step: 3 });
    expect(ended.note).toMatch(/^worker-1: at v1\.36\.\d+, not at v1\.37\.1\.$/);
    await harness.restoreCleanups(genericUpgrade);
    expect(world.isCordoned('worker-1')).toBe(true);
    expect(world.isCordoned('worker-2')).toBe(false);
  });

  test('ends when the node vanishes and no other comes', async () => {
    const { world, run } = genericScene(WEB);
    const vanish = (node: string): void =>
      world.fake.finish({ apiVersion: 'v1', kind: 'Node', namespace: null, name: node });

    expect(await run(vanish)).toMatchObject({
      reason: 'not-on-target',
      note: 'worker-1 is gone; no new node has come yet.',
    });
  });

  test.each([
    ['cleanup-registered', 1],
    ['intent-stored', 2],
    ['call-made', 2],
    ['observed-stored', 3],
    ['cleaned-up', 1],
  ] as const satisfies readonly (readonly [CrashPoint, number])[])(
    'ends the same when a worker dies at %s, the %i. time',
    async (point, nth) => {
      const { world, harness, run } = genericScene(WEB);
      harness.crashAt(point, nth);

      expect(await run()).toMatchObject({ kind: 'done' });
      expect(harness.deaths()).toBe(1);
      expect(new Set(world.asked).size).toBe(world.asked.length);
      expect(world.leastReady('web')).toBeGreaterThanOrEqual(3);
      expect(['worker-1', 'worker-2'].map((node) => world.isCordoned(node))).toEqual([false, false]);
    },
  );

  test('is blocked by a budget that never allows', async () => {
    const { plan } = genericScene({ deployments: [{ name: 'web', replicas: 4, budget: { minAvailable: 4 } }] });
    const draft = await plan();

    expect(draft.steps).toEqual([]);
    expect(
      draft.checks
        .filter(({ verdict }) => verdict === 'block')
        .map(({ evidence }) => evidence)
        .join(),
    ).toContain('web');
  });

  test('undo of it is refused with words', async () => {
    const { harness } = genericScene();
    const answer = await genericProvider.rollback(planContext(harness), {});

    expect(answer).toEqual({ refused: expect.stringContaining('whoever owns the machines') });
  });

  test('marks what it cordons with its run', async () => {
    const { world, harness, run } = genericScene(WEB);
    await run(() => undefined);
    const node = world.fake.read({ apiVersion: 'v1', kind: 'Node', namespace: null, name: 'worker-1' });

    expect(node?.metadata.annotations?.[CORDONED_BY]).toBe('defrag-prod-test');
    expect(harness.acts.filter(({ action }) => action === 'cordon')).toHaveLength(1);
  });
});
