import { describe, expect, it } from 'vitest';
import { createFakeWitness } from '../../fakes/witness.ts';
import { operator } from '../../support/engine-harness.ts';
import { approvedRun, createScene } from '../../support/engine-scene.ts';

const never = new AbortController().signal;
const UNNOTED = 'the cluster could take no note of this call, because its etcd is full';

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

    // The note stays in the way of the next run, until a person has looked and deleted it.
    const next = await approvedRun(scene, ['b']);
    expect((await harness.drive(next)).ended).toMatchObject({
      reason: 'witness-contradiction',
      note: expect.stringMatching(
        new RegExp(`remembers run ${runId} .* which ended; its record does not have this call`),
      ),
    });
    expect(world.turns).toEqual(['a']);
    witness.notes.delete(runId);
    world.isTurned = async (valve) => await Promise.resolve(world.turns.includes(valve));
    expect((await harness.drive(await approvedRun(scene, ['b']))).ended).toMatchObject({ reason: 'done' });
    expect(witness.notes.size).toBe(0);
  });

  it('catches a run store that was restored to the middle of a run that is over: its note is gone', async () => {
    const scene = createScene();
    const { harness, store, world } = scene;
    const witness = createFakeWitness();
    harness.witness = witness;
    const runId = await approvedRun(scene, ['a', 'b']);
    const turn = world.turn.bind(world);
    let older: ReturnType<typeof store.memory.runs.get>;
    world.turn = async (valve) => {
      // The first call was made and looked at; the second one is announced.
      if (valve === 'b') older = structuredClone(store.memory.runs.get(runId));
      await turn(valve);
    };
    expect((await harness.drive(runId)).ended).toMatchObject({ reason: 'done' });
    expect(witness.notes.size).toBe(0);
    if (older === undefined) throw new Error('no run');
    const announced = older.events.findLastIndex((event) => event.includes('"type":"intent"'));
    const events = older.events.slice(0, announced);
    store.memory.runs.set(runId, { ...older, events, version: older.version - 1, lease: null });
    store.memory.due.set(runId, harness.clock.nowMs());

    const { ended } = await harness.drive(runId);

    expect(ended).toMatchObject({
      reason: 'witness-contradiction',
      note: expect.stringMatching(/^The cluster took note of turn of a, .* remembers nothing of this run now/),
    });
    expect(world.turns).toEqual(['a', 'b']);
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
    // What the stopped run leaves would stop the other one.
    expect([...witness.notes.keys()]).toEqual(['defrag-other-1111']);
  });

  it('of a second installation that comes in between two calls stops the run, and takes its own note back', async () => {
    const scene = createScene();
    const witness = createFakeWitness();
    scene.harness.witness = witness;
    const runId = await approvedRun(scene, ['a', 'b']);
    const turn = scene.world.turn.bind(scene.world);
    scene.world.turn = async (valve) => {
      await turn(valve);
      const mine = witness.notes.get(runId);
      if (mine !== undefined) witness.notes.set('defrag-other-1111', { ...mine, run: 'defrag-other-1111' });
    };

    const { ended, acts } = await scene.harness.drive(runId);

    expect(ended).toMatchObject({ reason: 'witness-contradiction' });
    expect(acts.map(({ observed }) => observed?.result)).toEqual(['done', 'not-done']);
    expect(scene.world.turns).toEqual(['a']);
    expect([...witness.notes.keys()]).toEqual(['defrag-other-1111']);
  });

  it('stays what it was after a contradiction, and no later worker passes it', async () => {
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
    store.memory.runs.set(runId, older);
    world.isTurned = async () => await Promise.resolve(false);
    await harness.clock.advance(40_000);
    // The second worker dies right after it has stored its announcement, before it tells the cluster.
    harness.crashAt = { point: 'intent-after-store', count: 1 };
    void harness.engine('second').advance(runId, never);
    await harness.clock.advance(0);

    const ended = await harness.drive(runId, 'third');

    expect(ended.ended).toMatchObject({ reason: 'witness-contradiction' });
    expect(world.turns).toEqual(['a']);
    expect(witness.notes.get(runId)).toMatchObject({ item: 'a', acts: 1 });
  });

  it('stores that a call was not made and the end in one write', async () => {
    const scene = createScene();
    const witness = createFakeWitness();
    witness.away = 'no answer';
    scene.harness.witness = witness;
    const runId = await approvedRun(scene, ['a']);
    await scene.harness.drive(runId);
    const events = (await scene.store.read(runId))?.events ?? [];
    const types = events.map((event) =>
      typeof event === 'object' && event !== null && 'type' in event ? event.type : '',
    );

    expect(types.slice(types.indexOf('intent'), types.indexOf('intent') + 3)).toEqual(['intent', 'observed', 'ending']);
  });

  it('that has no room for a note, and contradicts nothing, lets the call be made: it is what frees the room', async () => {
    const scene = createScene();
    const witness = createFakeWitness();
    witness.full = 'etcdserver: mvcc: database space exceeded';
    scene.harness.witness = witness;
    const runId = await approvedRun(scene, ['a', 'b']);
    const turn = scene.world.turn.bind(scene.world);
    scene.world.turn = async (valve) => {
      await turn(valve);
      witness.full = null;
    };

    const { ended, acts } = await scene.harness.drive(runId);
    expect(ended).toMatchObject({ reason: 'done' });
    expect(scene.world.turns).toEqual(['a', 'b']);
    // People are told of each call that was not noted, and of no other.
    expect(acts.map(({ observed }) => observed?.note.includes(UNNOTED))).toEqual([true, false]);
  });

  it('that takes long has the step look again before it calls; a cancel meanwhile stops it', async () => {
    const scene = createScene();
    const { harness, world } = scene;
    const witness = createFakeWitness();
    harness.witness = witness;
    let slow = 1;
    witness.onAnnounce = async () => {
      slow -= 1;
      if (slow >= 0) await harness.clock.sleep(8000);
    };
    const runId = await approvedRun(scene, ['a']);
    const ended = await harness.drive(runId);

    expect(ended.ended).toMatchObject({ reason: 'done' });
    expect(world.turns).toEqual(['a']);
    expect(ended.acts.map(({ observed }) => observed?.result)).toEqual(['not-done', 'done']);

    const second = await approvedRun(scene, ['b']);
    witness.onAnnounce = async () =>
      void (await harness.desk.cancel({ runId: second, actor: operator, idempotencyKey: 'stop' }));
    expect((await harness.drive(second)).ended).toMatchObject({ reason: 'cancelled' });
    expect(world.turns).toEqual(['a']);
  });
});
