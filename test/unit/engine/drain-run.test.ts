import { describe, expect, test } from 'vitest';
import { drain } from '../../../jobs/drain/runbook.ts';
import { askedAbout } from '../../../src/core/asked-about.ts';
import { openGate } from '../../../src/core/run-state.ts';
import { createEngine } from '../../../src/engine/engine.ts';
import { createFakeEtcd } from '../../fakes/etcd.ts';
import { type DrainAsk, drainParams } from '../../support/drain-params.ts';
import { createDrainWorld, type DrainWorld } from '../../support/drain-world.ts';
import { operator } from '../../support/engine-harness.ts';
import { type RunScene, runScene } from '../../support/run-scene.ts';
import { sampleCluster } from '../../support/sample-cluster.ts';
import { stuckDatabase } from '../../support/stuck-database.ts';

/** A drain in the engine that may delete by force. */
interface Scene extends RunScene {
  readonly world: DrainWorld;
}

async function asked(over: DrainAsk = {}, before: (world: DrainWorld) => void = () => undefined): Promise<Scene> {
  const world = createDrainWorld({ deployments: [{ name: 'api', replicas: 3 }] });
  before(world);
  const { clock, port: kubernetes } = world;
  const cluster = sampleCluster({ platform: 'kubeadm' });
  const params = drainParams({ forceStuck: true, ...over });
  const ports = { etcd: createFakeEtcd({ clock }).port, kubernetes };
  return { ...(await runScene({ runbook: drain, params, clock, cluster, ports })), world };
}

function deletions({ world }: Scene): number {
  return world.fake.calls.filter(({ method }) => method === 'delete').length;
}

/** To the gate before the deletion by force. */
async function toForce(over: DrainAsk = {}): Promise<Scene> {
  const scene = await asked(over, stuckDatabase);
  expect(openGate(await scene.drive())?.spec).toMatchObject({ id: 'approve', beforeStep: 0 });
  expect(await scene.answer('prod')).toMatchObject({ ok: true });
  await scene.drive();
  return scene;
}

describe('a drain that may delete by force what is stuck', () => {
  test('asks again when something is, names it, and deletes nothing before', async () => {
    const scene = await toForce();
    const state = await scene.state();
    const gate = openGate(state);

    expect(gate?.spec).toMatchObject({
      kind: 'typed',
      beforeStep: 2,
      expect: 'worker-1',
      title: 'Delete by force the pods of worker-1 that do not end',
    });
    expect(gate === null ? [] : askedAbout(state, gate.spec)).toEqual([
      expect.stringMatching(
        /^Danger: it belongs to a StatefulSet: two of the same name could run at once\. Pod web\/db-0 on node worker-1 should have ended \d.* ago\.$/,
      ),
    ]);
    expect(deletions(scene)).toBe(0);
    expect(scene.world.podsOn('worker-1')).toEqual(['db-0']);
  });

  test('says of a node that does not answer that its process may still run', async () => {
    const scene = await asked({}, (world) => {
      stuckDatabase(world);
      world.setNode('worker-1', { status: { conditions: [{ type: 'Ready', status: 'Unknown' }] } });
    });
    await scene.drive();
    await scene.answer('prod');
    const state = await scene.drive();

    expect(askedAbout(state, openGate(state)?.spec ?? { beforeStep: 0 })).toEqual([
      expect.stringMatching(
        /^Danger: its node does not answer: its process may still run there; .*\(its kubelet is silent\)/,
      ),
    ]);
  });

  test('deletes it when an approver typed the name of the node, and nothing else counts', async () => {
    const scene = await toForce();
    expect(await scene.answer('prod')).toMatchObject({ ok: false, reason: 'wrong-answer' });
    expect(await scene.answer('worker-1', { actor: operator })).toMatchObject({ ok: false });
    await scene.harness.clock.advance(60_000);
    expect(deletions(scene)).toBe(0);
    expect(await scene.answer('worker-1')).toMatchObject({ ok: true });
    const { ended } = await scene.drive();

    expect(ended).toMatchObject({ outcome: 'succeeded' });
    expect(deletions(scene)).toBe(1);
    expect(scene.world.podsOn('worker-1')).toEqual([]);
    expect(scene.world.isCordoned('worker-1')).toBe(true);
  });

  test('asks for the name of the cluster where several nodes are drained', async () => {
    const scene = await toForce({ nodes: ['worker-1', 'worker-2'] });

    expect(openGate(await scene.state())?.spec).toMatchObject({ id: 'force-delete', expect: 'prod' });
  });

  test('that is rejected leaves the pod, and keeps what was done: the nodes stay cordoned', async () => {
    const scene = await toForce();
    expect(await scene.answer('the database first', { verdict: 'reject' })).toMatchObject({ ok: true });
    const state = await scene.drive();

    expect(state.ended).toMatchObject({ outcome: 'rejected' });
    expect(state.steps.map(({ status }) => status)).toEqual(['done', 'done', 'pending', 'pending']);
    expect(deletions(scene)).toBe(0);
    expect(scene.world.podsOn('worker-1')).toEqual(['db-0']);
    expect(scene.world.isCordoned('worker-1')).toBe(true);
    expect(state.cleanups).toMatchObject([{ kind: 'nodes.uncordon-own@1', status: 'done', isBeforeEnd: true }]);
    expect(state.steps[1]?.note).toContain('the cordons stay; `/kube uncordon prod node/worker-1` takes them back.');
  });

  test('that nobody answers ends the same', async () => {
    const scene = await toForce();
    const gate = openGate(await scene.state());
    await scene.harness.clock.advance(Date.parse(gate?.expiresAt ?? '') - scene.harness.clock.nowMs());
    await scene.harness.clock.advance(1000);
    const { deps, harness, runId } = scene;
    const engine = createEngine({ ...deps, settings: { ...deps.settings, worker: 'late' } });
    await harness.through(engine.advance(runId, new AbortController().signal));

    expect((await scene.drive()).ended).toMatchObject({ outcome: 'expired' });
    expect(deletions(scene)).toBe(0);
    expect(scene.world.isCordoned('worker-1')).toBe(true);
  });

  test('asks nobody when nothing is stuck, and skips the deletion', async () => {
    const scene = await asked();
    await scene.drive();
    await scene.answer('prod');
    const state = await scene.drive();

    expect(state.ended).toMatchObject({ outcome: 'succeeded' });
    expect(state.gates.map(({ spec }) => spec.id)).toEqual(['approve']);
    expect(state.steps[2]?.note).toBe('Nothing was stuck.');
    expect(deletions(scene)).toBe(0);
  });
});

test('a node that appears in a drained group ends the run with a question, and what is drained stays cordoned', async () => {
  const labels = { 'karpenter.sh/nodepool': 'blue' };
  const scene = await asked({ nodes: [], groups: ['blue'], forceStuck: false }, (world) =>
    world.setNode('worker-1', { metadata: { labels } }),
  );
  await scene.drive();
  scene.world.afterFirst(() => scene.world.setNode('worker-3', { metadata: { labels } }));
  await scene.answer(null);
  const { ended } = await scene.drive();

  expect(ended).toMatchObject({
    outcome: 'drifted',
    reason: 'plan-drifted',
    note: expect.stringContaining('node worker-3 is new and fits nodegroup/blue: it was left alone'),
  });
  expect(['worker-1', 'worker-3'].map((name) => scene.world.isCordoned(name))).toEqual([true, false]);
});
