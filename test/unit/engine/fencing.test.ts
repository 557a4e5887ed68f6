import { describe, expect, it } from 'vitest';
import { foldRun } from '../../../src/core/run-state.ts';
import { approvedRun, createScene } from '../../support/engine-scene.ts';

const never = new AbortController().signal;

describe('leases and fencing', () => {
  it('lets a doubled wake-up end at once while the lease is held', async () => {
    const scene = createScene();
    const { harness, knobs } = scene;
    const runId = await approvedRun(scene, ['a']);
    const answers: string[] = [];
    knobs.onRun = async () => {
      answers.push(await harness.engine('second').advance(runId, never));
    };

    await harness.drive(runId);

    expect(answers[0]).toBe('held');
    expect(scene.world.turns).toEqual(['a']);
  });

  it('drops everything when the lease was lost before the call: nothing is called, nothing is written', async () => {
    const scene = createScene();
    const { harness, knobs, store } = scene;
    const runId = await approvedRun(scene, ['a']);
    let versionAtLoss = 0;
    knobs.onRun = async () => {
      knobs.onRun = () => undefined;
      const run = store.memory.runs.get(runId);
      if (run === undefined) throw new Error('no run');
      run.lease = null;
      await store.claim(runId, 'thief', 30_000, harness.clock.nowMs());
      versionAtLoss = (await store.read(runId))?.version ?? 0;
    };

    const outcome = await harness.through(harness.engine('victim').advance(runId, never));

    expect(outcome).toBe('lost');
    expect(scene.world.turns).toEqual([]);
    expect((await store.read(runId))?.version).toBe(versionAtLoss);
  });

  it('makes no destructive call when too little of the lease is left and it cannot be renewed', async () => {
    const scene = createScene();
    const { harness, knobs, store } = scene;
    const runId = await approvedRun(scene, ['a']);
    knobs.onRun = () => {
      store.remaining = async () => 500;
    };

    const outcome = await harness.through(harness.engine('w').advance(runId, never));

    expect(outcome).toBe('lost');
    expect(scene.world.turns).toEqual([]);
    expect(
      foldRun((await store.read(runId)) ?? { id: '', version: 0, epoch: 0, events: [], scratch: null }).acts,
    ).toMatchObject([{ item: 'a', observed: null }]);
  });

  it('gives the lease back on shutdown, and the successor goes on', async () => {
    const scene = createScene();
    const { harness, knobs, world } = scene;
    const runId = await approvedRun(scene, ['a', 'b']);
    const shutdown = new AbortController();
    knobs.onRun = (valve) => {
      if (valve === 'b') shutdown.abort('shutdown');
    };
    let last = '';
    for (let round = 0; round < 5 && last !== 'shutdown'; round += 1) {
      last = await harness.through(harness.engine('old').advance(runId, shutdown.signal));
      await harness.clock.advance(1500);
    }
    expect(last).toBe('shutdown');
    knobs.onRun = () => undefined;

    const ended = await harness.drive(runId, 'new');

    expect(ended.ended).toMatchObject({ outcome: 'succeeded' });
    expect(world.turns).toEqual(['a', 'b']);
  });

  it('does not run a plan that was changed in the store', async () => {
    const scene = createScene();
    const { harness, store, world } = scene;
    const runId = await approvedRun(scene, ['a']);
    const run = store.memory.runs.get(runId);
    if (run === undefined) throw new Error('no run');
    run.events.splice(
      0,
      run.events.length,
      ...run.events.map((event) => event.replace('"valves":["a"]', '"valves":["b"]')),
    );

    const ended = await harness.drive(runId);

    expect(ended.ended).toMatchObject({ outcome: 'failed', reason: 'plan-tampered' });
    expect(world.turns).toEqual([]);
  });

  it.each(['{"v":1,"at":"2026-01-01T00:00:00.000Z","type":"from-the-future"}', '{"v":2,"type":"requested"}', '{'])(
    'parks a run with an event it does not know for a newer worker: %s',
    async (event) => {
      const scene = createScene();
      const { harness, store, world } = scene;
      const runId = await approvedRun(scene, ['a']);
      const run = store.memory.runs.get(runId);
      run?.events.push(event);

      expect(await harness.through(harness.engine('old').advance(runId, never))).toBe('parked');
      expect(await store.unfinished()).toEqual([runId]);
      expect(world.turns).toEqual([]);
      run?.events.pop();
      await harness.clock.advance(31_000);

      expect((await harness.drive(runId, 'new')).ended).toMatchObject({ outcome: 'succeeded' });
    },
  );

  it.each(['before', 'after'] as const)(
    'goes on when the store comes back within the lease (answers lost %s the write), and repeats nothing',
    async (when) => {
      const scene = createScene();
      const { harness, store, world } = scene;
      const runId = await approvedRun(scene, ['a']);
      const turn = world.turn.bind(world);
      world.turn = async (valve) => {
        await turn(valve);
        store.failures.failNext('append', when, 3);
      };

      const ended = await harness.drive(runId);

      expect(ended.ended).toMatchObject({ outcome: 'succeeded' });
      expect(world.turns).toEqual(['a']);
    },
  );
});
