import { describe, expect, it } from 'vitest';
import { createEngine } from '../../../src/engine/engine.ts';
import { approvedRun, createScene } from '../../support/engine-scene.ts';
import { createScriptedScene, DONE, driveScript } from '../../support/scripted-runbook.ts';

const never = new AbortController().signal;

describe('the store goes away', () => {
  it('for longer than the lease, while a step runs: the worker gives up, a successor looks first and ends the run', async () => {
    const scene = createScene();
    const { harness, store, world } = scene;
    const runId = await approvedRun(scene, ['a', 'b']);
    const turn = world.turn.bind(world);
    world.turn = async (valve) => {
      await turn(valve);
      if (world.turns.length === 1) store.failures.setDown(true);
    };

    expect(await harness.through(harness.engine('old').advance(runId, never))).toMatch(/^(failed|lost)$/);
    store.failures.setDown(false);
    const ended = await harness.drive(runId, 'new', 200);

    expect(ended.ended?.outcome).toBe('succeeded');
    expect(world.turns).toEqual(['a', 'b']);
    expect(ended.acts[0]?.observed?.note).toBe('looked after a crash');
  });

  it('before the wake-up: nothing happens, and nothing is lost', async () => {
    const scene = createScene();
    const runId = await scene.harness.start(['a']);
    scene.store.failures.failNext('claim');

    expect(await scene.harness.engine('w').advance(runId, never)).toBe('failed');
    expect(await scene.store.due(scene.harness.clock.nowMs(), 9, 0)).toEqual([runId]);
  });

  it('when the run is parked or released: the lease runs out, the sweep finds it', async () => {
    const scene = createScene();
    const { harness, store } = scene;
    const runId = await harness.start(['a']);
    store.failures.failNext('park');

    expect(await harness.through(harness.engine('w').advance(runId, never))).toBe('failed');
    await harness.clock.advance(31_000);

    expect(await store.due(harness.clock.nowMs(), 9, 0)).toEqual([runId]);
  });

  it('for a moment, while the lease is renewed: the step goes on', async () => {
    const scene = createScriptedScene();
    scene.script.run = async (context) => {
      scene.store.failures.failNext('renew', 'before', 3);
      await context.pause(120_000);
      return DONE;
    };

    expect((await driveScript(scene)).ended?.outcome).toBe('succeeded');
  });

  it('for renewals only, until the lease is over: the step is stopped and its worker writes nothing more', async () => {
    const scene = createScriptedScene();
    const { harness, store, script } = scene;
    const runId = await harness.start(['x']);
    await harness.drive(runId);
    await harness.approve(runId);
    let stopped = '';
    script.run = async (context) => {
      store.failures.failNext('renew', 'before', 1000);
      context.signal.addEventListener('abort', () => {
        stopped = String(context.signal.reason);
      });
      await context.pause(600_000);
      return DONE;
    };

    expect(await harness.through(harness.engine('old').advance(runId, never))).toBe('lost');
    expect(stopped).toBe('lease-lost');
    const { version } = await harness.state(runId);
    await harness.clock.advance(60_000);
    expect((await harness.state(runId)).version).toBe(version);
  });

  it('comes back without the run: its worker drops it', async () => {
    const scene = createScriptedScene();
    const { harness, store, script } = scene;
    const runId = await harness.start(['x']);
    await harness.drive(runId);
    await harness.approve(runId);
    script.run = () => {
      store.memory.runs.delete(runId);
      return DONE;
    };

    expect(await harness.through(harness.engine('w').advance(runId, never))).toBe('lost');
  });
});

describe('a lease that is short', () => {
  it('is renewed right before a destructive call, and the call is made', async () => {
    const scene = createScriptedScene();
    const { harness, store, script } = scene;
    const calls: string[] = [];
    let asked = 0;
    const remaining = store.remaining.bind(store);
    store.remaining = async (lease) => {
      asked += 1;
      return asked === 1 ? 500 : await remaining(lease);
    };
    script.run = async (context) => {
      await context.act({ item: 'a', action: 'turn', facts: {} }, async () => calls.push('a'));
      await context.observed({ result: 'done', note: '', evidence: null });
      return DONE;
    };

    expect((await driveScript(scene)).ended?.outcome).toBe('succeeded');
    expect([calls, asked]).toEqual([['a'], 2]);
    expect(harness.reached).toContain('call-made');
  });
});

describe('a mistake in the engine itself, or in what it stands on', () => {
  it('does not end the process: the wake-up fails, is logged, and the run goes on after its lease', async () => {
    const scene = createScriptedScene();
    const { harness } = scene;
    const runId = await harness.start(['x']);
    const logged: string[] = [];
    const deps = harness.deps('w');
    const log = { ...deps.log, error: (message: string) => void logged.push(message), with: () => log };
    const digest = {
      of: () => {
        throw new Error('a bug');
      },
      text: () => '',
    };

    expect(await harness.through(createEngine({ ...deps, log, digest }).advance(runId, never))).toBe('failed');
    expect(logged).toEqual(['advancing a run threw']);

    expect((await harness.drive(runId, 'fixed', 200)).plan).not.toBeNull();
  });
});

it('lets go of a run when one call fails for ever although the lease is renewed', async () => {
  const scene = createScene();
  const runId = await approvedRun(scene, ['a']);
  scene.store.append = async () => await Promise.reject(new Error('this answer cannot be read'));

  const began = scene.harness.clock.nowMs();
  const how = await scene.harness.through(scene.harness.engine('w').advance(runId, new AbortController().signal));

  expect(how).toBe('failed');
  expect(scene.harness.clock.nowMs() - began).toBeLessThan(60_000);
  expect(scene.world.turns).toEqual([]);
});
