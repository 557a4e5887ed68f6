import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../../../playground/waiting.ts';
import { TRIGGER_POINTS } from '../../../src/core/ports/runtime.ts';
import { type CrashScene, startCrashScene } from '../../support/crash-scene.ts';

describe('a real worker killed with SIGKILL', () => {
  let scene: CrashScene;

  beforeAll(async () => {
    scene = await startCrashScene();
  });
  afterAll(async () => {
    await scene.close();
  });

  it.each(TRIGGER_POINTS)('at %s: a successor ends the run well and turns every valve once', async (at) => {
    const valves = [`${at}-1`, `${at}-2`];
    const runId = await scene.ask(valves);
    const victim = await scene.worker({ at, signal: 'SIGKILL' });
    await scene.approveWhile(runId, () => victim.end() === undefined);
    expect(victim.end(), victim.output()).toMatchObject({ signal: 'SIGKILL' });

    const successor = await scene.worker(null);
    const ended = await scene.untilEnded(runId);
    await successor.kill();

    expect(ended.ended).toMatchObject({ outcome: 'succeeded' });
    expect((await scene.valves.turns()).filter((valve) => valve.startsWith(`${at}-`))).toEqual(valves);
    expect(await scene.valves.signUp()).toBe(false);
    expect(await scene.store.locks()).toEqual([]);
    expect(await scene.store.unfinished()).toEqual([]);
  });

  it('with Redis restarted in between: locks, gates and intents survive a restart of everything', async () => {
    const runId = await scene.ask(['restart-1', 'restart-2']);
    const victim = await scene.worker({ at: 'call-made', signal: 'SIGKILL' });
    await scene.approveWhile(runId, () => victim.end() === undefined);
    expect((await scene.store.locks()).map((lock) => lock.runId)).toEqual([runId]);
    await scene.redis.kill();
    await scene.redis.start();
    await waitFor(
      'the store to answer again',
      async () =>
        await scene.store.locks().then(
          (locks) => locks.length > 0,
          () => false,
        ),
    );

    const successor = await scene.worker(null);
    const ended = await scene.untilEnded(runId);
    await successor.kill();

    expect(ended.ended).toMatchObject({ outcome: 'succeeded' });
    expect((await scene.valves.turns()).filter((valve) => valve.startsWith('restart-'))).toEqual([
      'restart-1',
      'restart-2',
    ]);
  });
});
