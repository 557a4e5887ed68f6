import { describe, expect, test } from 'vitest';
import type { BackupAdvice } from '../../../../src/core/backup/advice.ts';
import {
  type AdviceStep,
  type BackupLook,
  CONFIRM_MS,
  nextAdvice,
  ToldAdvice,
} from '../../../../src/core/backup/advice-told.ts';

const START_MS = Date.parse('2026-11-22T12:00:00.000Z');
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

const OLD: BackupAdvice = { rule: 'old', about: '', text: 'The newest good backup of prod is 26 h old.' };
const DAMAGED: BackupAdvice = { rule: 'damaged', about: 'prod-1', text: 'Backup prod-1 of prod is damaged: gone.' };
const NEVER: BackupAdvice = { rule: 'never-drilled', about: '', text: 'No backup of prod was ever restored.' };
const AWAY: BackupLook = { ok: false, why: 's3://b/ is away' };

function sees(...advice: readonly BackupAdvice[]): BackupLook {
  return { ok: true, advice };
}

/** Looks one after the other, each so long after the first. */
function looks(...all: readonly (readonly [afterMs: number, look: BackupLook])[]): readonly AdviceStep[] {
  let before: ToldAdvice | null = null;
  return all.map(([afterMs, look]) => {
    const step = nextAdvice('prod', before, look, new Date(START_MS + afterMs).toISOString());
    before = step.value;
    return step;
  });
}

function titles(steps: readonly AdviceStep[]): readonly (string | null)[] {
  return steps.map(({ told }) => told?.title ?? null);
}

const NEED = 'The backups of prod need attention';
const STILL = 'The backups of prod still need attention';
const AGAIN = 'The backups of prod are in order again';

test('what is in order is not told', () => {
  expect(titles(looks([0, sees()], [HOUR_MS, sees()], [48 * HOUR_MS, sees()]))).toEqual([null, null, null]);
});

test('a change is told when a look a quarter of an hour later sees it too, and once', () => {
  const steps = looks(
    [0, sees(OLD)],
    [14 * MINUTE_MS, sees(OLD)],
    [15 * MINUTE_MS, sees({ ...OLD, text: 'The newest good backup of prod is 27 h old.' })],
    [HOUR_MS, sees(OLD)],
  );

  expect(titles(steps)).toEqual([null, null, NEED, null]);
  expect(steps[2]?.told?.lines[0]).toBe('The newest good backup of prod is 27 h old.');
  expect(steps.map(({ changed }) => changed)).toEqual([null, null, 'advice', null]);
  expect(steps.map(({ value }) => value.pending.length > 0)).toEqual([true, true, false, false]);
});

test('what comes and goes between two looks alarms nobody', () => {
  expect(titles(looks([0, sees(OLD)], [15 * MINUTE_MS, sees(DAMAGED)], [30 * MINUTE_MS, sees()]))).toEqual([
    null,
    null,
    null,
  ]);
  expect(titles(looks([0, AWAY], [15 * MINUTE_MS, sees()], [30 * MINUTE_MS, AWAY]))).toEqual([null, null, null]);
});

/** What was told in a week of looks, each a quarter of an hour after the one before. */
function weekOf(look: (index: number) => BackupLook): readonly (readonly string[])[] {
  const all = Array.from({ length: 7 * 96 }, (_, index) => [index * CONFIRM_MS, look(index)] as const);
  return looks(...all).flatMap(({ told }) => (told === null ? [] : [told.lines.slice(0, -1)]));
}

describe('what two looks agree on is told, and once a day, whatever else changes', () => {
  test('another backup cannot be judged with each look', () => {
    const told = weekOf((index) => sees(OLD, { rule: 'not-judged', about: `prod-${index % 3}`, text: 'It is away.' }));
    expect(told).toEqual(Array.from({ length: 7 }, () => [OLD.text]));
  });

  test('the store answers every other look', () => {
    const none: BackupAdvice = { rule: 'none', about: '', text: 'prod has no good backup.' };
    const told = weekOf((index) => (index % 2 === 0 ? sees(none) : AWAY));
    expect(told).toEqual(Array.from({ length: 7 }, () => [none.text]));
  });

  test('nor is a look without an answer a second look', () => {
    const steps = looks([0, sees(OLD)], [HOUR_MS, AWAY], [2 * HOUR_MS, sees()], [3 * HOUR_MS, sees(OLD)]);
    expect(titles(steps)).toEqual([null, null, null, null]);
  });
});

test('what was seen to be gone is not told as lasting, and what stands when one more is over is told without it', () => {
  const steps = looks(
    [0, sees(OLD, DAMAGED, NEVER)],
    [HOUR_MS, sees(OLD, DAMAGED, NEVER)],
    [2 * HOUR_MS, sees(DAMAGED, NEVER)],
    [3 * HOUR_MS, sees(NEVER)],
    [4 * HOUR_MS, sees()],
    [29 * HOUR_MS, AWAY],
    [30 * HOUR_MS, sees()],
  );

  expect(titles(steps)).toEqual([null, NEED, null, NEED, null, null, AGAIN]);
  expect(steps[3]?.told?.lines.slice(0, -1)).toEqual([NEVER.text]);
  expect(steps[6]?.told?.lines).toEqual([
    'What was told before is over: prod-1 was damaged; none was ever restored in a drill.',
  ]);
});

test('a record as it was stored before is read: what all of it differed in since then', () => {
  const stored = {
    cluster: 'prod',
    at: new Date(START_MS).toISOString(),
    advice: [OLD, NEVER],
    toldAt: new Date(START_MS).toISOString(),
    pending: { keys: ['damaged prod-1', 'old'], since: new Date(START_MS).toISOString() },
  };
  const before = ToldAdvice.parse(stored);
  const later = new Date(START_MS + CONFIRM_MS).toISOString();
  const step = nextAdvice('prod', before, sees(OLD, DAMAGED), later);

  expect(before.pending.map(({ key }) => key)).toEqual(['damaged prod-1', 'never-drilled']);
  expect(step.told?.lines.slice(0, -1)).toEqual([OLD.text, DAMAGED.text]);
  expect(ToldAdvice.parse({ ...stored, pending: null }).pending).toEqual([]);
  expect(ToldAdvice.parse(JSON.parse(JSON.stringify(step.value)))).toEqual(step.value);
});

test('what lasts is told once a day, what comes in addition at once, and what is over once', () => {
  const steps = looks(
    [0, sees(OLD)],
    [HOUR_MS, sees(OLD)],
    [24 * HOUR_MS, sees(OLD)],
    [25 * HOUR_MS, sees(OLD)],
    [26 * HOUR_MS, sees(OLD, DAMAGED)],
    [27 * HOUR_MS, sees(OLD, DAMAGED)],
    [28 * HOUR_MS, sees(DAMAGED)],
    [29 * HOUR_MS, sees(DAMAGED)],
    [30 * HOUR_MS, sees()],
    [31 * HOUR_MS, sees()],
    [99 * HOUR_MS, sees()],
  );

  expect(titles(steps)).toEqual([null, NEED, null, STILL, null, NEED, null, NEED, null, AGAIN, null]);
  expect(steps[9]?.told?.lines).toEqual(['What was told before is over: prod-1 was damaged.']);
  expect(steps[9]?.changed).toBe('over');
  expect(steps[3]?.changed).toBeNull();
});

test('another backup that is damaged is another thing to tell', () => {
  const other = { ...DAMAGED, about: 'prod-2' };
  const at = [0, 1, 2, 3].map((hour) => hour * HOUR_MS);
  expect(
    titles(
      looks(
        [at[0] ?? 0, sees(DAMAGED)],
        [at[1] ?? 0, sees(DAMAGED)],
        [at[2] ?? 0, sees(other)],
        [at[3] ?? 0, sees(other)],
      ),
    ),
  ).toEqual([null, NEED, null, NEED]);
});

test('while the store gives no answer, what was told stands, and that is told too', () => {
  const steps = looks(
    [0, sees(NEVER)],
    [HOUR_MS, sees(NEVER)],
    [2 * HOUR_MS, AWAY],
    [3 * HOUR_MS, AWAY],
    [4 * HOUR_MS, sees(NEVER)],
    [5 * HOUR_MS, sees(NEVER)],
  );

  expect(titles(steps)).toEqual([null, NEED, null, NEED, null, NEED]);
  expect(steps[3]?.told?.lines.slice(0, 2)).toEqual([
    NEVER.text,
    'The backups of prod cannot be looked at, so what there is now is not known: s3://b/ is away.',
  ]);
  expect(steps[5]?.told?.lines).not.toContain(expect.stringContaining('cannot be looked at'));
  const [first, second] = looks([0, AWAY], [HOUR_MS, AWAY], [2 * HOUR_MS, sees()], [3 * HOUR_MS, sees()]).slice(-2);
  expect([first?.told, second?.told?.lines]).toEqual([
    null,
    ['What was told before is over: they could not be looked at.'],
  ]);
});

test('what a store says mentions nobody, and does not fill the channel', () => {
  const many = Array.from({ length: 12 }, (_, index) => ({
    ...DAMAGED,
    about: `prod-${index}`,
    text: `<@U0EVIL> ${'x'.repeat(600)}`,
  }));
  const told = looks([0, sees(...many)], [HOUR_MS, sees(...many)])[1]?.told;

  expect(told?.lines).toHaveLength(12);
  expect(told?.lines[0]).toMatch(/^‹@U0EVIL> x+…$/);
  expect(told?.lines[0]).toHaveLength(500);
  expect(told?.lines[10]).toBe('… and 2 more.');
  expect(told?.lines[11]).toContain('`/kube backups prod`');
});
