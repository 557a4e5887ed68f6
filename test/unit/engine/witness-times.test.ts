import { describe, expect, it } from 'vitest';
import { createFakeWitness } from '../../fakes/witness.ts';
import { approvedRun, createScene } from '../../support/engine-scene.ts';

describe('the second witness and time', () => {
  it('forgets a run also when its last call was never noted', async () => {
    const scene = createScene();
    const witness = createFakeWitness();
    scene.harness.witness = witness;
    const runId = await approvedRun(scene, ['a', 'b']);
    let announced = 0;
    witness.onAnnounce = () => {
      announced += 1;
      witness.away = announced === 2 ? 'the API server restarts' : null;
    };
    witness.onForget = () => {
      witness.away = null;
    };

    const ended = await scene.harness.drive(runId);

    expect([ended.ended?.reason, ended.acts.length]).toEqual(['witness-unavailable', 2]);
    expect([...witness.notes.keys()]).toEqual([]);
  });

  it('has its time to forget, although the run is over and nobody holds it any more', async () => {
    const scene = createScene();
    const { harness } = scene;
    const witness = createFakeWitness();
    harness.witness = witness;
    const runId = await approvedRun(scene, ['a']);
    const aborted: boolean[] = [];
    witness.onForget = async (signal) => {
      await harness.clock.advance(40_000);
      aborted.push(signal.aborted);
    };

    expect((await harness.drive(runId)).ended).toMatchObject({ reason: 'done' });
    expect(aborted).toEqual([false]);
  });

  it.each([
    ['with a witness', () => createFakeWitness()],
    ['without one', () => null],
  ])('what a step saw is not used when announcing took longer than 5 s, %s', async (_, witness) => {
    const scene = createScene();
    const { harness, store, world } = scene;
    harness.witness = witness();
    const runId = await approvedRun(scene, ['a']);
    const append = store.append.bind(store);
    let slow = true;
    store.append = async (id, write) => {
      const stalls = slow && write.events.some(({ type }) => type === 'intent');
      if (stalls) slow = false;
      if (stalls) await harness.clock.advance(9000);
      return await append(id, write);
    };

    const ended = await harness.drive(runId);

    expect(ended.ended).toMatchObject({ reason: 'done' });
    expect(ended.acts.map(({ observed }) => observed?.result)).toEqual(['not-done', 'done']);
    expect(ended.acts[0]?.observed?.note).toContain('it took 9 s to announce it, so the step looks again first');
    expect(world.turns).toEqual(['a']);
  });
});
