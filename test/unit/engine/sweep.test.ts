import { describe, expect, it } from 'vitest';
import { createEngine } from '../../../src/engine/engine.ts';
import { sweep } from '../../../src/engine/sweep.ts';
import { createFakeDoorbell } from '../../fakes/doorbell.ts';
import { approver } from '../../support/engine-harness.ts';
import { approvedRun, createScene, type Scene } from '../../support/engine-scene.ts';
import { createScriptedScene, DONE } from '../../support/scripted-runbook.ts';

const never = new AbortController().signal;

/** A scene whose workers wake only by rings of this bell; nothing else advances a run. */
function belled(scene: Pick<Scene, 'harness' | 'store'>) {
  const bell = createFakeDoorbell();
  const { harness } = scene;
  const look = async (): Promise<number> => await sweep({ ...harness.deps('sweeper'), doorbell: bell });
  let wakes = 0;
  /** Answers every ring there is. */
  const answer = async (): Promise<void> => {
    for (const runId of bell.take()) {
      wakes += 1;
      await harness.through(harness.engine(`w${wakes}`).advance(runId, never));
    }
  };
  /** Sweeps every second and answers rings, for so many seconds. */
  const live = async (seconds: number): Promise<void> => {
    for (let second = 0; second < seconds; second += 1) {
      await look();
      await answer();
      await harness.clock.advance(1000);
    }
  };
  return { bell, look, answer, live, wakes: () => wakes };
}

/** Waits for people, gets its approval, and lives on until it ends. Only the sweep rings; all other rings are lost. */
async function liveThrough(scene: Scene, mode: 'work' | 'double') {
  const ears = belled(scene);
  ears.bell.setMode(mode);
  const runId = await scene.harness.start(['a', 'b']);
  await ears.live(3);
  await scene.harness.approve(runId);
  await ears.live(30);
  return { ended: (await scene.harness.state(runId)).ended, wakes: ears.wakes() };
}

describe('rings that get lost or doubled', () => {
  it('the sweep alone brings a run to its end: every ring of people and workers was lost', async () => {
    const scene = createScene();

    const { ended } = await liveThrough(scene, 'work');

    expect(ended).toMatchObject({ outcome: 'succeeded' });
    expect(scene.world.turns).toEqual(['a', 'b']);
  });

  it('doubled rings double nothing', async () => {
    const scene = createScene();

    const { ended, wakes } = await liveThrough(scene, 'double');

    expect(ended).toMatchObject({ outcome: 'succeeded' });
    expect(scene.world.turns).toEqual(['a', 'b']);
    expect(wakes % 2).toBe(0);
  });

  it('two rings at once: one worker works, the other ends at once', async () => {
    const scene = createScene();
    const runId = await approvedRun(scene, ['a']);
    const wakeUps = ['x', 'y'].map(async (worker) => await scene.harness.engine(worker).advance(runId, never));

    expect((await scene.harness.through(Promise.all(wakeUps))).toSorted()).toEqual(['held', 'parked']);
    expect(scene.world.turns).toEqual(['a']);
  });

  it('a ring for a run that ended, or never was, does nothing', async () => {
    const scene = createScene();
    const runId = await approvedRun(scene, ['a']);
    await scene.harness.drive(runId);
    const before = await scene.store.read(runId);

    expect(await scene.harness.engine('w').advance(runId, never)).toBe('held');
    expect(await scene.harness.engine('w').advance('valve-prod-none', never)).toBe('held');
    expect(await scene.store.read(runId)).toEqual(before);
  });
});

describe('what the sweep rings', () => {
  it('a run that was just asked for, once, and again after a while if nobody came', async () => {
    const scene = createScene();
    const { bell, look } = belled(scene);
    const runId = await scene.harness.start(['a']);

    expect([await look(), await look()]).toEqual([1, 0]);
    expect(bell.take()).toEqual([runId]);
    await scene.harness.clock.advance(4999);
    expect(await look()).toBe(0);
    await scene.harness.clock.advance(1);
    expect(await look()).toBe(1);
  });

  it('a run whose worker died, when its lease is over and not before', async () => {
    const scene = createScene();
    const { look } = belled(scene);
    const runId = await scene.harness.start(['a']);
    await scene.store.claim(runId, 'dead', 30_000, scene.harness.clock.nowMs());

    await scene.harness.clock.advance(29_999);
    expect(await look()).toBe(0);
    await scene.harness.clock.advance(1);
    expect(await look()).toBe(1);
  });

  it('not a run whose worker lives and renews its lease', async () => {
    const scene = createScriptedScene();
    const { harness } = scene;
    const { look } = belled(scene);
    const seen: number[] = [];
    scene.script.run = async (context) => {
      for (let minute = 0; minute < 5; minute += 1) {
        await context.pause(60_000);
        seen.push(await look());
      }
      return DONE;
    };
    const runId = await harness.start(['x']);
    await harness.drive(runId);
    await harness.approve(runId);

    await harness.drive(runId);

    expect(seen).toEqual([0, 0, 0, 0, 0]);
  });

  it('a paused step when its time has come', async () => {
    const scene = createScriptedScene();
    const { harness } = scene;
    const { look, answer, bell } = belled(scene);
    let runs = 0;
    scene.script.run = () => {
      runs += 1;
      return runs === 1 ? { kind: 'again', afterMs: 600_000, state: { cursor: 1 }, note: 'pause' } : DONE;
    };
    const runId = await harness.start(['x']);
    await harness.drive(runId);
    await harness.approve(runId);
    await look();
    await answer();

    await harness.clock.advance(599_999);
    expect(await look()).toBe(0);
    await harness.clock.advance(1);
    expect(await look()).toBe(1);
    expect(bell.pending).toEqual([runId]);
    await answer();
    expect((await harness.state(runId)).ended?.outcome).toBe('succeeded');
  });

  it('a gate when it expires, and nothing while it waits for people', async () => {
    const scene = createScene();
    const { look, answer, live } = belled(scene);
    const runId = await scene.harness.start(['a']);
    await look();
    await answer();

    await scene.harness.clock.advance(30 * 60_000 - 1);
    expect(await look()).toBe(0);
    await scene.harness.clock.advance(1);
    await live(1);

    expect((await scene.harness.state(runId)).ended?.outcome).toBe('expired');
  });

  it('a run that waits for people, as soon as somebody voted', async () => {
    const scene = createScene();
    const { look, answer } = belled(scene);
    const runId = await scene.harness.start(['a']);
    await look();
    await answer();
    expect(await look()).toBe(0);

    await scene.harness.approve(runId, approver);

    expect(await look()).toBe(1);
  });

  it('at most a hundred at a time, those first that waited longest', async () => {
    const scene = createScene();
    const { look, bell } = belled(scene);
    const asked: string[] = [];
    for (let each = 0; each < 120; each += 1) {
      asked.push(await scene.harness.start(['a']));
      await scene.harness.clock.advance(1);
    }

    expect([await look(), await look(), await look()]).toEqual([100, 20, 0]);
    expect(bell.take()).toEqual(asked);
  });

  it('all the others when one cannot be rung, and that one the next time', async () => {
    const scene = createScene();
    const { look, bell } = belled(scene);
    await scene.harness.start(['a']);
    await scene.harness.start(['b']);
    bell.setMode('fail');

    expect(await look()).toBe(2);
    expect(bell.pending).toEqual([]);
    bell.setMode('work');
    await scene.harness.clock.advance(5000);
    expect(await look()).toBe(2);
    expect(bell.pending).toHaveLength(2);
  });

  it('nothing while the store is away; it throws, and nothing is lost', async () => {
    const scene = createScene();
    const engine = createEngine(scene.harness.deps('w'));
    await scene.harness.start(['a']);
    scene.store.failures.setDown(true);
    await expect(engine.sweep()).rejects.toThrow('cannot be reached');
    scene.store.failures.setDown(false);

    expect(await engine.sweep()).toBe(1);
  });
});
