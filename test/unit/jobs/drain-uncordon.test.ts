import { describe, expect, test } from 'vitest';
import { type DrainedNode, nodeRef } from '../../../jobs/steps/drain/drained-node.ts';
import { uncordonStep } from '../../../jobs/steps/drain/uncordon-step.ts';
import { uncordon } from '../../../jobs/uncordon/runbook.ts';
import { CORDONED_BY } from '../../../src/core/drain/view.ts';
import { createDrainWorld, type DrainWorld } from '../../support/drain-world.ts';
import { createStepHarness, type StepHarness } from '../../support/step-harness.ts';

function scene(): { readonly world: DrainWorld; readonly harness: StepHarness } {
  const world = createDrainWorld();
  const cluster = { platform: 'kubeadm' } as const;
  return { world, harness: createStepHarness({ kubernetes: world.port, clock: world.clock, cluster }) };
}

function nodesOf({ world }: ReturnType<typeof scene>, ...names: readonly string[]): DrainedNode[] {
  return names.map((name) => ({ name, uid: world.fake.read(nodeRef(name))?.metadata.uid ?? '' }));
}

const CORDONED = { spec: { unschedulable: true } } as const;

async function planned(nodes: readonly string[], { harness }: ReturnType<typeof scene>) {
  return await harness.plan(uncordon, { nodes: [...nodes] });
}

describe('the plan', () => {
  test('says who cordoned a node: a run by its mark, or somebody else', async () => {
    const given = scene();
    given.world.setNode('worker-1', CORDONED);
    given.world.setNode('worker-2', { ...CORDONED, metadata: { annotations: { [CORDONED_BY]: 'drain-prod-1' } } });

    const draft = await planned(['worker-1', 'worker-2', 'worker-3'], given);

    expect(draft.before[0]?.rows.map(([node, by]) => [node, by])).toEqual([
      ['worker-1', 'somebody else: it has no mark of Drydock'],
      ['worker-2', 'drain-prod-1'],
    ]);
    expect(draft.steps).toMatchObject([
      { kind: 'nodes.uncordon@1', risk: 'reversible', items: ['worker-1', 'worker-2'] },
    ]);
    expect(draft.notes).toEqual(['Left alone, because pods are placed there already: worker-3.']);
    expect(draft.checks).toEqual([]);
  });

  test('nodes that take pods need nothing', async () => {
    const draft = await planned(['worker-1'], scene());

    expect(draft.steps).toEqual([]);
    expect(draft.checks).toEqual([]);
  });

  test('a name that no node has blocks, with the nearest one', async () => {
    const draft = await planned(['worker-1', 'workr-2'], scene());

    expect(draft.checks).toEqual([
      {
        id: 'nodes',
        verdict: 'block',
        title: 'Not every node is there',
        evidence: 'there is no node workr-2 (worker-2?); the cluster has cp-1, worker-1, worker-2, worker-3',
      },
    ]);
    expect(draft.steps).toEqual([]);
  });

  test('a node that is sick, or about to be taken away, is warned of', async () => {
    const given = scene();
    given.world.setNode('worker-1', {
      spec: { unschedulable: true, taints: [{ key: 'karpenter.sh/disrupted', effect: 'NoSchedule' }] },
      status: { conditions: [{ type: 'Ready', status: 'Unknown' }] },
    });

    const draft = await planned(['worker-1'], given);

    expect(draft.checks.map(({ id, verdict }) => [id, verdict])).toEqual([
      ['ready', 'warn'],
      ['leaving', 'warn'],
    ]);
  });

  test('a bare ring has no nodes', async () => {
    const harness = createStepHarness();
    const draft = await harness.plan(uncordon, { nodes: ['worker-1'] });

    expect(draft.checks).toMatchObject([{ id: 'applicable', verdict: 'block' }]);
  });

  test.each([
    ['forbidden', 'access'],
    ['unreachable', 'reachable'],
  ] as const)('an API server that answers %s blocks as %s', async (code, id) => {
    const given = scene();
    given.world.fake.fail({ method: 'list', error: { code, message: 'no' }, times: 9 });

    expect((await planned(['worker-1'], given)).checks).toMatchObject([{ id, verdict: 'block' }]);
  });
});

describe('the step', () => {
  test('opens the nodes and takes the mark away', async () => {
    const given = scene();
    given.world.setNode('worker-1', CORDONED);
    given.world.setNode('worker-2', { ...CORDONED, metadata: { annotations: { [CORDONED_BY]: 'drain-prod-1' } } });
    const { steps } = await planned(['worker-1', 'worker-2'], given);

    const end = await given.harness.run(uncordon, steps);

    expect(end).toMatchObject({ kind: 'done', note: 'worker-1 and worker-2 may take pods again.' });
    expect([given.world.isCordoned('worker-1'), given.world.isCordoned('worker-2')]).toEqual([false, false]);
    const node = given.world.fake.read({ apiVersion: 'v1', kind: 'Node', namespace: null, name: 'worker-2' });
    expect(node?.metadata.annotations?.[CORDONED_BY]).toBeUndefined();
  });

  test('for one run: what somebody else cordoned by now is drift, and stays so', async () => {
    const given = scene();
    const cordonedBy = (node: string, run: string): void =>
      given.world.setNode(node, { ...CORDONED, metadata: { annotations: { [CORDONED_BY]: run } } });
    for (const node of ['worker-1', 'worker-2']) cordonedBy(node, 'drain-prod-7f3k');
    const own = [uncordonStep.plan({ nodes: nodesOf(given, 'worker-1', 'worker-2'), run: 'drain-prod-7f3k' })];
    cordonedBy('worker-2', 'drain-prod-zzzz');

    expect(await given.harness.run(uncordon, own)).toMatchObject({
      kind: 'stop',
      reason: 'plan-drifted',
      note: 'worker-2 is cordoned by drain-prod-zzzz, and stays so.',
    });
    expect([given.world.isCordoned('worker-1'), given.world.isCordoned('worker-2')]).toEqual([false, true]);
  });

  test('for one run: a mark that changes right before the call is not taken away', async () => {
    const given = scene();
    given.world.setNode('worker-1', { ...CORDONED, metadata: { annotations: { [CORDONED_BY]: 'drain-prod-7f3k' } } });
    const own = [uncordonStep.plan({ nodes: nodesOf(given, 'worker-1'), run: 'drain-prod-7f3k' })];
    const get = given.world.port.get.bind(given.world.port);
    let looks = 0;
    given.world.port.get = async (...args) => {
      const got = await get(...args);
      looks += 1;
      if (looks === 1)
        given.world.setNode('worker-1', { metadata: { annotations: { [CORDONED_BY]: 'drain-prod-zzzz' } } });
      return got;
    };

    expect(await given.harness.run(uncordon, own)).toMatchObject({ kind: 'stop', reason: 'plan-drifted' });
    expect(given.world.isCordoned('worker-1')).toBe(true);
  });

  test('a node that vanished ends it, and says so', async () => {
    const given = scene();
    given.world.setNode('worker-1', CORDONED);
    const { steps } = await planned(['worker-1'], given);
    given.world.fake.finish({ apiVersion: 'v1', kind: 'Node', namespace: null, name: 'worker-1' });

    expect(await given.harness.run(uncordon, steps)).toMatchObject({ kind: 'stop', reason: 'node-gone' });
  });

  test('a node that somebody else changes in between is looked at anew, and opened', async () => {
    const given = scene();
    given.world.setNode('worker-1', CORDONED);
    const { steps } = await planned(['worker-1'], given);
    given.world.fake.fail({ method: 'patchMerge', error: { code: 'conflict', message: 'changed' }, times: 2 });

    expect(await given.harness.run(uncordon, steps)).toMatchObject({ kind: 'done' });
    expect(given.world.isCordoned('worker-1')).toBe(false);
  });

  test.each(['intent-stored', 'call-made', 'observed-stored'] as const)(
    'a worker that dies at %s is followed by one that looks first',
    async (point) => {
      const given = scene();
      given.world.setNode('worker-1', CORDONED);
      given.world.setNode('worker-2', CORDONED);
      const { steps } = await planned(['worker-1', 'worker-2'], given);
      given.harness.crashAt(point, 1);

      expect(await given.harness.run(uncordon, steps)).toMatchObject({ kind: 'done' });
      expect(given.harness.deaths()).toBe(1);
      expect(given.world.fake.calls.filter(({ method }) => method === 'patchMerge')).toHaveLength(2);
      expect([given.world.isCordoned('worker-1'), given.world.isCordoned('worker-2')]).toEqual([false, false]);
    },
  );

  test('an API server that stays away ends it after two minutes', async () => {
    const given = scene();
    given.world.setNode('worker-1', CORDONED);
    const { steps } = await planned(['worker-1'], given);
    given.world.fake.fail({ method: 'patchMerge', error: { code: 'unreachable', message: 'no route' }, times: 999 });
    const beganMs = given.world.clock.nowMs();

    expect(await given.harness.run(uncordon, steps)).toMatchObject({ kind: 'stop', reason: 'access-refused' });
    expect(given.world.clock.nowMs() - beganMs).toBeLessThan(3 * 60_000);
    expect(given.world.isCordoned('worker-1')).toBe(true);
  });
});
