import { describe, expect, test } from 'vitest';
import { profilesOf } from '../../../src/config/to-core.ts';
import { GOOD, load, problemsOf } from './support.ts';

function withWindows(windows: string): string {
  return GOOD.replace('    channels:', `    windows: ${windows}\n    channels:`);
}

describe('maintenance windows', () => {
  test('come to the profile of the cluster, in milliseconds', async () => {
    const result = await load(withWindows('[{ cron: "0 2 * * SUN", tz: Europe/Berlin, duration: 4h }]'));
    const [profile] = result.ok ? profilesOf(result.config) : [];
    expect(profile?.windows).toEqual([{ cron: '0 2 * * SUN', tz: 'Europe/Berlin', durationMs: 14_400_000 }]);
  });

  test('left out there are none', async () => {
    const result = await load(GOOD);
    expect(result.ok && profilesOf(result.config)[0]?.windows).toEqual([]);
  });

  test.each([
    ['[{ cron: "0 25 * * SUN", tz: UTC, duration: 4h }]', 'no cron expression'],
    ['[{ cron: "0 2 * *", tz: UTC, duration: 4h }]', 'five fields'],
    ['[{ cron: "0 0 30 2 *", tz: UTC, duration: 4h }]', 'never comes'],
    ['[{ cron: "0 2 * * SUN", tz: Europe/Berln, duration: 4h }]', 'no time zone such as Europe/Berlin'],
    ['[{ cron: "0 2 * * SUN", tz: UTC, duration: 4 }]', 'expected a duration'],
    ['[{ cron: "0 2 * * SUN", tz: UTC, duration: 10s }]', 'at least 1 min'],
    ['[{ cron: "0 2 * * SUN", tz: UTC }]', 'duration'],
    ['[{ cron: "0 2 * * SUN", duration: 4h }]', 'tz'],
    ['[{ cron: "0 2 * * SUN", tz: UTC, duration: 4h, zone: UTC }]', 'zone'],
    ['[]', 'at least one window'],
    ['"0 2 * * SUN"', 'expected a list'],
  ])('%s is refused with its line', async (windows, why) => {
    const problems = await problemsOf(withWindows(windows));
    expect(problems.join('\n')).toContain(why);
    expect(problems[0]).toMatch(/drydock\.yaml:10\b/);
  });

  test('each wrong one is named by its place', async () => {
    const good = '{ cron: "0 2 * * SUN", tz: UTC, duration: 4h }';
    const bad = '{ cron: "x", tz: UTC, duration: 4h }';
    expect((await problemsOf(withWindows(`[${good}, ${bad}]`))).join('\n')).toContain('windows[1]');
  });
});
