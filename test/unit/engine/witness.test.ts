import { describe, expect, it } from 'vitest';
import { createFakeWitness } from '../../fakes/witness.ts';
import { approvedRun, createScene } from '../../support/engine-scene.ts';

const never = new AbortController().signal;

describe('the second witness', () => {
  it('is told of each call before it is made, and forgets the run that ended', async () => {
    const scene = createScene();
    const { harness, world } = scene;
    const witness = createFakeWitness();
    harness.witness = witness;
    const seen: unknown[] = [];
    const runId = await approvedRun(scene, ['a', 'b']);
    const turn = world.turn.bind(world);
    world.turn = async (valve) => {
      seen.push({ valve, note: witness.notes.get(runId) });
      await turn(valve);
    };

    expect((await harness.drive(runId)).ended).toMatchObject({ reason: 'done' });
    expect(seen).toEqual([
      { valve: 'a', note: expect.objectContaining({ item: 'a', acts: 1, observed: false }) },
      {
        valve: 'b',
        note: expect.objectContaining({
          item: 'b',
          acts: 2,
          observed: false,
          locks: expect.arrayContaining(['cluster/prod/valves']),
        }),
      },
    ]);
    expect(witness.notes.size).toBe(0);
  });

  it('that cannot be told stops the call: it is stored as not made, and the run fails', async () => {
    const scene = createScene();
    const witness = createFakeWitness();
    witness.away = 'Lease drydock-x cannot be written: forbidden';
    scene.harness.witness = witness;
    const runId = await approvedRun(scene, ['a']);

    const ended = await scene.harness.drive(runId);

    expect(ended.ended).toMatchObject({ outcome: 'failed', reason: 'witness-unavailable', note: witness.away });
    expect(ended.acts[0]?.observed).toMatchObject({
      result: 'not-done',
      note: expect.stringContaining('was not made'),
    });
    expect(scene.world.turns).toEqual([]);
    expect(scene.world.signUp).toBe(false);
    expect(await scene.harness.store.locks()).toEqual([]);
  });

  it('catches a run store that was restored from an older state: no call is made twice', async () => {
    const scene = createScene();
    const { harness, store, world } = scene;
    const witness = createFakeWitness();
    harness.witness = witness;
    const runId = await approvedRun(scene, ['a', 'b']);
    const older = structuredClone(store.memory.runs.get(runId));
    if (older === undefined) throw new Error('no run');
    harness.crashAt = { point: 'call-made', count: 1 };
    void harness.engine('victim').advance(runId, never);
    await harness.clock.advance(0);
    expect(world.turns).toEqual(['a']);

    // The write of the announcement is lost with the store; what was turned is not seen, as with a slow gauge.
    store.memory.runs.set(runId, older);
    world.isTurned = async () => await Promise.resolve(false);
    const ended = await harness.drive(runId);

    expect(ended.ended).toMatchObject({ outcome: 'needs-a-person', reason: 'witness-contradiction' });
    expect(ended.ended?.note).toContain('The record is older than the cluster');
    expect(world.turns).toEqual(['a']);
  });

  it('catches a second installation on the same cluster', async () => {
    const scene = createScene();
    const witness = createFakeWitness();
    scene.harness.witness = witness;
    const runId = await approvedRun(scene, ['a']);
    witness.notes.set('defrag-other-1111', {
      run: 'defrag-other-1111',
      locks: ['cluster/prod'],
      epoch: 1,
      acts: 1,
      step: 0,
      item: 'z',
      action: 'turn',
      at: '2026-11-21T03:00:00.000Z',
      observed: false,
    });

    const ended = await scene.harness.drive(runId);

    expect(ended.ended).toMatchObject({
      reason: 'witness-contradiction',
      note: expect.stringContaining('defrag-other-1111'),
    });
    expect(scene.world.turns).toEqual([]);
  });
});
