import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { makeTemporaryDirectory, removeDirectory } from '../../../playground/directories.ts';
import { canonicalDigest } from '../../../src/adapters/runtime/canonical-digest.ts';
import { systemCalendar } from '../../../src/adapters/time/calendar.ts';
import { admissionOf } from '../../../src/app/admission.ts';
import { createLivePolicy, type LivePolicy } from '../../../src/app/live-policy.ts';
import { createPolicyReload, type PolicyReload } from '../../../src/app/policy-reload.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { openAdmission } from '../../support/open-admission.ts';
import { createRecordingLog, type RecordingLog } from '../../support/recording-log.ts';
import { COMMANDS, ENV, GOOD } from '../config/support.ts';

const HOUR_MS = 3_600_000;

/** The file with windows of prod. */
function withWindows(...windows: readonly string[]): string {
  const list = windows.map((each) => `      - ${each}\n`).join('');
  return GOOD.replace('  prod:\n', `  prod:\n    windows:\n${list}`);
}

const SUNDAY = withWindows('{ cron: "0 2 * * SUN", tz: UTC, duration: 4h }');
const SATURDAY = withWindows('{ cron: "0 2 * * SAT", tz: UTC, duration: 4h }');

const cronProblem = systemCalendar.problem.bind(systemCalendar);

let file: string;
let live: LivePolicy;
let log: RecordingLog;
let reload: PolicyReload;
let told: (readonly string[])[];
let outcomes: string[];

beforeEach(async () => {
  const folder = await makeTemporaryDirectory('windows');
  onTestFinished(async () => {
    await removeDirectory(folder);
  });
  file = join(folder, 'drydock.yaml');
});

async function start(text: string): Promise<void> {
  await writeFile(file, text);
  const env = { ...ENV, DRYDOCK_CONFIG: file };
  const loaded = await loadConfig({ env, role: 'bot', commands: COMMANDS, cronProblem, folder: '/' });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  live = createLivePolicy(loaded.config, { get: () => 'T1' }, { of: () => [] });
  log = createRecordingLog();
  told = [];
  outcomes = [];
  reload = createPolicyReload({
    started: loaded.config,
    role: 'bot',
    commands: COMMANDS,
    cronProblem,
    live,
    news: {
      started: () => undefined,
      changed: (_before, _after, changes) => told.push(changes),
      refused: (_mark, problems) => told.push(problems),
      tell: async () => await Promise.resolve(),
    },
    digest: canonicalDigest,
    metrics: { policyReload: (outcome) => outcomes.push(outcome) },
    clock: createFakeClock(),
    log,
    tryGroups: async () => await Promise.resolve(null),
  });
}

async function changeTo(text: string): Promise<void> {
  await writeFile(file, text);
  for (let look = 0; look < 2; look += 1) await reload.look();
}

describe('a changed maintenance window', () => {
  test('is in force at once, for admission too, and told in words', async () => {
    await start(SUNDAY);
    const admission = admissionOf(live, openAdmission());
    await changeTo(SATURDAY);

    expect(admission.windows('prod')).toEqual([{ cron: '0 2 * * SAT', tz: 'UTC', durationMs: 4 * HOUR_MS }]);
    expect(outcomes).toEqual(['taken']);
    expect(told).toEqual([['prod may be changed only in its maintenance windows now: 0 2 * * SAT UTC for 4 h 0 min.']]);
  });

  test('can be the first, and the last one can go', async () => {
    await start(GOOD);
    await changeTo(SUNDAY);
    expect(live.windows('prod')).toHaveLength(1);
    await changeTo(GOOD);

    expect(live.windows('prod')).toEqual([]);
    expect(told.at(-1)).toEqual(['prod has no maintenance window any more: it may be changed at any time.']);
  });

  test('that is none leaves the old one, and is refused by the name of the file alone', async () => {
    await start(SUNDAY);
    await changeTo(withWindows('{ cron: "61 2 * * SUN", tz: UTC, duration: 4h }'));

    expect(live.windows('prod')).toMatchObject([{ cron: '0 2 * * SUN' }]);
    expect(outcomes).toEqual(['refused']);
    expect(told[0]?.[0]).toMatch(/^drydock\.yaml:\d+: clusters\.prod\.windows/);
    expect(log.lines.filter(({ level }) => level === 'error')).toMatchObject([{ data: { file } }]);
  });

  test('is not taken with another change of the cluster', async () => {
    await start(SUNDAY);
    await changeTo(SATURDAY.replace('pause: 90s', 'pause: 80s'));

    expect(live.windows('prod')).toMatchObject([{ cron: '0 2 * * SUN' }]);
    expect(told[0]?.[0]).toMatch(/clusters\.prod changed, which needs a restart/);
  });
});
