import { expect, test } from 'vitest';
import { type AgreedClock, createAgreedClock } from '../../../../src/adapters/runtime/agreed-clock.ts';

const HOUR_MS = 3_600_000;
const NOON = Date.UTC(2026, 10, 22, 12);

/** A machine whose clocks a test moves: time passes for both, a jump is of the wall alone. */
function machineAt(wall: number) {
  let [wallNow, steadyNow] = [wall, 5000.5];
  return {
    wallMs: () => wallNow,
    steadyMs: () => steadyNow,
    pass(ms: number) {
      wallNow += ms;
      steadyNow += ms;
    },
    jump(ms: number) {
      wallNow += ms;
    },
  };
}

function recorder() {
  const lines: string[] = [];
  return {
    lines,
    log: { warn: (message: string) => lines.push(message), info: (message: string) => lines.push(message) },
  };
}

async function agree(clock: AgreedClock, ms: number, log = recorder().log): Promise<void> {
  await clock.agree(async () => await Promise.resolve(ms), log);
}

test('before the first agreement it shows the time of the machine, in whole milliseconds', () => {
  const machine = machineAt(NOON);
  const clock = createAgreedClock(machine);
  machine.pass(1000.7);

  expect(clock.nowMs()).toBe(NOON + 1000);
  expect(clock.nowIso()).toBe('2026-11-22T12:00:01.000Z');
});

test.each([HOUR_MS, -HOUR_MS])('off by %d ms, it shows the agreed time, and goes on from there', async (off) => {
  const machine = machineAt(NOON + off);
  const clock = createAgreedClock(machine);
  await agree(clock, NOON);
  machine.pass(1500);

  expect(clock.nowMs()).toBe(NOON + 1500);
});

test.each([HOUR_MS, -HOUR_MS])('when the machine jumps by %d ms it does not', (by) => {
  const machine = machineAt(NOON);
  const clock = createAgreedClock(machine);
  machine.jump(by);
  machine.pass(10);

  expect(clock.nowMs()).toBe(NOON + 10);
});

test('half of the way to the answer and back is added', async () => {
  const machine = machineAt(NOON - HOUR_MS);
  const clock = createAgreedClock(machine);
  await clock.agree(async () => {
    machine.pass(400);
    return await Promise.resolve(NOON);
  }, recorder().log);

  expect(clock.nowMs()).toBe(NOON + 200);
});

test('an answer that took long, and none, change nothing', async () => {
  const machine = machineAt(NOON);
  const clock = createAgreedClock(machine);
  await clock.agree(async () => {
    machine.pass(1001);
    return await Promise.resolve(NOON + HOUR_MS);
  }, recorder().log);
  await expect(clock.agree(async () => await Promise.reject(new Error('away')), recorder().log)).rejects.toThrow(
    'away',
  );

  expect(clock.nowMs()).toBe(NOON + 1001);
});

test('a small step back is waited for, so that time does not go backwards; a large one is made', async () => {
  const machine = machineAt(NOON);
  const clock = createAgreedClock(machine);
  expect(clock.nowMs()).toBe(NOON);
  await agree(clock, NOON - 1500);
  machine.pass(1000);
  expect(clock.nowMs()).toBe(NOON);
  machine.pass(600);
  expect(clock.nowMs()).toBe(NOON + 100);
  await agree(clock, NOON - HOUR_MS);
  expect(clock.nowMs()).toBe(NOON - HOUR_MS);
});

test('that the clock of the machine is wrong is told once, and once that it is right again', async () => {
  const machine = machineAt(NOON);
  const clock = createAgreedClock(machine);
  const { lines, log } = recorder();
  await agree(clock, NOON, log);
  machine.jump(HOUR_MS);
  await agree(clock, NOON, log);
  await agree(clock, NOON, log);
  machine.jump(-HOUR_MS);
  await agree(clock, NOON, log);

  expect(lines).toEqual([
    'the clock of this machine is wrong; the time of Redis counts',
    'the clock of this machine is right again',
  ]);
});
