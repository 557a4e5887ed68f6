import { describe, expect, test } from 'vitest';
import { type ControlScene, createControlScene } from '../../support/control-scene.ts';
import { operator, testPolicy } from '../../support/engine-harness.ts';
import { runsOf } from '../../support/standing-scene.ts';
import { VALVE_SCHEDULE } from '../../support/valve-schedule.ts';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const DAY_MS = 24 * HOUR_MS;

async function scheduled(scene: ControlScene): Promise<string> {
  const told = await scene.as(operator.user).schedule(VALVE_SCHEDULE);
  return told.ok ? told.value.id : told.reason;
}

describe('scheduling', () => {
  test('stores the person, the order and the next time, and audits it', async () => {
    const scene = createControlScene([HOUR_MS, DAY_MS]);
    expect(await scheduled(scene)).toMatch(/^sched-prod-/);
    expect(await scene.as('U0BEN').schedules()).toMatchObject([
      { by: operator, nextAt: '2026-01-01T04:00:00.000Z', text: '/kube valve prod', last: null },
    ]);
    expect(await scene.audited()).toEqual(['schedule']);
  });

  test('the same delivery twice makes one', async () => {
    const scene = createControlScene([HOUR_MS, DAY_MS]);
    const desk = scene.as(operator.user, 'same');
    const first = await desk.schedule(VALVE_SCHEDULE);
    expect(await desk.schedule(VALVE_SCHEDULE)).toEqual(first);
    expect(await scene.as('U0BEN').schedules()).toHaveLength(1);
  });

  test.each([
    ['what is no cron expression', { cron: 'x' }, [HOUR_MS], 'no cron expression'],
    ['what comes too often', {}, [HOUR_MS, HOUR_MS + MINUTE_MS], 'once an hour'],
    ['what does not come again', {}, [], 'not come again'],
  ])('refuses %s', async (_what, over, times, why) => {
    const told = await createControlScene(times)
      .as(operator.user)
      .schedule({ ...VALVE_SCHEDULE, ...over });
    expect(told).toMatchObject({ ok: false, reason: 'mistake' });
    expect(!told.ok && told.why).toContain(why);
  });
});

describe('a firing', () => {
  test('proposes a run as the person who scheduled it, in the operations channel, and runs nothing by itself', async () => {
    const scene = createControlScene([HOUR_MS, DAY_MS]);
    const id = await scheduled(scene);
    await scene.keep();
    expect(await runsOf(scene)).toEqual([]);
    await scene.harness.clock.advance(HOUR_MS);
    await scene.keep();
    const [run] = await runsOf(scene);
    expect(run?.request).toMatchObject({ actor: operator, origin: { channel: 'C0OPS', threadTs: null } });
    expect(run?.request?.text).toContain(id);
    const waiting = await scene.harness.drive(run?.id ?? '');
    expect(waiting.gates.map((gate) => gate.settled)).toEqual([null]);
    expect(await scene.as('U0BEN').schedules()).toMatchObject([
      { nextAt: '2026-01-02T03:00:00.000Z', last: { outcome: 'proposed', run: run?.id } },
    ]);
    expect(scene.told).toEqual([]);
  });

  test('by two processes at once, and again by a third, is one run and one entry', async () => {
    const scene = createControlScene([HOUR_MS, DAY_MS]);
    await scheduled(scene);
    await scene.harness.clock.advance(HOUR_MS);
    await Promise.all([scene.keep(), scene.keep(), scene.keep()]);
    await scene.keep();
    expect(await runsOf(scene)).toHaveLength(1);
    expect((await scene.audited()).filter((action) => action === 'schedule-fire')).toHaveLength(1);
  });

  test('that dies between the run and the record is not made twice', async () => {
    const scene = createControlScene([HOUR_MS, DAY_MS]);
    await scheduled(scene);
    await scene.harness.clock.advance(HOUR_MS);
    scene.control.failures.failNext('write', 'before');
    await scene.keep();
    expect(await scene.as('U0BEN').schedules()).toMatchObject([{ last: null }]);
    await scene.keep();
    expect(await runsOf(scene)).toHaveLength(1);
    expect(await scene.as('U0BEN').schedules()).toMatchObject([{ last: { outcome: 'proposed' } }]);
  });

  test.each([
    ['no other time came', 6 * MINUTE_MS, [], { nextAt: '2026-01-01T05:00:00.000Z', last: { outcome: 'proposed' } }],
    [
      'another was missed',
      3 * HOUR_MS,
      ['2026-01-01T05:00:00.000Z'],
      { nextAt: '2026-01-02T03:00:00.000Z', last: { outcome: 'missed' } },
    ],
  ])('that died after the run and is found late is not told as missed: %s', async (_what, lateMs, missed, then) => {
    const scene = createControlScene([HOUR_MS, 2 * HOUR_MS, DAY_MS]);
    await scheduled(scene);
    await scene.harness.clock.advance(HOUR_MS);
    scene.control.failures.failNext('write', 'before');
    await scene.keep();
    await scene.harness.clock.advance(lateMs);
    await scene.keep();
    const [run, ...more] = await runsOf(scene);
    expect([run?.request?.actor, more]).toEqual([operator, []]);
    const entries = (await scene.store.auditEntries(0, 100)).map(({ entry }) => entry);
    const told = (action: string) => entries.filter((entry) => entry.action === action).map(({ detail }) => detail);
    expect(told('schedule-missed').map(({ nominal }) => nominal)).toEqual(missed);
    expect(told('schedule-fire')).toMatchObject([{ nominal: '2026-01-01T04:00:00.000Z', run: run?.id }]);
    expect(await scene.as('U0BEN').schedules()).toMatchObject([then]);
    expect(scene.told).toHaveLength(missed.length);
  });

  test('within the tolerance is proposed', async () => {
    const scene = createControlScene([HOUR_MS, DAY_MS]);
    await scheduled(scene);
    await scene.harness.clock.advance(HOUR_MS + 5 * MINUTE_MS);
    await scene.keep();
    expect(await runsOf(scene)).toHaveLength(1);
  });

  test('that was missed is reported and audited once, and never run late', async () => {
    const scene = createControlScene([HOUR_MS, 3 * HOUR_MS, DAY_MS]);
    await scheduled(scene);
    await scene.harness.clock.advance(4 * HOUR_MS);
    await scene.keep();
    await scene.keep();
    expect(await runsOf(scene)).toEqual([]);
    expect((await scene.audited()).filter((action) => action === 'schedule-missed')).toHaveLength(2);
    expect(scene.told).toHaveLength(1);
    expect(scene.told[0]?.lines.join(' ')).toContain('2026-01-01T04:00 UTC; 2026-01-01T06:00 UTC');
    expect(await scene.as('U0BEN').schedules()).toMatchObject([
      { nextAt: '2026-01-02T03:00:00.000Z', last: { outcome: 'missed' } },
    ]);
  });

  test('of a person who lost the right is refused, audited and told', async () => {
    const scene = createControlScene([HOUR_MS, DAY_MS]);
    await scheduled(scene);
    scene.harness.policy = { ...testPolicy(), rules: [] };
    await scene.harness.clock.advance(HOUR_MS);
    await scene.keep();
    expect(await runsOf(scene)).toEqual([]);
    expect(await scene.audited()).toEqual(['schedule', 'refusal', 'schedule-fire']);
    expect(scene.told[0]?.lines.join(' ')).toContain('No policy rule permits this.');
  });

  test('of a person who left is refused, audited and told', async () => {
    const scene = createControlScene([HOUR_MS, DAY_MS]);
    await scheduled(scene);
    const gone = { reason: 'not-permitted', why: 'The account is deactivated.' } as const;
    scene.keeper = { ...scene.keeper, dismissed: async () => await Promise.resolve(gone) };
    await scene.harness.clock.advance(HOUR_MS);
    await scene.keep();
    expect(await runsOf(scene)).toEqual([]);
    expect(await scene.audited()).toContain('refusal');
    expect(scene.told[0]?.lines.join(' ')).toContain('deactivated');
  });

  test('on a frozen cluster is refused and told', async () => {
    const scene = createControlScene([HOUR_MS, DAY_MS]);
    await scheduled(scene);
    await scene.as('U0ANA').freeze('prod', 'lifted', 'holiday');
    await scene.harness.clock.advance(HOUR_MS);
    await scene.keep();
    expect(await runsOf(scene)).toEqual([]);
    expect(scene.told[0]?.lines.join(' ')).toContain('holiday');
  });

  test('does not come again when the clock jumps back', async () => {
    const scene = createControlScene([HOUR_MS, DAY_MS]);
    await scheduled(scene);
    await scene.harness.clock.advance(HOUR_MS);
    await scene.keep();
    const { clock } = scene.harness;
    scene.keeper = { ...scene.keeper, clock: { ...clock, nowMs: () => clock.nowMs() - 2 * HOUR_MS } };
    await scene.keep();
    expect(await runsOf(scene)).toHaveLength(1);
  });

  test('of a schedule that was removed does not come', async () => {
    const scene = createControlScene([HOUR_MS, DAY_MS]);
    await scheduled(scene);
    const [schedule] = await scene.as('U0BEN').schedules();
    if (schedule !== undefined) await scene.as('U0BEN').unschedule(schedule);
    await scene.harness.clock.advance(HOUR_MS);
    await scene.keep();
    expect(await runsOf(scene)).toEqual([]);
    expect(await scene.audited()).toEqual(['schedule', 'unschedule']);
  });

  test('one record that fails holds up no other', async () => {
    const scene = createControlScene([HOUR_MS, DAY_MS]);
    await scheduled(scene);
    await scheduled(scene);
    await scene.harness.clock.advance(HOUR_MS);
    scene.store.failures.failNext('create', 'before');
    await scene.keep();
    expect(await runsOf(scene)).toHaveLength(1);
    await scene.keep();
    expect(await runsOf(scene)).toHaveLength(2);
  });

  test('a record that cannot be read fires nothing and is not touched', async () => {
    const scene = createControlScene();
    scene.control.spoil('schedule', 'sched-prod-x', '{"id":');
    await scene.keep();
    expect(await scene.control.list('schedule')).toHaveLength(1);
  });
});
