import { createRedisCallBudget } from '../src/adapters/redis/call-budget.ts';
import { createRedisCardStore } from '../src/adapters/redis/card-store.ts';
import { connectRedis } from '../src/adapters/redis/connection.ts';
import { createRedisRunStore } from '../src/adapters/redis/run-store.ts';
import { canonicalDigest } from '../src/adapters/runtime/canonical-digest.ts';
import { systemClock } from '../src/adapters/runtime/system-clock.ts';
import { budgetSlack } from '../src/adapters/slack/budgeted-client.ts';
import { createSlackClient } from '../src/adapters/slack/client.ts';
import { createProjector } from '../src/adapters/slack/projector/projector.ts';
import { createSeal } from '../src/core/audit-seal.ts';
import type { Log } from '../src/core/ports/runtime.ts';

const quiet: Log = { info: () => undefined, warn: () => undefined, error: () => undefined, with: () => quiet };

/** Where a projector works. */
export interface ProjectorPlace {
  readonly redisUrl: string;
  readonly apiUrl: string;
  readonly botToken: string;
}

/** The projector of one bot, composed as the bot composes it. */
export interface BotProjector {
  /** Stops as a bot that is told to: gives up the office. */
  stop(): Promise<void>;
}

/** Starts the projector of a bot named `who`, with its own connections to Redis and Slack. */
export async function startBotProjector(who: string, place: ProjectorPlace): Promise<BotProjector> {
  const redis = connectRedis(place.redisUrl, 'store');
  await redis.connect();
  const client = createSlackClient({
    token: place.botToken,
    apiUrl: place.apiUrl,
    timeoutMs: 10_000,
    log: quiet,
    onCall: () => undefined,
  });
  const projector = createProjector({
    runs: createRedisRunStore({ redis, seal: createSeal(canonicalDigest, (value) => value) }),
    cards: createRedisCardStore({ redis }),
    slackFor: budgetSlack({ client, budget: createRedisCallBudget({ redis }), log: quiet }),
    clock: systemClock,
    log: quiet,
    who,
    titleOf: (id) => id,
    opsChannel: () => null,
    peopleOf: () => [],
    incidentsChannel: () => null,
  });
  const stopping = new AbortController();
  const running = projector.run(stopping.signal);
  return {
    stop: async () => {
      stopping.abort();
      await running;
      redis.disconnect();
    },
  };
}
