import { describe, expect, test } from 'vitest';
import { createControlScene } from '../../support/control-scene.ts';
import { operator, secondApprover } from '../../support/engine-harness.ts';
import {
  asked,
  DAY_MS,
  fired,
  gateOf,
  granted,
  HOUR_MS,
  MINUTE_MS,
  newest,
  runsOf,
  schedule,
  TIMES,
  whyNot,
} from '../../support/standing-scene.ts';
import { VALVE_SCHEDULE } from '../../support/valve-schedule.ts';

describe('the time of a standing approval', () => {
  test('ends by itself: told and audited once, and firings say so', async () => {
    const scene = createControlScene(TIMES);
    await granted(scene, 5 * HOUR_MS);
    await fired(scene);
    await scene.harness.clock.advance(5 * HOUR_MS);
    await scene.keep();
    await scene.keep();
    await scene.keep();
    const audit = await scene.audited();
    expect(['standing-remind', 'standing-over'].map((one) => audit.filter((each) => each === one).length)).toEqual([
      0, 1,
    ]);
    expect(whyNot(await fired(scene, 19 * HOUR_MS))).toContain('it is over since 2026-01-01 08:00 UTC');
  });

  test('is reminded of once, half its time before where that is short', async () => {
    const scene = createControlScene(TIMES);
    await granted(scene, 4 * DAY_MS);
    for (let hour = 0; hour < 60; hour += 6) {
      await scene.harness.clock.advance(6 * HOUR_MS);
      await scene.keep();
      await scene.keep();
    }
    expect((await scene.audited()).filter((each) => each === 'standing-remind')).toHaveLength(1);
    expect(scene.told.filter(({ title }) => title.includes('only until'))).toHaveLength(1);
  });

  test('can be asked for once more; the old one stands until that is decided', async () => {
    const scene = createControlScene(TIMES);
    const first = await granted(scene);
    const made = await schedule(scene);
    await scene.harness.clock.advance(50 * MINUTE_MS);
    expect(await scene.as('U0BEN').askStanding(made, 20 * DAY_MS)).toMatchObject({ reason: 'not-permitted' });
    expect((await scene.as(operator.user).askStanding(made, 20 * DAY_MS)).ok).toBe(true);
    expect(await scene.as(operator.user).askStanding(made, DAY_MS)).toMatchObject({ reason: 'mistake' });
    await scene.keep();
    const question = await scene.harness.drive((await newest(scene)).id);
    expect(gateOf(await fired(scene, 10 * MINUTE_MS))?.settled?.inAdvance?.question).toBe(first.id);
    await scene.harness.approve(question.id, secondApprover);
    await scene.harness.drive(question.id);
    await scene.keep();
    expect(gateOf(await fired(scene, DAY_MS))?.settled).toMatchObject({
      by: [secondApprover],
      inAdvance: { question: question.id },
    });
  });

  test('unscheduling removes it and withdraws an open question', async () => {
    const scene = createControlScene(TIMES);
    const question = await asked(scene);
    await scene.as(operator.user).unschedule(await schedule(scene));
    const ended = await scene.harness.drive(question.id);
    expect((await scene.harness.state(ended.id)).cancel).not.toBeNull();
    expect(await scene.as('U0BEN').standings()).toEqual([]);
    await scene.keep();
    expect(await scene.audited()).toEqual(expect.arrayContaining(['unschedule', 'standing-revoke', 'cancel']));
  });
});

describe('a crash', () => {
  test.each(['before', 'after'] as const)(
    '%s the write of each turn leaves one question and one grant',
    async (when) => {
      const scene = createControlScene(TIMES);
      await scene.as(operator.user).schedule({ ...VALVE_SCHEDULE, standingMs: 30 * DAY_MS });
      scene.control.failures.failNext('write', when);
      await scene.keep();
      await scene.keep();
      expect(await runsOf(scene)).toHaveLength(1);
      const question = await newest(scene);
      await scene.harness.drive(question.id);
      await scene.harness.approve(question.id);
      await scene.harness.drive(question.id);
      scene.control.failures.failNext('write', when);
      await Promise.all([scene.keep(), scene.keep()]);
      await scene.keep();
      const audit = await scene.audited();
      expect(['standing-ask', 'standing-grant'].map((one) => audit.filter((each) => each === one).length)).toEqual([
        1, 1,
      ]);
    },
  );

  test.each(['gate-judged', 'gate-opened'] as const)('of the worker at %s: one decision', async (point) => {
    const scene = createControlScene(TIMES);
    await granted(scene);
    await scene.harness.clock.advance(HOUR_MS);
    await scene.keep();
    scene.harness.crashAt = { point, count: 1 };
    const run = await scene.harness.drive((await newest(scene)).id, 'w', 200);
    expect([scene.harness.crashAt, run.ended?.outcome]).toEqual([null, 'succeeded']);
    const events = (await scene.store.read(run.id))?.events ?? [];
    expect(events.filter((event) => JSON.stringify(event).includes('"gate-settled"'))).toHaveLength(1);
  });
});
