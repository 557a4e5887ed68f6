import type { FakeRunStore } from '../fakes/run-store.ts';
import type { Harness } from './engine-harness.ts';
import { harnessInMemory } from './harness-in-memory.ts';
import { restingKnobs, type ValveKnobs, valveRunbook } from './valve-runbook.ts';
import { createValves, type FakeValves } from './valve-world.ts';

/** An engine over the fake store with the valve runbook. */
export interface Scene {
  readonly harness: Harness;
  readonly store: FakeRunStore;
  readonly world: FakeValves;
  readonly knobs: ValveKnobs;
}

/** Makes a scene at rest. */
export function createScene(): Scene {
  const world = createValves();
  const knobs = restingKnobs();
  const { harness, store } = harnessInMemory({ runbooks: [valveRunbook(world, knobs)] });
  return { harness, store, world, knobs };
}

/** Starts a run and has it approved. */
export async function approvedRun(scene: Scene, valves: readonly string[]): Promise<string> {
  const runId = await scene.harness.start(valves);
  await scene.harness.drive(runId);
  const word = await scene.harness.approve(runId);
  if (!word.ok) throw new Error(`the approval was refused: ${word.reason}`);
  return runId;
}
