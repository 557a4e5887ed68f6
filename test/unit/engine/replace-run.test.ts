import { describe, expect, it } from 'vitest';
import { etcdReplace } from '../../../jobs/etcd-replace/runbook.ts';
import { RunEvent } from '../../../src/core/run-event.ts';
import { openGate, type RunState } from '../../../src/core/run-state.ts';
import { operator } from '../../support/engine-harness.ts';
import { NO_PORTS } from '../../support/no-ports.ts';
import { type ReplaceScene, type ReplaceSceneOptions, replaceScene } from '../../support/replace-scene.ts';
import { freezeProd, type RunScene, runScene } from '../../support/run-scene.ts';

/** The runbook in the engine, over a bare ring in memory. */
interface Replacing extends RunScene {
  readonly scene: ReplaceScene;
  /** Called after each outcome that was stored. */
  afterObserved: (state: RunState) => Promise<void>;
}

/** Asks for the replacement of `m-2`, which is sick in the way that `sicken` makes it. */
async function asked(options: ReplaceSceneOptions, sicken: (scene: ReplaceScene) => void): Promise<Replacing> {
  const scene = replaceScene(options);
  sicken(scene);
  const { clock, cluster, etcd } = scene.harness;
  const hosts = options.access === 'none' ? NO_PORTS.hosts : scene.hosts.port;
  const made: { run: Replacing | null } = { run: null };
  const run = await runScene({
    runbook: etcdReplace,
    command: 'replace',
    params: {
      target: { kind: 'member', name: 'm-2' },
      backup: null,
      overHealthy: false,
      peerUrl: null,
      by: 'T0HOME/U0OP',
    },
    clock,
    cluster,
    ports: { kubernetes: NO_PORTS.management, hosts, etcd: etcd.port, backups: scene.store.vault },
    triggers: {
      reach: async (point) => {
        if (point === 'observed-after-store') await made.run?.afterObserved(await made.run.state());
      },
    },
  });
  made.run = { ...run, scene, afterObserved: async () => await Promise.resolve() };
  return made.run;
}

/** To the gate before the removal: the plan is approved by the name of the cluster, a backup was taken, the member watched. */
async function toRemoval(run: Replacing): Promise<RunState> {
  expect(openGate(await run.drive())?.spec).toMatchObject({
    id: 'approve',
    kind: 'typed',
    expect: 'prod',
    beforeStep: 0,
  });
  expect(await run.answer('m-2')).toMatchObject({ ok: false, reason: 'wrong-answer' });
  expect(await run.answer('prod')).toMatchObject({ ok: true, settled: 'approved' });
  const state = await run.drive();
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
    expect(await run.answer(`m-2 ${id}`, { actor: operator })).toMatchObject({ ok: false, reason: 'not-an-approver' });
    expect(await run.answer('m-2')).toMatchObject({ ok: false, reason: 'wrong-answer' });
    expect(await run.answer(`m-2 ${id}`)).toMatchObject({ ok: true });
    const ended = await run.drive();

    expect(ended.ended).toMatchObject({ outcome: 'succeeded' });
    expect(run.scene.members()).toEqual(['m-1 voter', 'm-3 voter', 'm-2 voter']);
    expect(ended.cleanups.every(({ status }) => status === 'done')).toBe(true);
    expect(await run.store.locks()).toEqual([]);
  });

  it('a freeze before the removal ends it, and nothing was removed', async () => {
    const run = await asked({}, (scene) => scene.breakData('m-2'));
    await toRemoval(run);
    await freezeProd(run.harness);
    await run.answer(`m-2 ${run.scene.harness.etcd.member('m-2').id}`);

    const { ended, acts } = await run.drive();

    expect(ended).toMatchObject({ outcome: 'blocked', reason: 'cluster-frozen' });
    expect(acts).toEqual([]);
    expect(run.scene.members()).toHaveLength(3);
  });

  it('a freeze after the removal does not leave the ring without a member', async () => {
    const run = await asked({}, (scene) => scene.breakData('m-2'));
    await toRemoval(run);
    run.afterObserved = async (state) => {
      if (state.acts.at(-1)?.action === 'remove-member') await freezeProd(run.harness);
    };
    await run.answer(`m-2 ${run.scene.harness.etcd.member('m-2').id}`);
    const { ended } = await run.drive();
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
    await run.answer(`m-2 ${etcd.member('m-2').id}`);
    const fence = openGate(await run.drive());
    expect(fence?.spec.kind).toBe('choice');
    await run.answer(fence?.spec.choices[0] ?? null);
    const waiting = await run.drive();
    expect(openGate(waiting)?.spec).toMatchObject({ id: 'build-host', kind: 'continue' });
    expect(run.scene.members()).toHaveLength(3);
    const added = etcd.ring.members.find(({ name }) => name === '');
    if (added !== undefined) etcd.startAdded(added.id, 'm-2');
    const ended = await run.drive(() => false);

    expect(ended.gates.at(-1)?.settled).toMatchObject({
      by: [],
      observed: expect.stringContaining('has joined the ring'),
    });
    expect(ended.ended).toMatchObject({ outcome: 'succeeded' });
    expect(run.scene.members()).toEqual(['m-1 voter', 'm-3 voter', 'm-2 voter']);
  });
});
