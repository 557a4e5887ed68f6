import { describe, expect, test } from 'vitest';
import { drain } from '../../../jobs/drain/runbook.ts';
import type { PlanDraft } from '../../../src/core/runbook.ts';
import { podObject } from '../../support/drain-objects.ts';
import { type DrainAsk, drainParams } from '../../support/drain-params.ts';
import { type DrainScene, drainScene } from '../../support/drain-scene.ts';

const NGINX = { name: 'nginx', replicas: 10, budget: { minAvailable: 8 } } as const;

async function plan(scene: DrainScene, ask: DrainAsk = {}): Promise<PlanDraft> {
  return await scene.harness.plan(drain, drainParams(ask));
}

function verdicts(draft: PlanDraft): readonly string[] {
  return draft.checks.flatMap(({ id, verdict }) => (verdict === 'pass' ? [] : [`${id}: ${verdict}`]));
}

describe('the plan of a drain', () => {
  test('cordons, drains, looks: in this order, with the truth about each', async () => {
    const scene = drainScene({ deployments: [NGINX] });
    const draft = await plan(scene);

    expect(draft.steps.map(({ kind, risk }) => [kind, risk])).toEqual([
      ['nodes.cordon@1', 'reversible'],
      ['nodes.drain@1', 'disruptive'],
      ['nodes.verify-drained@1', 'read'],
    ]);
    expect(draft.gates).toEqual([]);
    expect(draft.identity).not.toBe('');
    expect(verdicts(draft)).toEqual(['budget-turns: warn']);
    expect(draft.before.map(({ title }) => title)).toEqual(['To be drained', 'Pods that go']);
  });

  test('changes nothing: every eviction is a dry run', async () => {
    const scene = drainScene({ deployments: [NGINX] });
    const before = scene.world.podsOn('worker-1');
    await plan(scene);
    const methods = new Set(scene.world.fake.calls.map(({ method }) => method));

    expect(methods).toEqual(new Set(['get', 'list', 'eachPage', 'evict']));
    expect(scene.world.asked).toEqual([]);
    expect(scene.world.podsOn('worker-1')).toEqual(before);
    expect(scene.world.isCordoned('worker-1')).toBe(false);
  });

  test('is the same when only replicas came and went', async () => {
    const scene = drainScene({ deployments: [NGINX] });
    const first = await plan(scene);
    const [name = ''] = scene.world.podsOn('worker-1');
    scene.world.fake.finish({ apiVersion: 'v1', kind: 'Pod', namespace: 'web', name });
    await scene.world.clock.advance(60_000);
    const second = await plan(scene);

    expect(second.facts).toEqual(first.facts);
    expect(second.steps).toEqual(first.steps);
  });

  test('nodes that are cordoned and empty need nothing', async () => {
    const scene = drainScene();
    scene.world.setNode('worker-1', { spec: { unschedulable: true } });

    expect((await plan(scene)).steps).toEqual([]);
  });

  test('a control-plane node takes the lock on etcd too', async () => {
    const scene = drainScene();

    expect((await plan(scene, { nodes: ['cp-1'] })).locks).toEqual(['cluster/prod/etcd']);
    expect((await plan(scene)).locks).toEqual([]);
  });

  test('grace, time and nodes at once are as asked, else as configured', async () => {
    const [, asked] = (await plan(drainScene(), { graceMs: 1500, timeoutMs: 60_000, parallel: 5 })).steps;
    const [, plain] = (await plan(drainScene())).steps;

    expect(asked?.input).toMatchObject({ graceSeconds: 2, limits: { nodeMs: 60_000, parallelNodes: 5 } });
    expect(plain?.input).toMatchObject({ graceSeconds: null, limits: { nodeMs: 1_800_000, parallelNodes: 3 } });
  });
});

describe('what blocks it', () => {
  test('a budget that never allows, with its figures', async () => {
    const scene = drainScene({ deployments: [{ ...NGINX, budget: { minAvailable: 10 } }] });
    const draft = await plan(scene);

    expect(verdicts(draft)).toContain('budgets: block');
    expect(verdicts(draft)).toContain('dry-run: block');
    expect(draft.checks.find(({ id }) => id === 'budgets')?.evidence).toContain(
      'budget web/nginx never allows an eviction',
    );
  });

  test('two budgets over one pod', async () => {
    const scene = drainScene({ deployments: [NGINX] });
    const metadata = { namespace: 'web', name: 'second' };
    const spec = { selector: { matchLabels: { app: 'nginx' } }, maxUnavailable: 1 };
    const status = {
      disruptionsAllowed: 1,
      observedGeneration: 1,
      expectedPods: 10,
      currentHealthy: 10,
      desiredHealthy: 9,
    };
    scene.world.fake.put({ apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata, spec, status });

    expect(verdicts(await plan(scene))).toContain('two-budgets: block');
  });

  test('pods with emptyDir data or without an owner, until their flag is given', async () => {
    const scene = drainScene();
    scene.world.addPod(podObject({ name: 'bare', node: 'worker-1' }));
    scene.world.addPod(
      podObject({ name: 'scratch', node: 'worker-1', spec: { volumes: [{ name: 'tmp', emptyDir: {} }] } }),
    );

    const refused = await plan(scene);
    const allowed = await plan(scene, { deleteEmptyDir: true, unmanaged: true });

    expect(refused.checks.find(({ id }) => id === 'pods')?.evidence).toMatch(
      /--delete-emptydir-data.*--unmanaged|--unmanaged.*--delete-emptydir-data/,
    );
    expect(verdicts(refused)).toContain('pods: block');
    expect(verdicts(allowed)).not.toContain('pods: block');
    expect(verdicts(allowed)).toContain('losses: warn');
  });

  test('budgets that may not be listed: that is not "there are none"', async () => {
    const scene = drainScene({ deployments: [NGINX] });
    scene.world.fake.forbid({ verb: 'list', resource: 'poddisruptionbudgets' });
    const draft = await plan(scene);

    expect(verdicts(draft)).toContain('budgets: block');
    expect(draft.notes.join()).toContain('the budgets could not be listed');
  });

  test('a right that is missing for the evictions, with the server’s words', async () => {
    const scene = drainScene({ deployments: [NGINX] });
    scene.world.fake.forbid({ verb: 'create', resource: 'pods/eviction' });

    expect((await plan(scene)).checks.find(({ id }) => id === 'dry-run')).toMatchObject({
      verdict: 'block',
      evidence: expect.stringContaining('create pods/eviction'),
    });
  });

  test('nodes that are not there', async () => {
    expect((await plan(drainScene(), { nodes: ['worker-1', 'worker-9'] })).checks).toMatchObject([
      { id: 'nodes', verdict: 'block' },
    ]);
  });

  test.each([
    ['forbidden', 'access'],
    ['unreachable', 'reachable'],
  ] as const)('a cluster that answers %s', async (code, id) => {
    const scene = drainScene();
    scene.world.fake.fail({ method: 'list', error: { code, message: 'no' }, times: 99 });

    expect((await plan(scene)).checks).toMatchObject([{ id, verdict: 'block' }]);
  });

  test('no room elsewhere', async () => {
    const big = { containers: [{ name: 'app', image: 'x', resources: { requests: { cpu: '3' } } }] };
    const scene = drainScene({ workers: 2, deployments: [{ name: 'big', replicas: 2, pod: big }] });

    expect(verdicts(await plan(scene))).toContain('capacity: block');
  });
});

describe('what it warns of', () => {
  test('who owns the machine, and how it is replaced instead', async () => {
    const scene = drainScene();
    const annotations = { 'cluster.x-k8s.io/machine': 'md-0-abc', 'cluster.x-k8s.io/cluster-namespace': 'capi' };
    scene.world.setNode('worker-1', { metadata: { annotations } });

    expect((await plan(scene)).checks.find(({ id }) => id === 'machine-owner')?.evidence).toBe(
      'worker-1 of Cluster API (Machine capi/md-0-abc): to replace it, delete the Machine: Cluster API drains its node by itself',
    );
  });

  test('a node that is not ready, and one that somebody cordoned', async () => {
    const scene = drainScene();
    scene.world.setNode('worker-1', {
      spec: { unschedulable: true },
      status: { conditions: [{ type: 'Ready', status: 'Unknown' }] },
    });
    scene.world.addPod(podObject({ name: 'bare', node: 'worker-1' }));

    expect(verdicts(await plan(scene, { unmanaged: true }))).toEqual(
      expect.arrayContaining(['not-ready: warn', 'cordoned: warn']),
    );
  });
});

describe('what somebody types beside the approval', () => {
  test('the name of the node, before budgets are passed over', async () => {
    const scene = drainScene({ deployments: [{ ...NGINX, budget: { minAvailable: 10 } }] });
    const draft = await plan(scene, { ignoreBudgets: true });

    expect(draft.gates).toMatchObject([
      {
        id: 'ignore-budgets',
        kind: 'typed',
        beforeStep: 0,
        expect: 'worker-1',
        title: expect.stringContaining('against their budgets. 1 budget: web/nginx'),
      },
    ]);
    expect(verdicts(draft)).not.toContain('budgets: block');
  });

  test('the name of the cluster where the plan may delete by force: that cannot be taken back', async () => {
    const draft = await plan(drainScene(), { forceStuck: true });

    expect(draft.steps.map(({ kind, risk }) => [kind, risk])).toContainEqual(['nodes.force-delete@1', 'irreversible']);
    expect(draft.forecast[2]).toContain('may go on running');
    // A no to force leaves the cordons, so the plan does not promise otherwise.
    expect(draft.forecast[0]).toContain('stays when people say no to force');
    expect((await plan(drainScene())).forecast[0]).not.toContain('force');
  });
});
