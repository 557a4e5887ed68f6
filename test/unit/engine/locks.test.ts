import { describe, expect, it } from 'vitest';
import type { RunOutcome } from '../../../src/core/reasons.ts';
import { openGate } from '../../../src/core/run-state.ts';
import { operator } from '../../support/engine-harness.ts';
import { sampleDraftGate } from '../../support/run-samples.ts';
import { createScriptedScene, DONE, type ScriptedScene } from '../../support/scripted-runbook.ts';

const never = new AbortController().signal;
const CLUSTER = 'cluster/prod';
const RING = 'cluster/prod/etcd';
const POOL = 'cluster/prod/nodegroup/a';

/** A scene whose steps go on for as long as the run is in `busy`. */
function busyScene(): { readonly scene: ScriptedScene; readonly busy: Set<string> } {
  const busy = new Set<string>();
  const scene = createScriptedScene({
    timeoutMs: 86_400_000,
    run: (context) =>
      busy.has(context.runId) ? { kind: 'again', afterMs: 600_000, state: null, note: 'at work' } : DONE,
  });
  return { scene, busy };
}

/** Starts a run and has it approved, without going on. */
async function approved({ harness }: ScriptedScene, lock: string, wait = false): Promise<string> {
  const runId = await harness.start([lock], { wait });
  await harness.drive(runId);
  await harness.approve(runId);
  return runId;
}

/** A run that holds a lock and goes on holding it. */
async function holding({ scene, busy }: ReturnType<typeof busyScene>, lock: string): Promise<string> {
  const runId = await approved(scene, lock);
  busy.add(runId);
  await scene.harness.through(scene.harness.engine('holder').advance(runId, never));
  expect((await scene.store.locks()).map(({ name }) => name)).toContain(lock);
  return runId;
}

describe('a lock that another run holds', () => {
  it.each([
    [CLUSTER, CLUSTER, true],
    [CLUSTER, RING, true],
    [CLUSTER, POOL, true],
    [RING, CLUSTER, true],
    [POOL, CLUSTER, true],
    [RING, RING, true],
    [RING, POOL, false],
    [POOL, 'cluster/prod/nodegroup/b', false],
    [POOL, 'cluster/prod/nodegroup/ab', false],
    [CLUSTER, 'cluster/prod2', false],
    [RING, 'cluster/dev/etcd', false],
  ])('%s, and %s is asked for: refused is %s', async (held, asked, refused) => {
    const busy = busyScene();
    const holder = await holding(busy, held);
    const { harness } = busy.scene;
    const runId = await harness.start([asked]);

    const { ended, gates } = await harness.drive(runId);

    expect([ended?.outcome ?? null, ended?.reason ?? null]).toEqual(refused ? ['blocked', 'lock-held'] : [null, null]);
    expect(ended?.note ?? holder).toContain(holder);
    expect(gates).toHaveLength(refused ? 0 : 1);
  });

  it('refuses after the approval too, when it was taken meanwhile, and says who holds it since when', async () => {
    const busy = busyScene();
    const second = await approved(busy.scene, RING);
    const first = await holding(busy, CLUSTER);

    const { ended } = await busy.scene.harness.drive(second);

    expect(ended).toMatchObject({ outcome: 'blocked', reason: 'lock-held' });
    expect(ended?.note).toMatch(new RegExp(`^cluster/prod is held by ${first} since 2026-`));
  });

  it('lets a run wait that was asked to, parked, and go on when it is free', async () => {
    const busy = busyScene();
    const first = await holding(busy, RING);
    const { harness } = busy.scene;
    const second = await approved(busy.scene, CLUSTER, true);

    expect(await harness.through(harness.engine('w').advance(second, never))).toBe('parked');
    await harness.clock.advance(5000);
    expect(await harness.through(harness.engine('w').advance(second, never))).toBe('parked');
    const waiting = await harness.state(second);
    expect(waiting.lockWait).toMatchObject({ lock: RING, heldBy: first });
    expect(waiting.plan?.checks).toMatchObject([{ id: 'lock', verdict: 'warn', title: `Waits for ${first}` }]);
    const entries = await harness.store.auditEntries(0, 200);
    expect(entries.filter(({ entry }) => entry.action === 'lock-wait')).toHaveLength(1);

    busy.busy.clear();
    await harness.drive(first, 'a', 2000);
    expect((await harness.drive(second, 'b', 2000)).ended).toMatchObject({ outcome: 'succeeded' });
  });

  it('lets a run be cancelled while it waits', async () => {
    const busy = busyScene();
    await holding(busy, RING);
    const { harness } = busy.scene;
    const second = await approved(busy.scene, RING, true);
    await harness.through(harness.engine('w').advance(second, never));

    await harness.desk.cancel({ runId: second, actor: operator, idempotencyKey: 'c' });

    expect((await harness.drive(second)).ended).toMatchObject({ outcome: 'cancelled' });
    expect(new Set((await harness.store.locks()).map((lock) => lock.runId)).size).toBe(1);
  });
});

describe('two runs racing for one lock', () => {
  it.each([
    [CLUSTER, CLUSTER],
    [RING, CLUSTER],
    [CLUSTER, POOL],
  ])('%s and %s: one wins, the other is refused and changes nothing', async (a, b) => {
    const { scene, busy } = busyScene();
    const runs = [await approved(scene, a), await approved(scene, b)];
    for (const runId of runs) busy.add(runId);
    const ran = new Set<string>();
    const run = scene.script.run.bind(scene.script);
    scene.script.run = async (context, state) => {
      ran.add(context.runId);
      return await run(context, state);
    };
    const { harness } = scene;

    await harness.through(
      Promise.all(runs.map(async (runId, each) => await harness.engine(`w${each}`).advance(runId, never))),
    );

    const states = await Promise.all(runs.map(async (runId) => await harness.state(runId)));
    expect(states.map((state) => state.ended?.reason ?? 'running').toSorted()).toEqual(['lock-held', 'running']);
    const holders = new Set((await harness.store.locks()).map((lock) => lock.runId));
    expect([...holders]).toHaveLength(1);
    expect([...ran]).toEqual([...holders]);
  });

  it('each lock names its owner, the command and since when', async () => {
    const busy = busyScene();
    const runId = await holding(busy, RING);

    expect((await busy.scene.store.locks()).filter((lock) => lock.name === RING)).toEqual([
      {
        name: RING,
        runId,
        owner: operator.user,
        reason: '/kube valve prod',
        since: expect.stringMatching(/^2026-01-01T/),
      },
    ]);
  });

  it('is held through a second gate and through a restart of every process', async () => {
    const scene = createScriptedScene({ risks: ['disruptive', 'disruptive'], gates: [sampleDraftGate()] });
    const runId = await approved(scene, RING);

    const waiting = await scene.harness.drive(runId, 'first');
    expect(openGate(waiting)?.spec.id).toBe('second');
    expect((await scene.store.locks()).filter((lock) => lock.name === RING)).toMatchObject([{ name: RING, runId }]);
    await scene.harness.approve(runId);

    expect((await scene.harness.drive(runId, 'after-restart')).ended?.outcome).toBe('succeeded');
  });
});

/** How to bring a run to each ending; all of them hold the lock on the way where they can. */
const ENDINGS: Readonly<Record<RunOutcome, (scene: ScriptedScene) => Promise<string>>> = {
  succeeded: async (scene) => await approved(scene, RING),
  'nothing-to-do': async ({ harness, script }) => {
    script.risks = [];
    return await harness.start([RING]);
  },
  planned: async ({ harness }) => await harness.start([RING], { dryRun: true }),
  blocked: async (scene) => {
    const runId = await approved(scene, RING);
    scene.script.run = () => ({ kind: 'stop', reason: 'check-blocked', note: '' });
    return runId;
  },
  rejected: async ({ harness }) => {
    const runId = await harness.start([RING]);
    await harness.drive(runId);
    await harness.reject(runId);
    return runId;
  },
  expired: async ({ harness }) => {
    const runId = await harness.start([RING]);
    await harness.drive(runId);
    await harness.clock.advance(3_600_000);
    await harness.through(harness.engine('w').advance(runId, never));
    return runId;
  },
  cancelled: async (scene) => {
    const runId = await approved(scene, RING);
    scene.script.run = async () => {
      await scene.harness.desk.cancel({ runId, actor: operator, idempotencyKey: 'c' });
      return { kind: 'again', afterMs: 1000, state: null, note: '' };
    };
    return runId;
  },
  drifted: async (scene) => {
    scene.script.check = () => ({ kind: 'stop', reason: 'plan-drifted', note: '' });
    return await approved(scene, RING);
  },
  failed: async (scene) => {
    scene.script.verify = () => ({ kind: 'stop', reason: 'not-verified', note: '' });
    return await approved(scene, RING);
  },
  'needs-a-person': async (scene) => {
    scene.script.run = () => ({ kind: 'stop', reason: 'member-silent', note: '' });
    return await approved(scene, RING);
  },
};

describe('locks are free again after the end', () => {
  it.each(Object.entries(ENDINGS))('%s', async (outcome, prepare) => {
    const scene = createScriptedScene();
    const runId = await prepare(scene);

    const ended = await scene.harness.drive(runId);

    expect(ended.ended?.outcome).toBe(outcome);
    expect(await scene.store.locks()).toEqual([]);
    expect(await scene.store.unfinished()).toEqual([]);
  });
});
