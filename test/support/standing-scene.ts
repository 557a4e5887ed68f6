import { foldRun, type RunState } from '../../src/core/run-state.ts';
import type { ControlScene } from './control-scene.ts';
import { operator } from './engine-harness.ts';
import { VALVE_SCHEDULE } from './valve-schedule.ts';

/** A minute, ms. */
export const MINUTE_MS = 60_000;
/** An hour, ms. */
export const HOUR_MS = 60 * MINUTE_MS;
/** A day, ms. */
export const DAY_MS = 24 * HOUR_MS;
/** Firings of the scene, one a day. */
export const TIMES = Array.from({ length: 40 }, (_, day) => HOUR_MS + day * DAY_MS);

/** All runs, newest first. */
export async function runsOf(scene: ControlScene): Promise<readonly RunState[]> {
  const listed = await scene.store.list({ cluster: null, limit: 100 });
  const records = await Promise.all(listed.map(async ({ id }) => await scene.store.read(id)));
  return records.flatMap((record) => (record === null ? [] : [foldRun(record)]));
}

/** The newest run. */
export async function newest(scene: ControlScene): Promise<RunState> {
  const [run] = await runsOf(scene);
  if (run === undefined) throw new Error('no run was proposed');
  return run;
}

/** Schedules, asks for a standing approval, and has the question planned; answers its run. */
export async function asked(scene: ControlScene, lastsMs = 30 * DAY_MS): Promise<RunState> {
  await scene.as(operator.user).schedule({ ...VALVE_SCHEDULE, standingMs: lastsMs });
  await scene.keep();
  return await scene.harness.drive((await newest(scene)).id);
}

export async function granted(scene: ControlScene, lastsMs = 30 * DAY_MS): Promise<RunState> {
  const question = await asked(scene, lastsMs);
  await scene.harness.approve(question.id);
  const ended = await scene.harness.drive(question.id);
  await scene.keep();
  return ended;
}

/** Moves to the next firing, has it proposed and driven until it ends or waits for people. */
export async function fired(scene: ControlScene, afterMs = HOUR_MS): Promise<RunState> {
  await scene.harness.clock.advance(afterMs);
  await scene.keep();
  return await scene.harness.drive((await newest(scene)).id);
}

/** The one schedule. */
export async function schedule(scene: ControlScene) {
  const [made] = await scene.as(operator.user).schedules();
  if (made === undefined) throw new Error('nothing is scheduled');
  return made;
}

/** Its first gate. */
export const gateOf = (state: RunState) => state.gates[0];
/** Why the standing approval does not count at its gate. */
export const whyNot = (state: RunState): string => gateOf(state)?.notInAdvance?.why ?? '';
