import { describe, expect, it } from 'vitest';
import { etcdReplace } from '../../../jobs/etcd-replace/runbook.ts';
import { RunEvent } from '../../../src/core/run-event.ts';
import { foldRun, openGate, type RunState } from '../../../src/core/run-state.ts';
import type { EngineDeps } from '../../../src/engine/deps.ts';
import { createDesk } from '../../../src/engine/desk.ts';
import { createEngine } from '../../../src/engine/engine.ts';
import { createFakeControlStore } from '../../fakes/control-store.ts';
import { createFakeRunStore, type FakeRunStore } from '../../fakes/run-store.ts';
import { approver, createHarness, type Harness, operator, testPolicy } from '../../support/engine-harness.ts';
import { NO_PORTS } from '../../support/no-ports.ts';
import { openAdmission } from '../../support/open-admission.ts';
import { type ReplaceScene, type ReplaceSceneOptions, replaceScene } from '../../support/replace-scene.ts';

/** The runbook in the engine, over a bare ring in memory. */
interface RunScene {
  readonly scene: ReplaceScene;
  readonly harness: Harness;
  readonly deps: EngineDeps;
  readonly store: FakeRunStore;
  readonly runId: string;
  /** Called after each outcome that was stored. */
  afterObserved: (state: RunState) => Promise<void>;
}

/** Asks for the replacement of `m-2`, which is sick in the way that `sicken` makes it. */
async function asked(options: ReplaceSceneOptions, sicken: (scene: ReplaceScene) => void): Promise<RunScene> {
  const stores: FakeRunStore[] = [];
  const harness = createHarness({
    runbooks: [etcdReplace],
    store: (clock) => {
      const made = createFakeRunStore(clock);
      stores.push(made);
      return made;
    },
  });
  const [store] = stores;
  if (store === undefined) throw new Error('no store');
  const rules = [{ clusters: ['prod'], commands: ['replace'], allow: ['operator'], approvals: null }];
  harness.policy = { ...testPolicy(), rules };
  const scene = replaceScene({ ...options, clock: harness.clock });
  sicken(scene);
  const kubernetes = NO_PORTS.management;
  const hosts = options.access === 'none' ? NO_PORTS.hosts : scene.hosts.port;
  const made: { scene: RunScene | null } = { scene: null };
  harness.admission = { ...openAdmission(), control: createFakeControlStore(store.memory) };
  const given = harness.deps('w');
  const deps: EngineDeps = {
    ...given,
    cluster: () => scene.harness.cluster,
    ports: async () =>
      await Promise.resolve({
        ...NO_PORTS,
        kubernetes,
        hosts,
        etcd: scene.harness.etcd.port,
        backups: scene.store.vault,
      }),
    triggers: {
      reach: async (point, id) => {
        if (point === 'observed-after-store' && made.scene !== null)
          await made.scene.afterObserved(await stateOf(store, id));
      },
    },
  };
  const result = await createDesk(deps).request({
    actor: operator,
    order: {
      runbook: 'etcd-replace',
      cluster: 'prod',
      params: {
        target: { kind: 'member', name: 'm-2' },
        backup: null,
        overHealthy: false,
        peerUrl: null,
        by: 'T0HOME/U0OP',
      },
      dryRun: false,
      waitForLock: false,
    },
    command: 'replace',
    policyVerb: 'replace',
    origin: { channel: 'C0', threadTs: null },
    text: '/kube replace prod member/m-2',
    idempotencyKey: 'replace',
  });
  if (result.kind === 'refused') throw new Error(result.why);
  const runId = result.runId;
  made.scene = { scene, harness, deps, store, runId, afterObserved: async () => await Promise.resolve() };
  return made.scene;
}

async function stateOf(store: FakeRunStore, runId: string): Promise<RunState> {
  const record = await store.read(runId);
  if (record === null) throw new Error('no run');
  return foldRun(record);
}

/** Wakes the run until it ends or waits for people. `watches`: also through gates that a watch may settle. */
async function drive({ deps, harness, store, runId }: RunScene, watches = false): Promise<RunState> {
  for (let round = 0; round < 400; round += 1) {
    const state = await stateOf(store, runId);
    if (state.ended !== null || (openGate(state) !== null && !watches)) return state;
    if ((await store.due(harness.clock.nowMs(), 10, 5000)).includes(runId)) {
      const engine = createEngine({ ...deps, settings: { ...deps.settings, worker: `w${round}` } });
      await harness.through(engine.advance(runId, new AbortController().signal));
    } else await harness.clock.advance(1000);
  }
  return await stateOf(store, runId);
}

async function answer({ deps, store, runId }: RunScene, note: string | null, actor = approver) {
  const gate = openGate(await stateOf(store, runId));
  return await createDesk(deps).vote({
    runId,
    gate: gate?.spec.id ?? '',
    hash: gate?.hash ?? '',
    actor,
    verdict: 'approve',
    note,
    idempotencyKey: null,
  });
}

async function freeze({ harness }: RunScene): Promise<void> {
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
}

/** To the gate before the removal: the plan is approved by the name of the cluster, a backup was taken, the member watched. */
async function toRemoval(run: RunScene): Promise<RunState> {
  expect(openGate(await drive(run))?.spec).toMatchObject({
    id: 'approve',
    kind: 'typed',
    expect: 'prod',
    beforeStep: 0,
  });
  expect(await answer(run, 'm-2')).toMatchObject({ ok: false, reason: 'wrong-answer' });
  expect(await answer(run, 'prod')).toMatchObject({ ok: true, settled: 'approved' });
  const state = await drive(run);
  expect(openGate(state)?.spec).toMatchObject({ id: 'remove-member', kind: 'typed' });
  return state;
}

describe('the replacement of a member, in the engine', () => {
  it('asks by name before the backup and before the removal, holds the ring from the first answer on, and ends with three voters', async () => {
    const run = await asked({}, (scene) => scene.breakData('m-2'));
    const { id } = run.scene.harness.etcd.member('m-2');
    const state = await toRemoval(run);
    expect(state.locks).toContain('cluster/prod/etcd');
    expect(state.steps[0]?.status).toBe('done');
    expect(await answer(run, `m-2 ${id}`, operator)).toMatchObject({ ok: false, reason: 'not-an-approver' });
    expect(await answer(run, 'm-2')).toMatchObject({ ok: false, reason: 'wrong-answer' });
    expect(await answer(run, `m-2 ${id}`)).toMatchObject({ ok: true });
    const ended = await drive(run);

    expect(ended.ended).toMatchObject({ outcome: 'succeeded' });
    expect(run.scene.members()).toEqual(['m-1 voter', 'm-3 voter', 'm-2 voter']);
    expect(ended.cleanups.every(({ status }) => status === 'done')).toBe(true);
    expect(await run.store.locks()).toEqual([]);
  });

  it('a freeze before the removal ends it, and nothing was removed', async () => {
    const run = await asked({}, (scene) => scene.breakData('m-2'));
    await toRemoval(run);
    await freeze(run);
    await answer(run, `m-2 ${run.scene.harness.etcd.member('m-2').id}`);

    const { ended, acts } = await drive(run);

    expect(ended).toMatchObject({ outcome: 'blocked', reason: 'cluster-frozen' });
    expect(acts).toEqual([]);
    expect(run.scene.members()).toHaveLength(3);
  });

  it('a freeze after the removal does not leave the ring without a member', async () => {
    const run = await asked({}, (scene) => scene.breakData('m-2'));
    await toRemoval(run);
    run.afterObserved = async (state) => {
      if (state.acts.at(-1)?.action === 'remove-member') await freeze(run);
    };
    await answer(run, `m-2 ${run.scene.harness.etcd.member('m-2').id}`);
    const { ended } = await drive(run);
    const events = (await run.store.read(run.runId))?.events.map((event) => RunEvent.parse(event)) ?? [];
    const told = events.flatMap((event) => (event.type === 'step-started' ? [event.despite ?? ''] : []));

    expect(ended).toMatchObject({ outcome: 'succeeded' });
    expect(run.scene.members()).toEqual(['m-1 voter', 'm-3 voter', 'm-2 voter']);
    expect(told.filter((each) => each.includes('prod is frozen')).length).toBeGreaterThan(0);
  });

  it('a host that people build: the run goes on by itself when its member has joined', async () => {
    const run = await asked({ access: 'none' }, (scene) => scene.harness.etcd.kill('m-2'));
    const { etcd } = run.scene.harness;
    await toRemoval(run);
    await answer(run, `m-2 ${etcd.member('m-2').id}`);
    const fence = openGate(await drive(run));
    expect(fence?.spec.kind).toBe('choice');
    await answer(run, fence?.spec.choices[0] ?? null);
    const waiting = await drive(run);
    expect(openGate(waiting)?.spec).toMatchObject({ id: 'build-host', kind: 'continue' });
    expect(run.scene.members()).toHaveLength(3);
    const added = etcd.ring.members.find(({ name }) => name === '');
    if (added !== undefined) etcd.startAdded(added.id, 'm-2');
    const ended = await drive(run, true);

    expect(ended.gates.at(-1)?.settled).toMatchObject({
      by: [],
      observed: expect.stringContaining('has joined the ring'),
    });
    expect(ended.ended).toMatchObject({ outcome: 'succeeded' });
    expect(run.scene.members()).toEqual(['m-1 voter', 'm-3 voter', 'm-2 voter']);
  });
});
