import { hostname } from 'node:os';
import { connectRedis } from '../adapters/redis/connection.ts';
import { answerScheduleBell } from '../adapters/redis/schedule-bell.ts';
import type { SlackFor } from '../adapters/slack/budgeted-client.ts';
import { refusalOfActor } from '../adapters/slack/dispatch/who-acts.ts';
import { createNotices } from '../adapters/slack/notices.ts';
import type { RequestDesk } from '../core/desk.ts';
import type { Policy } from '../core/policy.ts';
import type { People } from '../core/ports/people.ts';
import type { DeskDeps } from '../engine/deps.ts';
import { fireSchedule, type KeeperDeps, keep } from '../engine/keeper.ts';
import { listSchedules } from '../engine/schedules.ts';
import type { Foundation } from './foundation.ts';
import { repeat } from './repeat.ts';
import type { Stores } from './stores.ts';

/** How often freezes and schedules are looked at, ms: the longest that a firing comes late while a keeper stands. */
const KEEP_MS = 1000;
/** How long the office stands without renewal, ms: the longest that a firing comes late when a keeper dies. */
const OFFICE_MS = 20_000;
const OFFICE = 'keeper';
/** How often the bell is compared with the schedules, ms. What it misses the keeper sees by itself. */
const BELL_MS = 10_000;

/** What keeping needs besides. */
export interface Keeping {
  readonly deps: DeskDeps;
  readonly desk: RequestDesk;
  readonly slackFor: SlackFor;
  readonly people: Pick<People, 'standingOf'>;
  readonly policy: () => Policy;
  /** The bot's own user; `null`: not known yet. */
  readonly botUser: () => string | null;
}

/**
 * Looks after freezes, schedules and notices until the signal fires: one elected process at its own pace, and whoever is rung at the
 * time of a schedule. Never rejects.
 */
export async function keepWatch(
  foundation: Foundation,
  stores: Pick<Stores, 'cards' | 'scheduleBell' | 'url'>,
  keeping: Keeping,
  signal: AbortSignal,
): Promise<void> {
  const { log, ids } = foundation;
  const who = `${hostname()}-${process.pid}-${ids.suffix()}`;
  const deps = keeperDeps(foundation, keeping);
  const redis = connectRedis(stores.url, 'worker', {
    onError: (error) => log.warn('the connection to Redis for schedules failed', { error }),
  });
  const answering = answerScheduleBell({ redis, log, onRing: async (id) => await fireSchedule(deps, id) });
  const elected = async (): Promise<boolean> => await stores.cards.elect(OFFICE, who, OFFICE_MS);
  await Promise.all([
    repeat(KEEP_MS, signal, foundation, 'looking after freezes and schedules', async () => {
      if (await elected()) await keep(deps);
    }),
    repeat(BELL_MS, signal, foundation, 'setting the bell of schedules', async () => {
      if (await elected()) await stores.scheduleBell.reconcile(await listSchedules(deps));
    }),
  ]);
  await answering.close().catch(() => undefined);
  redis.disconnect();
  await stores.cards.resign(OFFICE, who).catch(() => undefined);
}

function keeperDeps(
  { config, clock, ids, log }: Foundation,
  { deps, desk, slackFor, people, policy, botUser }: Keeping,
): KeeperDeps {
  const nonce = (): string => `${ids.suffix()}${ids.suffix()}`;
  return {
    ...deps,
    desk,
    opsChannel: (name) => config.clusters.find((cluster) => cluster.name === name)?.channels.ops ?? null,
    dismissed: async (actor) => await refusalOfActor({ policy, people }, actor),
    tell: createNotices({ slackFor, clock, log, botUser, nonce }),
  };
}
