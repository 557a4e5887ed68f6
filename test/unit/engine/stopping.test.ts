import { describe, expect, it } from 'vitest';
import { operator } from '../../support/engine-harness.ts';
import { approvedRun, createScene } from '../../support/engine-scene.ts';

const never = new AbortController().signal;

describe('stopping a worker while a step runs', () => {
  it('waits for a call in flight, stores what was seen, and starts no other', async () => {
    const scene = createScene();
    const { harness, world } = scene;
    const runId = await approvedRun(scene, ['a', 'b']);
    const shutdown = new AbortController();
    const turn = world.turn.bind(world);
    world.turn = async (valve) => {
      shutdown.abort('shutdown');
      await harness.clock.sleep(5000);
      await turn(valve);
    };

    expect(await harness.through(harness.engine('old').advance(runId, shutdown.signal))).toBe('shutdown');

    const left = await harness.state(runId);
    expect(left.acts).toMatchObject([{ item: 'a', observed: { result: 'done' } }]);
    expect(world.turns).toEqual(['a']);
    world.turn = turn;
    expect((await harness.drive(runId, 'new')).ended).toMatchObject({ outcome: 'succeeded' });
    expect(world.turns).toEqual(['a', 'b']);
  });

  it('leaves a call that outlasts the grace to the successor, which looks and does not repeat it', async () => {
    const scene = createScene();
    const { harness, world } = scene;
    const runId = await approvedRun(scene, ['a']);
    const shutdown = new AbortController();
    const turn = world.turn.bind(world);
    world.turn = async (valve) => {
      await turn(valve);
      shutdown.abort('shutdown');
      await harness.clock.sleep(3_600_000, shutdownSignal(scene));
    };
    const old = harness.engine('old').advance(runId, shutdown.signal);
    await harness.clock.advance(19_000);
    expect((await harness.state(runId)).acts).toMatchObject([{ observed: null }]);

    expect(await harness.through(old)).toBe('shutdown');
    world.turn = turn;

    expect((await harness.drive(runId, 'new')).ended).toMatchObject({ outcome: 'succeeded' });
    expect(world.turns).toEqual(['a']);
  });

  it.each(['shutdown', 'cancel'] as const)(
    'stores no answer that a step made of readings broken off by a %s',
    async (how) => {
      const scene = createScene();
      const { harness, world } = scene;
      const runId = await approvedRun(scene, ['a']);
      const shutdown = new AbortController();
      const seen = world.isTurned.bind(world);
      world.isTurned = async (valve) => {
        if (!world.turned.has('a') || shutdown.signal.aborted) return await seen(valve);
        if (how === 'shutdown') shutdown.abort('shutdown');
        else await harness.desk.cancel({ runId, actor: operator, idempotencyKey: 'c' });
        await harness.clock.sleep(3000);
        // What a port answers once the signal fired: nothing could be read.
        return false;
      };
      let how1 = '';
      for (let round = 0; round < 5 && how1 !== 'shutdown' && how1 !== 'ended'; round += 1) {
        how1 = await harness.through(harness.engine('old').advance(runId, shutdown.signal));
        await harness.clock.advance(1500);
      }
      world.isTurned = seen;

      const ended = await harness.drive(runId, 'new');

      expect(ended.ended?.outcome).toBe(how === 'shutdown' ? 'succeeded' : 'cancelled');
    },
  );

  it('plans anew after a shutdown in the middle of planning', async () => {
    const scene = createScene();
    const { harness, knobs } = scene;
    const shutdown = new AbortController();
    knobs.onPlan = () => {
      shutdown.abort('shutdown');
    };
    const runId = await harness.start(['a']);

    expect(await harness.through(harness.engine('old').advance(runId, shutdown.signal))).toBe('shutdown');
    expect((await harness.state(runId)).plan).toBeNull();
    knobs.onPlan = () => undefined;

    expect((await harness.drive(runId, 'new')).plan).not.toBeNull();
  });

  it('puts back what was changed when it is stopped while putting back; the successor writes the end', async () => {
    const scene = createScene();
    const { harness, world } = scene;
    const runId = await approvedRun(scene, ['a']);
    const shutdown = new AbortController();
    const sign = world.sign.bind(world);
    world.sign = async (up) => {
      if (!up) shutdown.abort('shutdown');
      await sign(up);
    };
    let how = '';
    for (let round = 0; round < 9 && how !== 'shutdown'; round += 1) {
      how = await harness.through(harness.engine('old').advance(runId, shutdown.signal));
      await harness.clock.advance(1500);
    }

    expect(how).toBe('shutdown');
    expect((await harness.state(runId)).cleanups).toMatchObject([{ status: 'done' }]);
    expect((await harness.state(runId)).ended).toBeNull();
    expect((await harness.drive(runId, 'new')).ended).toMatchObject({ outcome: 'succeeded' });
    expect(world.signUp).toBe(false);
  });

  it('looks at the call in flight when it is stopped while cancelling; the successor ends it as cancelled', async () => {
    const scene = createScene();
    const { harness, world } = scene;
    const runId = await approvedRun(scene, ['a', 'b']);
    const shutdown = new AbortController();
    const turn = world.turn.bind(world);
    world.turn = async (valve) => {
      await harness.desk.cancel({ runId, actor: operator, idempotencyKey: 'c' });
      shutdown.abort('shutdown');
      await turn(valve);
    };

    expect(await harness.through(harness.engine('old').advance(runId, shutdown.signal))).toBe('shutdown');
    expect((await harness.state(runId)).acts).toMatchObject([{ item: 'a', observed: { result: 'done' } }]);
    world.turn = turn;

    expect((await harness.drive(runId, 'new')).ended).toMatchObject({ outcome: 'cancelled' });
    expect(world.turns).toEqual(['a']);
    expect(world.signUp).toBe(false);
  });

  it('announces nothing once the step is out of time', async () => {
    const scene = createScene();
    const { harness, knobs } = scene;
    const runId = await approvedRun(scene, ['a']);
    knobs.onRun = async () => {
      await harness.clock.sleep(2 * 3_600_000);
    };

    await harness.through(harness.engine('w').advance(runId, never));
    const ended = await harness.drive(runId);

    expect(ended.ended).toMatchObject({ outcome: 'failed', reason: 'step-timed-out' });
    expect(ended.acts).toEqual([]);
    expect(scene.world.turns).toEqual([]);
  });
});

/** Fires when the engine gave the call up: the fake call then ends, as a real one would. */
function shutdownSignal(scene: ReturnType<typeof createScene>): AbortSignal {
  const given = new AbortController();
  void (async () => {
    await scene.harness.clock.sleep(25_000);
    given.abort();
  })();
  return given.signal;
}

describe('an approval', () => {
  it('does not stand for ever: a run that could not begin in time ends, and touches nothing', async () => {
    const scene = createScene();
    const { harness, world } = scene;
    const runId = await approvedRun(scene, ['a']);
    await harness.clock.advance(31 * 60_000);

    const ended = await harness.drive(runId);

    expect(ended.ended).toMatchObject({ outcome: 'expired', reason: 'approval-stale' });
    expect(world.turns).toEqual([]);
    expect(await harness.store.locks()).toEqual([]);
  });

  it('stands for one new run after a drift, however often Plan again is pressed', async () => {
    const scene = createScene();
    const { harness, world, knobs } = scene;
    const runId = await approvedRun(scene, ['a']);
    knobs.facts = { plant: 'b' };
    await harness.drive(runId);
    knobs.facts = { plant: 'a' };
    const press = async (key: string): Promise<unknown> =>
      await harness.desk.planAgain({
        runId,
        actor: operator,
        origin: { channel: 'C0', threadTs: null },
        idempotencyKey: key,
      });

    const first = await press('1');
    const second = await press('2');

    expect(first).toMatchObject({ kind: 'queued' });
    expect(second).toMatchObject({ kind: 'duplicate' });
    expect(await harness.store.unfinished()).toHaveLength(1);
    expect(world.turns).toEqual([]);
  });
});

describe('a lease', () => {
  it('is over by our own clock even when a renewal hangs: nothing is called after that', async () => {
    const scene = createScene();
    const { harness, knobs, store } = scene;
    const runId = await approvedRun(scene, ['a']);
    knobs.onRun = async () => {
      store.renew = async () => await new Promise<never>(() => undefined);
      await harness.clock.sleep(45_000);
    };

    expect(await harness.through(harness.engine('w').advance(runId, never))).toBe('lost');
    expect(scene.world.turns).toEqual([]);
  });
});
