import { describe, expect, test } from 'vitest';
import { commands } from '../../../commands/index.ts';
import { systemCalendar } from '../../../src/adapters/time/calendar.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { ROOT } from '../../support/repository.ts';

describe('drydock.example.yaml', () => {
  test('is in order, without a warning, for the commands there are', async () => {
    const env = {
      DRYDOCK_CONFIG: 'drydock.example.yaml',
      REDIS_URL: 'redis://r',
      SLACK_BOT_TOKEN: 'xoxb-1',
      SLACK_APP_TOKEN: 'xapp-1',
    };
    const result = await loadConfig({
      env,
      role: 'bot',
      commands,
      cronProblem: (spec) => systemCalendar.problem(spec),
      folder: ROOT,
    });

    expect(result).toMatchObject({ ok: true, warnings: [] });
  });

  test('a worker is told which of its files are missing', async () => {
    const env = { DRYDOCK_CONFIG: 'drydock.example.yaml', REDIS_URL: 'redis://r' };
    const result = await loadConfig({
      env,
      role: 'worker',
      commands,
      cronProblem: (spec) => systemCalendar.problem(spec),
      folder: ROOT,
    });

    expect(result.ok ? [] : result.problems.map((problem) => problem.path)).toEqual([
      'clusters.prod.etcd.tls.ca',
      'clusters.prod.etcd.tls.cert',
      'clusters.prod.etcd.tls.key',
    ]);
  });
});
