import { startRedis } from '../../../playground/redis.ts';
import { createRedisCallBudget } from '../../../src/adapters/redis/call-budget.ts';
import { awaitRedis, connectRedis } from '../../../src/adapters/redis/connection.ts';
import type { CallBudget } from '../../../src/core/ports/call-budget.ts';
import { createFakeCallBudget } from '../../fakes/call-budget.ts';

/** A budget that is full, as two processes see it, on a clock that a test moves. */
export interface SharedBudget {
  readonly one: CallBudget;
  readonly other: CallBudget;
  readonly passTime: (ms: number) => void;
}

/** Where budgets come from: made once a file, opened once a test. */
export interface BudgetSource {
  readonly open: () => SharedBudget;
  readonly stop: () => Promise<void>;
}

/** Both implementations of the port. */
export const implementations = [
  { name: 'fake', start: startFakes },
  { name: 'redis', start: startRedisBudgets },
] as const;

async function startFakes(): Promise<BudgetSource> {
  return { open: openFake, stop: async () => undefined };
}

function openFake(): SharedBudget {
  const clock = movable();
  const budget = createFakeCallBudget(clock);
  return { one: budget, other: budget, passTime: clock.passTime };
}

function movable() {
  let nowMs = 1_763_700_000_123;
  return {
    nowMs: () => nowMs,
    passTime: (ms: number) => {
      nowMs += ms;
    },
  };
}

async function startRedisBudgets(): Promise<BudgetSource> {
  const server = await startRedis();
  const clients = [connectRedis(server.url, 'store'), connectRedis(server.url, 'store')] as const;
  const stop = async (): Promise<void> => {
    for (const client of clients) client.disconnect();
    await server.stop();
  };
  try {
    for (const client of clients) await awaitRedis(client, 10_000);
  } catch (error) {
    await stop();
    throw error;
  }
  let opened = 0;
  return {
    open() {
      opened += 1;
      const { nowMs, passTime } = movable();
      const [one, other] = clients;
      const prefix = `{budget-${opened}}:`;
      return {
        one: createRedisCallBudget({ redis: one, prefix, nowMs }),
        other: createRedisCallBudget({ redis: other, prefix, nowMs }),
        passTime,
      };
    },
    stop,
  };
}
