import { describe, expect, test } from 'vitest';
import { createHomeTeam } from '../../../src/app/home-team.ts';
import { silentLog } from '../../support/engine-harness.ts';

function sharedValues() {
  const values = new Map<string, string>();
  let away = false;
  return {
    away: (is: boolean) => {
      away = is;
    },
    shared: {
      get: async (name: string) =>
        await (away ? Promise.reject(new Error('away')) : Promise.resolve(values.get(name) ?? null)),
      set: async (name: string, value: string) => {
        values.set(name, value);
        await Promise.resolve();
      },
    },
  };
}

describe('createHomeTeam', () => {
  test('a worker learns from Redis what the bot learnt from Slack', async () => {
    const stores = sharedValues();
    const bot = createHomeTeam(stores, silentLog);
    const worker = createHomeTeam(stores, silentLog);
    await worker.refresh();
    expect(worker.get()).toBeNull();

    bot.know('T1');
    await bot.share();
    await worker.refresh();

    expect(worker.get()).toBe('T1');
  });

  test('while Redis is away it stays unknown, and nothing throws', async () => {
    const stores = sharedValues();
    stores.away(true);
    const team = createHomeTeam(stores, silentLog);

    await expect(team.refresh()).resolves.toBeUndefined();
    expect(team.get()).toBeNull();
  });
});
