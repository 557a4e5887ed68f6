import { describe, expect, test } from 'vitest';
import { UpgradeParams } from '../../../jobs/upgrade/params.ts';
import { planUpgrade } from '../../../jobs/upgrade/plan-upgrade.ts';
import { foldRun, openGate, type RunState } from '../../../src/core/run-state.ts';
import { defineRunbook } from '../../../src/core/runbook.ts';
import { undoRecordsOf } from '../../../src/core/undo-record.ts';
import type { EngineDeps } from '../../../src/engine/deps.ts';
import { createDesk } from '../../../src/engine/desk.ts';
import { createEngine } from '../../../src/engine/engine.ts';
import { createFakeControlStore } from '../../fakes/control-store.ts';
import { createFakeRunStore, type FakeRunStore } from '../../fakes/run-store.ts';
import { approver, createHarness, type Harness, operator, testPolicy } from '../../support/engine-harness.ts';
import { NO_PORTS } from '../../support/no-ports.ts';
import { openAdmission } from '../../support/open-admission.ts';
import { createToy, type Toy } from '../../support/toy-groups.ts';
import { NO_LOOKS, upgradeScene } from '../../support/upgrade-scene.ts';

/** An upgrade of the toy's groups in the engine. */
interface Scene {
  readonly toy: Toy;
  readonly harness: Harness;
  readonly deps: EngineDeps;
  readonly store: FakeRunStore;
  readonly runId: string;
}

async function asked(): Promise<Scene> {
  const toy = createToy(['controlplane', 'v1.31.4', 3], ['a', 'v1.30.6', 2], ['b', 'v1.30.6', 2]);
  const runbook = defineRunbook({
    id: 'upgrade',
    version: 1,
    title: 'Upgrade',
    params: UpgradeParams,
    needs: ['kubernetes', 'management', 'etcd', 'backups'],
    steps: toy.provider.steps,
    cleanups: toy.provider.cleanups,
    locks: (cluster) => [`cluster/${cluster}`],
    plan: async (context, params) => await planUpgrade(context, params, toy.provider, NO_LOOKS),
  });
  const stores: FakeRunStore[] = [];
  const harness = createHarness({
    runbooks: [runbook],
    store: (clock) => {
      const made = createFakeRunStore(clock);
      stores.push(made);
      return made;
    },
  });
  const [store] = stores;
  if (store === undefined) throw new Error('no store');
  const rules = [{ clusters: ['prod'], commands: ['upgrade'], allow: ['operator'], approvals: null }];
  harness.policy = { ...testPolicy(), rules };
  harness.admission = { ...openAdmission(), control: createFakeControlStore(store.memory) };
  const { context } = upgradeScene();
  const deps: EngineDeps = {
    ...harness.deps('w'),
    cluster: () => context.cluster,
    ports: async () => await Promise.resolve({ ...NO_PORTS, ...context.ports }),
  };
  const result = await createDesk(deps).request({
    actor: operator,
    order: { runbook: 'upgrade', cluster: 'prod', params: PARAMS, dryRun: false, waitForLock: false },
    command: 'upgrade',
    policyVerb: 'upgrade all',
    origin: { channel: 'C0', threadTs: null },
    text: '/kube upgrade prod all --to v1.31.4',
    idempotencyKey: 'upgrade',
  });
  if (result.kind === 'refused') throw new Error(result.why);
  return { toy, harness, deps, store, runId: result.runId };
}

const PARAMS = {
  what: { kind: 'all' },
  to: 'v1.31.4',
  canary: null,
  backup: null,
  image: null,
  suspendGitops: false,
  overRemovedApis: false,
  deleteEmptyDir: false,
  unmanaged: false,
  by: 'T0HOME/U0OP',
} as const;

async function stateOf({ store, runId }: Scene): Promise<RunState> {
  const record = await store.read(runId);
  if (record === null) throw new Error('no run');
  return foldRun(record);
}

/** Wakes the run, each time by another worker, until it ends, waits for people, or `until` says so. */
async function drive(scene: Scene, until: (state: RunState) => boolean = () => false): Promise<RunState> {
  const { deps, harness, store, runId } = scene;
  for (let round = 0; round < 400; round += 1) {
    const state = await stateOf(scene);
    if (state.ended !== null || openGate(state) !== null || until(state)) return state;
    if ((await store.due(harness.clock.nowMs(), 10, 5000)).includes(runId)) {
      const engine = createEngine({ ...deps, settings: { ...deps.settings, worker: `w${round}` } });
      await harness.through(engine.advance(runId, new AbortController().signal));
    } else await harness.clock.advance(1000);
  }
  return await stateOf(scene);
}

async function answer(scene: Scene, verdict: 'approve' | 'reject', note: string | null) {
  const gate = openGate(await stateOf(scene));
  return await createDesk(scene.deps).vote({
    runId: scene.runId,
    gate: gate?.spec.id ?? '',
    hash: gate?.hash ?? '',
    actor: approver,
    verdict,
    note,
    idempotencyKey: null,
  });
}

/** To the gate behind the first group. */
async function toCanary(): Promise<Scene> {
  const scene = await asked();
  expect(openGate(await drive(scene))?.spec).toMatchObject({ id: 'approve', beforeStep: 0 });
  expect(scene.toy.calls).toEqual([]);
  expect(await answer(scene, 'approve', null)).toMatchObject({ ok: true });
  expect(openGate(await drive(scene))?.spec).toMatchObject({
    id: 'go-on-nodegroup-a',
    kind: 'choice',
    choices: ['Go on'],
  });
  return scene;
}

describe('an upgrade in the engine', () => {
  test('is approved, upgrades the canary, asks, and goes on with the rest', async () => {
    const scene = await toCanary();
    expect(scene.toy.calls).toEqual(['set a v1.31.4']);
    expect(await answer(scene, 'approve', 'Go on')).toMatchObject({ ok: true });
    const ended = await drive(scene);

    expect(ended.ended).toMatchObject({ outcome: 'succeeded' });
    expect(scene.toy.calls).toEqual(['set a v1.31.4', 'set b v1.31.4']);
    expect(ended.cleanups.every(({ status }) => status === 'done')).toBe(true);
    expect(undoRecordsOf(ended).map((record) => (record.kind === 'group' ? record.group : ''))).toEqual([
      'nodegroup/b',
      'nodegroup/a',
    ]);
  });

  test('that is rejected behind the canary leaves the rest as it is, and the canary as it is now', async () => {
    const scene = await toCanary();
    await answer(scene, 'reject', 'errors in web');

    expect((await drive(scene)).ended).toMatchObject({ outcome: 'rejected' });
    expect(scene.toy.calls).toEqual(['set a v1.31.4']);
    expect(scene.toy.groups.get('a')?.wanted).toBe('v1.31.4');
  });

  test('that is cancelled in the middle of a roll-out holds it, and says so', async () => {
    const scene = await asked();
    await drive(scene);
    await answer(scene, 'approve', null);
    scene.toy.stands = true;
    await drive(scene, (state) => state.scratch?.note.includes('is replaced') === true);
    await createDesk(scene.deps).cancel({ runId: scene.runId, actor: operator, idempotencyKey: null });
    const ended = await drive(scene);

    expect(ended.ended).toMatchObject({ outcome: 'cancelled' });
    expect(scene.toy.calls).toEqual(['set a v1.31.4', 'pause a']);
    expect(ended.cleanups).toMatchObject([{ status: 'done', summary: 'a is held; a node that is under way ends' }]);
  });

  test('that stands still is held and calls a person', async () => {
    const scene = await asked();
    await drive(scene);
    await answer(scene, 'approve', null);
    scene.toy.looks.push({ kind: 'stopped', reason: 'roll-stalled', words: 'machine a-9 never joined', tree: [] });

    expect((await drive(scene)).ended).toMatchObject({
      outcome: 'needs-a-person',
      reason: 'roll-stalled',
      note: 'Machine a-9 never joined.',
    });
    expect(scene.toy.groups.get('a')?.paused).toBe(true);
  });

  test('of a cluster that is frozen behind the canary ends there', async () => {
    const scene = await toCanary();
    const { harness } = scene;
    const value = {
      cluster: 'prod',
      by: approver,
      at: harness.clock.nowIso(),
      until: null,
      untilWords: '',
      reason: 'holiday',
      request: 'k',
    };
    await harness.admission.control.write({ kind: 'freeze', key: 'prod', seen: null, value, audit: [] });
    await answer(scene, 'approve', 'Go on');

    expect((await drive(scene)).ended).toMatchObject({ reason: 'cluster-frozen' });
    expect(scene.toy.calls).toEqual(['set a v1.31.4']);
  });
});
