import { describe, expect, it } from 'vitest';
import { createFakeWitness } from '../../fakes/witness.ts';
import { approvedRun, createScene, type Scene } from '../../support/engine-scene.ts';

const never = new AbortController().signal;

/** Right after the first call the store loses everything since just before its announcement, but not the lease. */
function loseAnnouncementOf(scene: Scene, runId: string): void {
  const { store, world } = scene;
  const turn = world.turn.bind(world);
  world.turn = async (valve) => {
    await turn(valve);
    world.turn = turn;
    const run = store.memory.runs.get(runId);
    const at = run?.events.findLastIndex((event) => event.includes('"type":"intent"')) ?? -1;
    if (run === undefined || at < 0) throw new Error('no announcement');
    run.version -= run.events.length - at;
    run.events.splice(at);
  };
}

describe('a store that loses its last writes under a worker that lives on', () => {
  it('has the worker drop the run: it writes nothing more, and does not try for ever', async () => {
    const scene = createScene();
    const { harness, store, world } = scene;
    const runId = await approvedRun(scene, ['a', 'b']);
    loseAnnouncementOf(scene, runId);

    expect(await harness.through(harness.engine('first').advance(runId, never))).toBe('lost');

    expect(world.turns).toEqual(['a']);
    expect((await harness.state(runId)).acts).toEqual([]);
    expect(await store.unfinished()).toEqual([runId]);
  });

  it('ends for a person where the cluster remembers the call', async () => {
    const scene = createScene();
    const { harness, world } = scene;
    harness.witness = createFakeWitness();
    const runId = await approvedRun(scene, ['a', 'b']);
    loseAnnouncementOf(scene, runId);
    // What was turned is not seen, as with a slow gauge.
    world.isTurned = async () => await Promise.resolve(false);

    expect((await harness.drive(runId)).ended).toMatchObject({
      outcome: 'needs-a-person',
      reason: 'witness-contradiction',
    });
    expect(world.turns).toEqual(['a']);
  });

  it('without a witness the next worker goes on from what stands there: only the look of the step speaks against a second call', async () => {
    const scene = createScene();
    const { harness, world } = scene;
    const runId = await approvedRun(scene, ['a', 'b']);
    loseAnnouncementOf(scene, runId);

    expect((await harness.drive(runId)).ended).toMatchObject({ outcome: 'succeeded' });
    // These valves are turned without a look.
    expect(world.turns).toEqual(['a', 'a', 'b']);
  });
});
