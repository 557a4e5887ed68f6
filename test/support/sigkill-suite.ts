import { afterAll, beforeAll, expect, it } from 'vitest';
import type { TriggerPoint } from '../../src/core/ports/runtime.ts';
import { type CrashScene, startCrashScene } from './crash-scene.ts';
import { SWEEP_FAILED } from './sweep-on.ts';

/** A real worker is killed with SIGKILL at each of the points; a real successor must end the run well. */
export function sigkillSuite(points: readonly TriggerPoint[]): void {
  let scene: CrashScene;

  beforeAll(async () => {
    scene = await startCrashScene();
  });
  afterAll(async () => {
    await scene.close();
  });

  it.each(points)('at %s: a successor ends the run well and turns every valve once', async (at) => {
    const valves = [`${at}-1`, `${at}-2`];
    const runId = await scene.ask(valves);
    const victim = await scene.worker({ at, signal: 'SIGKILL' });
    await scene.approveWhile(runId, () => victim.end() === undefined);
    expect(victim.end(), victim.output()).toMatchObject({ signal: 'SIGKILL' });

    const successor = await scene.worker(null);
    const ended = await scene.untilEnded(runId);
    await successor.kill();

    expect(ended.ended).toMatchObject({ outcome: 'succeeded' });
    // Nobody was frozen: each question to Redis is answered in time.
    expect(victim.output() + successor.output()).not.toContain(SWEEP_FAILED);
    expect((await scene.valves.turns()).filter((valve) => valve.startsWith(`${at}-`))).toEqual(valves);
    expect(await scene.valves.signUp()).toBe(false);
    expect(await scene.store.locks()).toEqual([]);
    expect(await scene.store.unfinished()).toEqual([]);
  });
}
