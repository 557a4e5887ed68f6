import { describe, expect, test } from 'vitest';
import { phaseOf, type RunState } from '../../../src/core/run-state.ts';
import { createFakeCalendar } from '../../fakes/calendar.ts';
import { type ControlScene, createControlScene } from '../../support/control-scene.ts';
import { operator } from '../../support/engine-harness.ts';
import {
  DAY_MS,
  fired,
  gateOf,
  granted,
  HOUR_MS,
  MINUTE_MS,
  newest,
  schedule,
  TIMES,
} from '../../support/standing-scene.ts';
import { VALVE_SCHEDULE } from '../../support/valve-schedule.ts';

/** When the window opens: ten hours after the start. */
const OPENS_MS = Date.UTC(2026, 0, 1, 13);
const WINDOW = { cron: 'nightly', tz: 'UTC', durationMs: 4 * HOUR_MS };

/** A cluster with one window, which is not open yet. */
function windowed(): ControlScene {
  const scene = createControlScene(TIMES);
  const start = scene.harness.clock.nowMs();
  const calendar = createFakeCalendar(
    new Map([
      ['times', TIMES.map((ms) => start + ms)],
      ['nightly', [OPENS_MS]],
    ]),
  );
  scene.harness.admission = { control: scene.control, calendar, windows: () => [WINDOW] };
  return scene;
}

/** A run that was approved in advance and waits for its window. */
async function waiting(scene: ControlScene, lastsMs?: number): Promise<RunState> {
  await granted(scene, lastsMs);
  const run = await fired(scene);
  expect([phaseOf(run), gateOf(run)?.settled?.verdict]).toEqual(['waiting-for-window', 'approved']);
  return run;
}

/** The run as it is when the window has opened. */
async function opened(scene: ControlScene, { id }: RunState): Promise<RunState> {
  await scene.harness.clock.advance(OPENS_MS - scene.harness.clock.nowMs());
  return await scene.harness.drive(id, 'opened', 200);
}

const untouched = async (scene: ControlScene, { ended, steps }: RunState): Promise<string> => {
  expect(ended).toMatchObject({ outcome: 'expired', reason: 'approval-stale' });
  expect(steps.map(({ status }) => status)).toEqual(['pending']);
  expect(await scene.store.locks()).toEqual([]);
  expect(ended?.note).toContain('Nothing was changed. Ask again, or run it by hand.');
  return ended?.note ?? '';
};

/** Fires while somebody has locked the cluster by hand. */
async function locked(): Promise<{ readonly scene: ControlScene; readonly run: RunState }> {
  const scene = createControlScene(TIMES);
  await scene.as(operator.user).schedule({
    ...VALVE_SCHEDULE,
    order: { ...VALVE_SCHEDULE.order, waitForLock: true },
    standingMs: 30 * DAY_MS,
  });
  await scene.as('U0ANA').lock('prod', 'investigating latency');
  await scene.keep();
  const question = await scene.harness.drive((await newest(scene)).id);
  await scene.harness.approve(question.id);
  await scene.harness.drive(question.id);
  await scene.keep();
  const run = await fired(scene);
  expect([phaseOf(run), gateOf(run)?.settled?.verdict]).toEqual(['waiting-for-lock', 'approved']);
  return { scene, run };
}

/** Revokes it when a worker reaches this point for the run that fired. */
async function revokedAt(scene: ControlScene, point: 'locks-taken' | 'step-started'): Promise<RunState> {
  await granted(scene);
  const made = await schedule(scene);
  const deps = scene.harness.deps.bind(scene.harness);
  let once = true;
  scene.harness.deps = (worker) => {
    const own = deps(worker);
    const reach: typeof own.triggers.reach = async (at, runId) => {
      if (at === point && once) {
        once = false;
        await scene.as('U0BEN').revokeStanding(made);
      }
      await own.triggers.reach(at, runId);
    };
    return { ...own, triggers: { reach } };
  };
  const run = await fired(scene);
  expect(once).toBe(false);
  return run;
}

describe('a run that was approved in advance and waits for its window', () => {
  test('begins when it opens, while the standing approval stands', async () => {
    const scene = windowed();
    const run = await waiting(scene);
    expect((await opened(scene, run)).ended).toMatchObject({ outcome: 'succeeded' });
  });

  test('ends before it takes a lock when the standing approval was revoked meanwhile, and says by whom', async () => {
    const scene = windowed();
    const run = await waiting(scene);
    const made = await schedule(scene);
    await scene.as('U0BEN').revokeStanding(made);
    const after = await opened(scene, run);
    expect(await untouched(scene, after)).toContain(`The standing approval of ${made.id} was revoked by <@U0BEN>`);
    expect(after.locks).toBeNull();
  });

  test('does not wait on for an opening that comes too late', async () => {
    const scene = windowed();
    const { id } = await waiting(scene);
    await scene.as('U0BEN').revokeStanding(await schedule(scene));
    await scene.harness.clock.advance(5 * MINUTE_MS);
    expect(await untouched(scene, await scene.harness.drive(id))).toContain('revoked by <@U0BEN>');
  });

  test.each([true, false])('ends when it was over by then (the keeper noticed: %s)', async (noticed) => {
    const scene = windowed();
    const run = await waiting(scene, 5 * HOUR_MS);
    if (noticed) {
      await scene.harness.clock.advance(5 * HOUR_MS);
      await scene.keep();
    }
    expect(await untouched(scene, await opened(scene, run))).toContain('ended 2026-01-01 08:00 UTC');
  });

  test('ends when the limit was lowered below its age', async () => {
    const scene = windowed();
    const run = await waiting(scene);
    scene.harness.policy = { ...scene.harness.policy, longestStandingMs: 2 * HOUR_MS };
    expect(await untouched(scene, await opened(scene, run))).toContain('ended 2026-01-01 05:00 UTC');
  });

  test('ends when its schedule was removed', async () => {
    const scene = windowed();
    const run = await waiting(scene);
    await scene.as(operator.user).unschedule(await schedule(scene));
    expect(await untouched(scene, await opened(scene, run))).toContain('was removed with its schedule before this run');
  });

  test('ends when another one was granted meanwhile', async () => {
    const scene = windowed();
    const run = await waiting(scene);
    expect((await scene.as(operator.user).askStanding(await schedule(scene), 20 * DAY_MS)).ok).toBe(true);
    await scene.keep();
    const question = await scene.harness.drive((await newest(scene)).id);
    await scene.harness.approve(question.id);
    await scene.harness.drive(question.id);
    await scene.keep();
    expect(await untouched(scene, await opened(scene, run))).toContain('was replaced by another one before this run');
  });
});

describe('a run that was approved in advance and waits for a lock', () => {
  test('goes on when it is free, while the standing approval stands', async () => {
    const { scene, run } = await locked();
    await scene.as('U0ANA').unlock('prod', null);
    expect((await scene.harness.drive(run.id, 'free', 60)).ended).toMatchObject({ outcome: 'succeeded' });
  });

  test('takes no lock when the standing approval was revoked meanwhile', async () => {
    const { scene, run } = await locked();
    await scene.as('U0BEN').revokeStanding(await schedule(scene));
    await scene.as('U0ANA').unlock('prod', null);
    const after = await scene.harness.drive(run.id, 'free', 60);
    expect(await untouched(scene, after)).toContain('revoked by <@U0BEN>');
    expect(after.locks).toBeNull();
  });
});

describe('a standing approval that is revoked', () => {
  test('after the locks were taken and before the first step: the step does not begin', async () => {
    const scene = createControlScene(TIMES);
    expect(await untouched(scene, await revokedAt(scene, 'locks-taken'))).toContain('revoked by <@U0BEN>');
  });

  test('in the very moment the step is to begin: its beginning is refused', async () => {
    const scene = createControlScene(TIMES);
    await granted(scene);
    const made = await schedule(scene);
    const deps = scene.harness.deps.bind(scene.harness);
    let once = true;
    scene.harness.deps = (worker) => {
      const own = deps(worker);
      const append: typeof own.store.append = async (runId, wanted) => {
        if (once && wanted.events.some(({ type }) => type === 'step-started')) {
          once = false;
          await scene.as('U0BEN').revokeStanding(made);
        }
        return await own.store.append(runId, wanted);
      };
      return { ...own, store: { ...own.store, append } };
    };
    const run = await fired(scene);
    expect(once).toBe(false);
    expect(await untouched(scene, run)).toContain('revoked by <@U0BEN>');
  });

  test('once a step has begun lets the run go on', async () => {
    const scene = createControlScene(TIMES, { risks: ['disruptive', 'disruptive'] });
    const run = await revokedAt(scene, 'step-started');
    expect(run.ended).toMatchObject({ outcome: 'succeeded' });
  });
});
