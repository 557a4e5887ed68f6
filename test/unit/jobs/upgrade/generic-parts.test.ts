import { describe, expect, test } from 'vitest';
import { genericProvider } from '../../../../jobs/node-groups/generic/provider.ts';
import { podObject } from '../../../support/drain-objects.ts';
import { genericScene, genericUpgrade, TO } from '../../../support/generic-scene.ts';

const WEB = { deployments: [{ name: 'web', replicas: 4 }] };

describe('each part of the seam that the generic provider has', () => {
  test('discover, preflight and plan: three checks of its own, then each node in its turn, and a look at all of them', async () => {
    const draft = await genericScene(WEB).plan();

    expect(draft.checks.flatMap(({ id, verdict }) => (id.startsWith('generic-') ? [`${id}: ${verdict}`] : []))).toEqual(
      ['generic-nodes: pass', 'generic-changing: pass', 'generic-servers: pass'],
    );
    expect(draft.steps.map(({ kind }) => kind).slice(-2)).toEqual(['generic.came-back@1', 'generic.verify@1']);
  });

  test('preflight: a node that is being deleted, and an API server that is still older, block', async () => {
    const { world, plan } = genericScene(WEB);
    world.setNode('worker-2', { metadata: { deletionTimestamp: '2026-01-01T02:00:00Z', finalizers: ['x/y'] } });
    world.addPod(
      podObject({
        namespace: 'kube-system',
        name: 'kube-apiserver-cp-1',
        node: 'cp-1',
        labels: { component: 'kube-apiserver' },
        annotations: { 'kubernetes.io/config.mirror': 'x' },
        spec: {
          containers: [{ name: 'kube-apiserver', image: 'registry.k8s.io/kube-apiserver:v1.36.2@sha256:abc' }],
        },
      }),
    );
    const draft = await plan();

    expect(draft.steps).toEqual([]);
    expect(draft.checks.flatMap(({ id, verdict }) => (verdict === 'block' ? [id] : []))).toEqual([
      'generic-changing',
      'generic-servers',
    ]);
  });

  test('apply is the drain, poll is the watch of the gate, verify is the last step', async () => {
    const { world, plan, run } = genericScene(WEB);
    const [gate] = (await plan()).gates;

    expect(gate?.watch?.kind).toBe('generic.node-came-back@1');
    expect(genericProvider.watches.map(({ kind }) => kind)).toContain(gate?.watch?.kind);
    expect(await run()).toMatchObject({ kind: 'done' });
    expect(world.asked.length).toBeGreaterThan(0);
  });

  test('the end has the state of all nodes', async () => {
    const { harness, run } = genericScene(WEB);
    await run();

    expect(harness.outputs.at(-1)).toMatchObject({
      report: {
        healthy: true,
        summary: `nodegroup/blue of prod: every machine and node is at ${TO}.`,
        tables: [expect.objectContaining({ rows: expect.arrayContaining([expect.arrayContaining(['worker-1'])]) })],
      },
    });
  });

  test('stop takes back the cordon of a node whose drain is under way', async () => {
    const { world, harness, plan } = genericScene(WEB);
    const { steps } = await plan();
    world.stuck.add(world.podsOn('worker-1')[0] ?? '');
    const end = await harness.run(genericUpgrade, steps);
    await harness.restoreCleanups(genericUpgrade);

    expect(end).toMatchObject({ reason: 'pod-stuck' });
    expect(world.isCordoned('worker-1')).toBe(false);
  });
});

describe('a node of the group that appears in the middle', () => {
  test('at the version of before: it is told at once, left alone, and the end is no success', async () => {
    const { world, harness, plan, run, upgraded, join } = genericScene(WEB);
    const end = await run((node) => {
      upgraded(node);
      if (node === 'worker-1') join('worker-9');
    });

    expect(end).toMatchObject({
      reason: 'not-on-target',
      note: `Node worker-9 is at v1.36.2, not at ${TO}, and came after the plan was made.`,
    });
    expect(JSON.stringify(harness.outputs)).toContain('worker-9 came at v1.36.2 and is not part of this run');
    expect(world.isCordoned('worker-9')).toBe(false);
    // Asking again is about the rest only.
    const again = await plan();
    expect(again.steps.flatMap(({ kind, items }) => (kind === 'nodes.drain@1' ? items : []))).toEqual(['worker-9']);
  });

  test('at the target: it counts', async () => {
    const { run, upgraded, join } = genericScene(WEB);
    const end = await run((node) => {
      upgraded(node);
      join('worker-9');
      upgraded('worker-9');
    });

    expect(end).toMatchObject({ kind: 'done' });
  });

  test('and comes to the target within two minutes: it counts', async () => {
    const { world, run, upgraded, join } = genericScene(WEB);
    const end = await run((node) => {
      upgraded(node);
      if (node !== 'worker-2') return;
      join('worker-9');
      world.later(90_000, () => upgraded('worker-9'));
    });

    expect(end).toMatchObject({ kind: 'done' });
  });
});

test.each([
  ['that is silent at the last look is told as silent', 'unreachable', 'cluster-silent'],
  ['that refuses the last look is not told as silent', 'forbidden', 'access-refused'],
] as const)('an API server %s', async (_name, code, reason) => {
  const { world, harness, plan, upgraded } = genericScene(WEB);
  const { steps } = await plan();
  const end = await harness.run(genericUpgrade, steps, {
    before: (index) => {
      const step = steps[index];
      if (step?.kind === 'generic.came-back@1') upgraded(step.items[0] ?? '');
      if (step?.kind === 'generic.verify@1')
        world.fake.fail({ method: 'list', error: { code, message: 'no route' }, times: 9999 });
    },
  });

  expect(end).toMatchObject({ reason, note: expect.stringContaining('no route') });
});
