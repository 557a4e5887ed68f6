import { describe, expect, test } from 'vitest';
import { genericProvider } from '../../../../jobs/node-groups/generic/provider.ts';
import { UpgradeParams } from '../../../../jobs/upgrade/params.ts';
import { planUpgrade } from '../../../../jobs/upgrade/plan-upgrade.ts';
import type { JsonObject } from '../../../../src/core/json.ts';
import { defineRunbook, type PlanDraft } from '../../../../src/core/runbook.ts';
import { nodeObject, podObject } from '../../../support/drain-objects.ts';
import { createDrainWorld, type DrainWorld } from '../../../support/drain-world.ts';
import { createStepHarness, type HarnessEnd, type StepHarness } from '../../../support/step-harness.ts';
import { NO_LOOKS } from '../../../support/upgrade-scene.ts';

const TO = 'v1.37.1';
const POOL = 'karpenter.sh/nodepool';

const runbook = defineRunbook({
  id: 'upgrade',
  version: 1,
  title: 'Upgrade',
  params: UpgradeParams,
  needs: ['kubernetes', 'management', 'etcd', 'backups'],
  steps: genericProvider.steps,
  cleanups: genericProvider.cleanups,
  watches: genericProvider.watches,
  locks: () => [],
  plan: async (context, params) => await planUpgrade(context, params, genericProvider, NO_LOOKS),
});

const PARAMS = {
  what: { kind: 'nodegroup', names: ['blue'] },
  to: TO,
  canary: null,
  backup: null,
  image: null,
  suspendGitops: false,
  overRemovedApis: false,
  deleteEmptyDir: false,
  unmanaged: false,
  by: 'T0HOME/U0OPERATOR',
} as const satisfies JsonObject;

interface Scene {
  readonly world: DrainWorld;
  readonly harness: StepHarness;
  readonly draft: PlanDraft;
  readonly upgraded: (node: string) => void;
  /** People do their part before each step that looks for it. */
  readonly run: (people: (node: string) => void) => Promise<HarnessEnd>;
}

/** Two nodes of the group `blue`, and an API server at the target. */
async function scene(prepare: (world: DrainWorld) => void = () => undefined): Promise<Scene> {
  const world = createDrainWorld({ workers: 3, deployments: [{ name: 'web', replicas: 4 }] });
  for (const name of ['worker-1', 'worker-2']) world.setNode(name, { metadata: { labels: { [POOL]: 'blue' } } });
  Object.assign(world.port, { version: async () => await Promise.resolve({ ok: true, value: { gitVersion: TO } }) });
  prepare(world);
  const harness = createStepHarness({ kubernetes: world.port, clock: world.clock, cluster: { platform: 'gke' } });
  const draft = await harness.plan(runbook, PARAMS);
  return {
    world,
    harness,
    draft,
    upgraded: (node) => world.setNode(node, { status: { nodeInfo: { kubeletVersion: TO } } }),
    run: async (people) =>
      await harness.run(runbook, draft.steps, {
        before: (index) => {
          if (draft.steps[index]?.kind === 'generic.came-back@1') people(draft.steps[index]?.items[0] ?? '');
        },
      }),
  };
}

/** A node of the group that nobody planned for, at the version of before. */
function join(world: DrainWorld): void {
  world.fake.put(nodeObject('worker-9'));
  world.setNode('worker-9', { metadata: { labels: { [POOL]: 'blue' } } });
}

describe('each part of the seam that the generic provider has', () => {
  test('discover, preflight and plan: three checks of its own, then each node in its turn, and a look at all of them', async () => {
    const { draft } = await scene();

    expect(draft.checks.flatMap(({ id, verdict }) => (id.startsWith('generic-') ? [`${id}: ${verdict}`] : []))).toEqual(
      ['generic-nodes: pass', 'generic-changing: pass', 'generic-servers: pass'],
    );
    expect(draft.steps.map(({ kind }) => kind).slice(-2)).toEqual(['generic.came-back@1', 'generic.verify@1']);
  });

  test('preflight: a node that is being deleted, and an API server that is still older, block', async () => {
    const { draft } = await scene((world) => {
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
    });

    expect(draft.steps).toEqual([]);
    expect(draft.checks.flatMap(({ id, verdict }) => (verdict === 'block' ? [id] : []))).toEqual([
      'generic-changing',
      'generic-servers',
    ]);
  });

  test('apply is the drain, poll is the watch of the gate, verify is the last step', async () => {
    const { world, draft, run, upgraded } = await scene();
    const [gate] = draft.gates;

    expect(gate?.watch?.kind).toBe('generic.node-came-back@1');
    expect(genericProvider.watches.map(({ kind }) => kind)).toContain(gate?.watch?.kind);
    expect(await run(upgraded)).toMatchObject({ kind: 'done' });
    expect(world.asked.length).toBeGreaterThan(0);
  });

  test('the end has the state of all nodes', async () => {
    const { harness, run, upgraded } = await scene();
    await run(upgraded);

    expect(harness.outputs.at(-1)).toMatchObject({
      report: {
        healthy: true,
        summary: `nodegroup/blue of prod: every machine and node is at ${TO}.`,
        tables: [expect.objectContaining({ rows: expect.arrayContaining([expect.arrayContaining(['worker-1'])]) })],
      },
    });
  });

  test('stop takes back the cordon of a node whose drain is under way', async () => {
    const { world, harness, draft } = await scene();
    world.stuck.add(world.podsOn('worker-1')[0] ?? '');
    const end = await harness.run(runbook, draft.steps);
    await harness.restoreCleanups(runbook);

    expect(end).toMatchObject({ reason: 'pod-stuck' });
    expect(world.isCordoned('worker-1')).toBe(false);
  });
});

describe('a node of the group that appears in the middle', () => {
  test('at the version of before: it is told at once, left alone, and the end is no success', async () => {
    const { world, harness, run, upgraded } = await scene();
    const end = await run((node) => {
      upgraded(node);
      if (node === 'worker-1') join(world);
    });

    expect(end).toMatchObject({
      reason: 'not-on-target',
      note: `Node worker-9 is at v1.36.2, not at ${TO}, and came after the plan was made.`,
    });
    expect(JSON.stringify(harness.outputs)).toContain('worker-9 came at v1.36.2 and is not part of this run');
    expect(world.isCordoned('worker-9')).toBe(false);
    // Asking again is about the rest only.
    const again = await harness.plan(runbook, PARAMS);
    expect(again.steps.flatMap(({ kind, items }) => (kind === 'nodes.drain@1' ? items : []))).toEqual(['worker-9']);
  });

  test('at the target: it counts', async () => {
    const { world, run, upgraded } = await scene();
    const end = await run((node) => {
      upgraded(node);
      join(world);
      upgraded('worker-9');
    });

    expect(end).toMatchObject({ kind: 'done' });
  });

  test('and comes to the target within two minutes: it counts', async () => {
    const { world, run, upgraded } = await scene();
    const end = await run((node) => {
      upgraded(node);
      if (node !== 'worker-2') return;
      join(world);
      world.later(90_000, () => upgraded('worker-9'));
    });

    expect(end).toMatchObject({ kind: 'done' });
  });
});
