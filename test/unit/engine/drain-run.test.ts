import { describe, expect, test } from 'vitest';
import { drain } from '../../../jobs/drain/runbook.ts';
import { askedAbout } from '../../../src/core/asked-about.ts';
import type { JsonObject } from '../../../src/core/json.ts';
import { foldRun, openGate, type RunState } from '../../../src/core/run-state.ts';
import type { EngineDeps } from '../../../src/engine/deps.ts';
import { createDesk } from '../../../src/engine/desk.ts';
import { createEngine } from '../../../src/engine/engine.ts';
import { createFakeControlStore } from '../../fakes/control-store.ts';
import { createFakeEtcd } from '../../fakes/etcd.ts';
import { createFakeRunStore, type FakeRunStore } from '../../fakes/run-store.ts';
import { controlledBy, podObject } from '../../support/drain-objects.ts';
import { createDrainWorld, type DrainWorld } from '../../support/drain-world.ts';
import { approver, createHarness, type Harness, operator, testPolicy } from '../../support/engine-harness.ts';
import { NO_PORTS } from '../../support/no-ports.ts';
import { openAdmission } from '../../support/open-admission.ts';
import { sampleCluster } from '../../support/sample-cluster.ts';

/** A drain in the engine that may delete by force. */
interface Scene {
  readonly world: DrainWorld;
  readonly harness: Harness;
  readonly deps: EngineDeps;
  readonly store: FakeRunStore;
  readonly runId: string;
}

async function asked(over: JsonObject = {}, before: (world: DrainWorld) => void = () => undefined): Promise<Scene> {
  const stores: FakeRunStore[] = [];
  const harness = createHarness({
    runbooks: [drain],
    store: (clock) => {
      const made = createFakeRunStore(clock);
      stores.push(made);
      return made;
    },
  });
  const [store] = stores;
  if (store === undefined) throw new Error('no store');
  const rules = [{ clusters: ['prod'], commands: ['drain'], allow: ['operator'], approvals: null }];
  harness.policy = { ...testPolicy(), rules };
  harness.admission = { ...openAdmission(), control: createFakeControlStore(store.memory) };
  const world = createDrainWorld({ clock: harness.clock, deployments: [{ name: 'api', replicas: 3 }] });
  before(world);
  const deps: EngineDeps = {
    ...harness.deps('w'),
    cluster: () => ({ ...sampleCluster(), name: 'prod', platform: 'kubeadm' }),
    ports: async () =>
      await Promise.resolve({
        ...NO_PORTS,
        etcd: createFakeEtcd({ clock: harness.clock }).port,
        kubernetes: world.port,
      }),
  };
  const result = await createDesk(deps).request({
    actor: operator,
    order: { runbook: 'drain', cluster: 'prod', params: { ...PARAMS, ...over }, dryRun: false, waitForLock: false },
    command: 'drain',
    policyVerb: 'drain',
    origin: { channel: 'C0', threadTs: null },
    text: '/kube drain prod node/worker-1 --force-stuck',
    idempotencyKey: 'drain',
  });
  if (result.kind === 'refused') throw new Error(result.why);
  return { world, harness, deps, store, runId: result.runId };
}

const PARAMS = {
  nodes: ['worker-1'],
  deleteEmptyDir: false,
  unmanaged: false,
  ignoreBudgets: false,
  forceStuck: true,
  graceMs: null,
  parallel: null,
  timeoutMs: null,
} as const;

/** A pod of a StatefulSet with a volume, on worker-1, that does not end by itself. */
function stuckDatabase(world: DrainWorld): void {
  const metadata = { namespace: 'web', name: 'db' };
  const set = world.fake.put({
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata,
    spec: { replicas: 1 },
    status: {},
  });
  const owner = controlledBy('apps/v1', 'StatefulSet', 'db', set.metadata.uid);
  world.addPod(podObject({ name: 'db-0', node: 'worker-1', owner }));
  world.stuck.add('db-0');
}

async function stateOf({ store, runId }: Scene): Promise<RunState> {
  const record = await store.read(runId);
  if (record === null) throw new Error('no run');
  return foldRun(record);
}

/** Wakes the run, each time by another worker, until it ends or waits for people. */
async function drive(scene: Scene): Promise<RunState> {
  const { deps, harness, store, runId } = scene;
  for (let round = 0; round < 400; round += 1) {
    const state = await stateOf(scene);
    if (state.ended !== null || openGate(state) !== null) return state;
    if ((await store.due(harness.clock.nowMs(), 10, 5000)).includes(runId)) {
      const engine = createEngine({ ...deps, settings: { ...deps.settings, worker: `w${round}` } });
      await harness.through(engine.advance(runId, new AbortController().signal));
    } else await harness.clock.advance(1000);
  }
  return await stateOf(scene);
}

async function answer(scene: Scene, verdict: 'approve' | 'reject', note: string | null, actor = approver) {
  const gate = openGate(await stateOf(scene));
  const { spec, hash } = gate ?? { spec: { id: '' }, hash: '' };
  const vote = { runId: scene.runId, gate: spec.id, hash, actor, verdict, note, idempotencyKey: null };
  return await createDesk(scene.deps).vote(vote);
}

function deletions({ world }: Scene): number {
  return world.fake.calls.filter(({ method }) => method === 'delete').length;
}

/** To the gate before the deletion by force. */
async function toForce(over: JsonObject = {}): Promise<Scene> {
  const scene = await asked(over, stuckDatabase);
  expect(openGate(await drive(scene))?.spec).toMatchObject({ id: 'approve', beforeStep: 0 });
  expect(await answer(scene, 'approve', 'prod')).toMatchObject({ ok: true });
  await drive(scene);
  return scene;
}

describe('a drain that may delete by force what is stuck', () => {
  test('asks again when something is, names it, and deletes nothing before', async () => {
    const scene = await toForce();
    const state = await stateOf(scene);
    const gate = openGate(state);

    expect(gate?.spec).toMatchObject({
      kind: 'typed',
      beforeStep: 2,
      expect: 'worker-1',
      title: 'Delete by force the pods of worker-1 that do not end',
    });
    expect(gate === null ? [] : askedAbout(state, gate.spec)).toEqual([
      expect.stringMatching(
        /^pod web\/db-0 on node worker-1 should have ended \d.* ago; it belongs to a StatefulSet: two of the same name could run at once$/,
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
    await drive(scene);
    await answer(scene, 'approve', 'prod');
    const state = await drive(scene);

    expect(askedAbout(state, openGate(state)?.spec ?? { beforeStep: 0 })).toEqual([
      expect.stringMatching(/\(its kubelet is silent\).*its node does not answer: its process may still run there$/),
    ]);
  });

  test('deletes it when an approver typed the name of the node, and nothing else counts', async () => {
    const scene = await toForce();
    expect(await answer(scene, 'approve', 'prod')).toMatchObject({ ok: false, reason: 'wrong-answer' });
    expect(await answer(scene, 'approve', 'worker-1', operator)).toMatchObject({ ok: false });
    await scene.harness.clock.advance(60_000);
    expect(deletions(scene)).toBe(0);
    expect(await answer(scene, 'approve', 'worker-1')).toMatchObject({ ok: true });
    const { ended } = await drive(scene);

    expect(ended).toMatchObject({ outcome: 'succeeded' });
    expect(deletions(scene)).toBe(1);
    expect(scene.world.podsOn('worker-1')).toEqual([]);
    expect(scene.world.isCordoned('worker-1')).toBe(true);
  });

  test('asks for the name of the cluster where several nodes are drained', async () => {
    const scene = await toForce({ nodes: ['worker-1', 'worker-2'] });

    expect(openGate(await stateOf(scene))?.spec).toMatchObject({ id: 'force-delete', expect: 'prod' });
  });

  test('that is rejected leaves the pod, and keeps what was done: the nodes stay cordoned', async () => {
    const scene = await toForce();
    expect(await answer(scene, 'reject', 'the database first')).toMatchObject({ ok: true });
    const state = await drive(scene);

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
    const gate = openGate(await stateOf(scene));
    await scene.harness.clock.advance(Date.parse(gate?.expiresAt ?? '') - scene.harness.clock.nowMs());
    await scene.harness.clock.advance(1000);
    const { deps, harness, runId } = scene;
    const engine = createEngine({ ...deps, settings: { ...deps.settings, worker: 'late' } });
    await harness.through(engine.advance(runId, new AbortController().signal));

    expect((await drive(scene)).ended).toMatchObject({ outcome: 'expired' });
    expect(deletions(scene)).toBe(0);
    expect(scene.world.isCordoned('worker-1')).toBe(true);
  });

  test('asks nobody when nothing is stuck, and skips the deletion', async () => {
    const scene = await asked();
    await drive(scene);
    await answer(scene, 'approve', 'prod');
    const state = await drive(scene);

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
  await drive(scene);
  scene.world.afterFirst(() => scene.world.setNode('worker-3', { metadata: { labels } }));
  await answer(scene, 'approve', null);
  const { ended } = await drive(scene);

  expect(ended).toMatchObject({
    outcome: 'drifted',
    reason: 'plan-drifted',
    note: expect.stringContaining('node worker-3 is new and fits nodegroup/blue: it was left alone'),
  });
  expect(['worker-1', 'worker-3'].map((name) => scene.world.isCordoned(name))).toEqual([true, false]);
});
