import { expect, test } from 'vitest';
import { drain } from '../../../jobs/drain/runbook.ts';
import { readDrainView } from '../../../jobs/steps/drain/read-drain-view.ts';
import { missingIn } from '../../../jobs/steps/drain/verify-drained-step.ts';
import { factsOf } from '../../../src/core/drain/facts.ts';
import { NO_CONSENTS } from '../../../src/core/drain/view.ts';
import type { PlanDraft } from '../../../src/core/runbook.ts';
import { controlledBy, podObject } from '../../support/drain-objects.ts';
import { type DrainAsk, drainParams } from '../../support/drain-params.ts';
import { type DrainScene, drainScene } from '../../support/drain-scene.ts';

/** A node on which one pod never ends, and a plan. */
async function planned(
  ask: DrainAsk,
  graceSeconds = 2,
): Promise<{ readonly scene: DrainScene; readonly draft: PlanDraft; readonly pod: string }> {
  const scene = drainScene({ deployments: [{ name: 'api', replicas: 4, graceSeconds }] });
  const [pod = ''] = scene.world.podsOn('worker-1');
  scene.world.stuck.add(pod);
  return { scene, pod, draft: await scene.harness.plan(drain, drainParams(ask)) };
}

test('a pod that does not end ends the run; with --skip-ending it is passed over, and named', async () => {
  const before = await planned({});
  expect(await before.scene.harness.run(drain, before.draft.steps)).toMatchObject({ reason: 'pod-stuck' });

  for (const skipEndingMs of [60_000, 600_000]) {
    const { scene, draft, pod } = await planned({ skipEndingMs });
    const end = await scene.harness.run(drain, draft.steps);

    expect(end).toMatchObject({ kind: 'done' });
    expect(scene.world.podsOn('worker-1')).toEqual([pod]);
    expect(scene.harness.outputs.at(-1)).toMatchObject({
      report: {
        notes: expect.arrayContaining([`Not waited for: web/${pod} on worker-1; its process may still run there.`]),
      },
    });
  }
});

test('the plan says what it means', async () => {
  const { draft } = await planned({ skipEndingMs: 600_000 });

  expect(draft.checks.find(({ id }) => id === 'passed-over')).toMatchObject({
    verdict: 'warn',
    evidence: expect.stringMatching(/^10 min after their time; none yet\. Their processes may still run/),
  });
  expect(draft.facts).toMatchObject({ drain: { consents: { skipEndingMs: 600_000 } } });
  expect((await planned({})).draft.checks.some(({ id }) => id === 'passed-over')).toBe(false);
});

test.each([
  ['as configured, 30 min', { skipEndingMs: 1_800_000 }, 'block'],
  ['as configured, 30 min', { skipEndingMs: 1_799_000 }, 'warn'],
  ['by --timeout 1h', { skipEndingMs: 1_800_000, timeoutMs: 3_600_000 }, 'warn'],
  ['by --timeout 1h', { skipEndingMs: 3_600_000, timeoutMs: 3_600_000 }, 'block'],
  ['beside --grace', { skipEndingMs: 540_000, timeoutMs: 600_000, graceMs: 60_000 }, 'block'],
  ['beside --grace', { skipEndingMs: 540_000, timeoutMs: 600_000, graceMs: 59_000 }, 'warn'],
] as const)('it has to be shorter than the time of a node, %s: %o', async (_, ask, verdict) => {
  const { draft } = await planned(ask);

  expect(draft.checks.find(({ id }) => id === 'passed-over')?.verdict).toBe(verdict);
});

test('where a node is given up before, the plan says what to type instead', async () => {
  const { draft } = await planned({ skipEndingMs: 2_400_000 });
  const long = await planned({ skipEndingMs: 5 * 3_600_000, timeoutMs: 6 * 3_600_000 });

  expect(draft.checks.find(({ id }) => id === 'passed-over')).toEqual({
    id: 'passed-over',
    verdict: 'block',
    title: 'A node would be given up before --skip-ending takes effect',
    evidence:
      'a node has 30 min, and pods are to be waited for 40 min after their time. Give a shorter --skip-ending, or more time: `--timeout 1h20m`',
  });
  expect(long.draft.checks.find(({ id }) => id === 'passed-over')).toMatchObject({
    verdict: 'block',
    evidence: 'all nodes have 4 h, and pods are to be waited for 5 h after their time. Give a shorter --skip-ending',
  });
});

test.each([
  ['StatefulSet', null],
  ['Deployment', 'Deployment web/db has 0 of 1 ready'],
])('a pod that is passed over is not missed of a %s, where it cannot be made anew: %s', async (kind, missed) => {
  const { world } = drainScene();
  const metadata = { namespace: 'web', name: 'db' };
  const made = world.fake.put({ apiVersion: 'apps/v1', kind, metadata, spec: { replicas: 1 }, status: {} });
  const { uid } = made.metadata;
  world.addPod(podObject({ name: 'db-0', node: 'worker-1', owner: controlledBy('apps/v1', kind, 'db', uid) }));
  const seen = await readDrainView(world.port, new AbortController().signal);
  if (!seen.ok) throw new Error(seen.why);
  const nodes = seen.view.nodes.filter(({ name }) => name === 'worker-1');
  const facts = factsOf(seen.view, nodes, { consents: NO_CONSENTS, chosen: [] }, world.clock.nowMs());
  const before = { notReady: [], homeless: 0, ready: { [uid]: 1 } };
  const passed = seen.view.pods.filter(({ name }) => name === 'db-0');

  expect(missingIn(seen.view, facts, before, [])).toBe(`${kind} web/db has 0 of 1 ready`);
  expect(missingIn(seen.view, facts, before, passed)).toBe(missed);
});

/** What the check says where pods have 30 s to end. */
async function evidence(ask: DrainAsk): Promise<string | undefined> {
  return (await planned(ask, 30)).draft.checks.find(({ id }) => id === 'passed-over')?.evidence;
}

test('it counts from the end of the time of a pod: one that has too long a time is named', async () => {
  const long = { skipEndingMs: 580_000, timeoutMs: 600_000 };

  expect(await evidence(long)).toMatch(
    /so that its node may be given up before: web\/api-\S+ \(30 s\)(?:, .*)?; `--grace` shortens it$/,
  );
  expect(await evidence({ ...long, graceMs: 10_000 })).toMatch(/write there$/);
  expect(await evidence({ ...long, skipEndingMs: 560_000 })).toMatch(/write there$/);
  expect(await evidence({ skipEndingMs: 560_000, timeoutMs: 600_000, graceMs: 40_000 })).toBe(
    'a node has 10 min, and pods are to be waited for 9 min 20 s after their time, which is 40 s (--grace). Give a shorter --skip-ending, or more time: `--timeout 20m`',
  );
});
