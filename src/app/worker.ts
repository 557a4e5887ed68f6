import { hostname, tmpdir } from 'node:os';
import { runbooks } from '../../jobs/index.ts';
import { sweepFolders } from '../adapters/drill/own-folder.ts';
import { connectRedis } from '../adapters/redis/connection.ts';
import { startDoorbellWorker } from '../adapters/redis/doorbell-worker.ts';
import { profilesOf } from '../config/to-core.ts';
import type { Policy } from '../core/policy.ts';
import type { Triggers } from '../core/ports/runtime.ts';
import type { AnyRunbook } from '../core/runbook.ts';
import { DEFAULT_SETTINGS, type EngineSettings } from '../engine/deps.ts';
import { createEngine, type Engine } from '../engine/engine.ts';
import { admissionOf } from './admission.ts';
import { watchAllBackups } from './backup-watching.ts';
import type { WhoMay } from './bot.ts';
import { type ClusterPorts, createClusterPorts } from './cluster-ports.ts';
import { countPhases } from './count-phases.ts';
import type { Foundation } from './foundation.ts';
import type { HomeTeam } from './home-team.ts';
import type { LivePolicy } from './live-policy.ts';
import type { Part } from './part.ts';
import { createRecordedPolicy } from './recorded-policy.ts';
import { repeat } from './repeat.ts';
import type { Stores } from './stores.ts';
import { tellRuns } from './told-runs.ts';

/** What tests may set; everything has a default. */
export interface WorkerOptions {
  /** Called at each trigger point of the engine. Default: nothing happens. */
  readonly triggers?: Triggers;
  readonly settings?: Partial<EngineSettings>;
  /** Default: all of `jobs/`. */
  readonly runbooks?: readonly AnyRunbook[];
  /** Runs advanced at the same time. Default 16: they mostly wait for answers. */
  readonly concurrency?: number;
  /** How often due runs are rung, ms. Default 500: the longest that a pause or a poll comes late. */
  readonly sweepMs?: number;
}

/** How often what the bot read of user groups is taken over, ms. */
const GROUPS_MS = 5000;
const PRUNE_MS = 10 * 60_000;

/** Starts advancing runs. Redis must have been checked before. */
export function startWorkerPart(
  foundation: Foundation,
  stores: Stores,
  homeTeam: HomeTeam,
  { live, members }: WhoMay,
  options: WorkerOptions = {},
): Part {
  const { log, metrics, environment } = foundation;
  const ports = createClusterPorts(foundation.config, foundation);
  const recordedPolicy = createRecordedPolicy({ live, store: stores.groups, homeTeam });
  const engine = engineOf(foundation, stores, { live, ports, recordedPolicy }, options);
  const redis = connectRedis(environment.redisUrl?.reveal() ?? '', 'worker', {
    onError: (error) => log.warn('the connection to Redis for wake-ups failed', { error }),
  });
  const doorbell = startDoorbellWorker({
    redis,
    concurrency: options.concurrency ?? 16,
    log,
    onRing: async (runId, signal) => void (await engine.advance(runId, signal)),
  });
  const stopping = new AbortController();
  const drills = sweepFolders(foundation.config.drills.folder ?? tmpdir(), foundation).catch((error: unknown) => {
    log.warn('what drills of dead workers left could not be looked for', { error });
  });
  const sweeping = repeat(options.sweepMs ?? 500, stopping.signal, foundation, 'sweeping for due runs', async () => {
    await homeTeam.refresh();
    await engine.sweep();
  });
  const groups = repeat(GROUPS_MS, stopping.signal, foundation, 'reading user groups from Redis', async () => {
    await members.refresh(live.groups());
  });
  const pruning = repeat(PRUNE_MS, stopping.signal, foundation, 'pruning finished runs', async () => {
    const pruned = await engine.prune();
    if (pruned > 0) log.info('finished runs were reduced to their audit entries', { pruned });
  });
  const beside = { ports, admission: admissionOf(live, stores) };
  const backups = watchAllBackups(foundation, stores, beside, stopping.signal);
  metrics.read({
    runsByPhase: async () => await countPhases(stores.runs),
    queueDepth: async () => await stores.doorbell.depth(),
  });
  log.info('worker is taking work', { clusters: foundation.config.clusters.map((cluster) => cluster.name) });
  return {
    stop: async (graceMs) => {
      stopping.abort();
      await doorbell.close(graceMs);
      await Promise.all([sweeping, groups, pruning, backups, drills]);
      redis.disconnect();
      await ports.close();
    },
  };
}

interface EngineParts {
  readonly live: LivePolicy;
  readonly ports: ClusterPorts;
  readonly recordedPolicy: () => Promise<Policy>;
}

function engineOf(
  foundation: Foundation,
  stores: Stores,
  { live, ports, recordedPolicy }: EngineParts,
  options: WorkerOptions,
): Engine {
  const { config, clock, ids, digest, log, metrics } = foundation;
  const profiles = new Map(profilesOf(config).map((profile) => [profile.name, profile]));
  return createEngine({
    store: tellRuns(stores.runs, log),
    doorbell: stores.doorbell,
    clock,
    ids,
    digest,
    log,
    metrics,
    triggers: options.triggers ?? { reach: async () => await Promise.resolve() },
    runbooks: options.runbooks ?? runbooks,
    admission: admissionOf(live, stores),
    policy: () => live.now(),
    recordedPolicy,
    settings: {
      ...DEFAULT_SETTINGS,
      worker: `${hostname()}-${process.pid}-${ids.suffix()}`,
      keepFinishedMs: config.runs.keepFinishedMs,
      ...options.settings,
    },
    cluster: (name) => profiles.get(name) ?? null,
    ports: async (cluster, names) => await ports.of(cluster, names),
    standing: async (cluster, changes, signal) => await ports.standing(cluster, changes, signal),
    witness: (cluster) => ports.witness(cluster),
  });
}
