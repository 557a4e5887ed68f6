import { commands } from '../../commands/index.ts';
import { systemCalendar } from '../adapters/time/calendar.ts';
import type { Config } from '../config/config.ts';
import type { Environment } from '../config/environment.ts';
import type { Log } from '../core/ports/runtime.ts';
import { anchorChecks, startAuditOut } from './audit-out.ts';
import { type Bot, createBot, type WhoMay } from './bot.ts';
import { createFoundation, type Foundation } from './foundation.ts';
import { createGroupMembers } from './group-members.ts';
import { createHomeTeam, type HomeTeam } from './home-team.ts';
import { createRoutes, type HttpSide, type ReadyCheck, startHttp } from './http.ts';
import { createLivePolicy } from './live-policy.ts';
import type { Part } from './part.ts';
import { createPolicyNews } from './policy-news.ts';
import { createPolicyReload, type PolicyReload } from './policy-reload.ts';
import { repeat } from './repeat.ts';
import { createStores, type Stores } from './stores.ts';
import { startWorkerPart, type WorkerOptions } from './worker.ts';

/** What a process is. */
export type RunningRole = 'bot' | 'worker' | 'all';

/** Everything but the role has a default. */
export interface ProcessOptions {
  readonly role: RunningRole;
  readonly worker?: WorkerOptions;
  /** Instead of standard output. */
  readonly log?: Log;
}

/** A process that listens, and takes work as soon as what it needs is there. */
export interface DrydockProcess {
  /** Port of its HTTP side. */
  readonly port: number;
  readonly foundation: Foundation;
  /** Resolves when it takes work, or when it was stopped before. Rejects with `StartRefused` when it must not start. */
  readonly started: Promise<void>;
  /** Looks now whether the configuration file has another policy; by itself it looks every two seconds. */
  reload(): Promise<void>;
  /** Takes no new work, waits at most `graceMs` for calls in flight, closes everything. Safe to call twice. */
  stop(graceMs?: number): Promise<void>;
}

/** How long a shutdown waits for calls in flight, ms. The rest is left to the successor, who looks first. */
export const GRACE_MS = 25_000;
/** What closing connections may take beyond that, ms. */
const CLOSING_MS = 4000;

/** Starts a worker. It needs no Slack variable. */
export async function startWorker(
  config: Config,
  env: Environment,
  options: WorkerOptions = {},
): Promise<DrydockProcess> {
  return await startProcess(config, env, { role: 'worker', worker: options });
}

/**
 * Starts a process: listens at once, then waits for Redis (as long as it takes), then takes work.
 *
 * @throws StartRefused when the port is taken.
 */
export async function startProcess(config: Config, env: Environment, options: ProcessOptions): Promise<DrydockProcess> {
  const foundation = createFoundation(config, env, options.log);
  const stores = createStores(foundation);
  const homeTeam = createHomeTeam(stores, foundation.log);
  const members = createGroupMembers(stores.groups, foundation);
  const who = { live: createLivePolicy(config, homeTeam, members), members };
  const stopping = new AbortController();
  const starting = { name: 'started', check: async () => await Promise.resolve('it is still starting') };
  const checks: ReadyCheck[] = [...commonChecks(stores, stopping.signal), starting];
  const bot = options.role === 'worker' ? null : createBot(foundation, stores, homeTeam, who);
  checks.push(...(bot?.checks ?? []), ...(bot === null ? [] : anchorChecks(foundation, stores)));
  const reload = reloadOf(foundation, stores, who, bot, options.role);
  const http = await listen(foundation, checks, bot).catch(async (error: unknown) => {
    await stores.close();
    throw error;
  });
  foundation.log.info('listening', { role: options.role, port: http.port });
  const parts: Part[] = bot === null ? [] : [bot];
  const started = takeWork({ foundation, stores, homeTeam, who, bot, reload, parts, options }, stopping.signal, () => {
    checks.splice(checks.indexOf(starting), 1);
  });
  // Whoever awaits it sees the rejection; that nobody does yet is no crash.
  started.catch(() => undefined);
  return {
    port: http.port,
    foundation,
    started,
    reload: async () => await reload.now(),
    stop: stopOnce({ foundation, stores, http, parts, stopping, started }),
  };
}

function reloadOf(
  { config, clock, digest, metrics, log }: Foundation,
  stores: Stores,
  { live }: WhoMay,
  bot: Bot | null,
  role: RunningRole,
): PolicyReload {
  const audit = stores.runs.audit.bind(stores.runs);
  return createPolicyReload({
    started: config,
    role,
    commands,
    cronProblem: (spec) => systemCalendar.problem(spec),
    live,
    news: createPolicyNews({ shared: stores.shared, audit, clock, log }),
    digest,
    metrics,
    clock,
    log,
    // Workers have no Slack token: what the bots read is what they know.
    tryGroups: async (groups) => (bot === null ? null : await bot.tryGroups(groups)),
  });
}

/** Opens the HTTP side. Requests of Slack go to the bot. */
async function listen(foundation: Foundation, checks: readonly ReadyCheck[], bot: Bot | null): Promise<HttpSide> {
  const at = { host: foundation.config.http.host, port: foundation.environment.port };
  return await startHttp(
    at,
    createRoutes(foundation.metrics, checks),
    (request, response) => bot?.handle(request, response) ?? false,
  );
}

function commonChecks(stores: Stores, stopping: AbortSignal): readonly ReadyCheck[] {
  return [
    { name: 'redis', check: async () => ((await stores.answers()) ? null : 'Redis does not answer') },
    { name: 'running', check: async () => await Promise.resolve(stopping.aborted ? 'it is shutting down' : null) },
  ];
}

interface Starting {
  readonly foundation: Foundation;
  readonly stores: Stores;
  readonly homeTeam: HomeTeam;
  readonly who: WhoMay;
  readonly bot: Bot | null;
  readonly reload: PolicyReload;
  readonly parts: Part[];
  readonly options: ProcessOptions;
}

async function takeWork(starting: Starting, signal: AbortSignal, taken: () => void): Promise<void> {
  const { foundation, stores, homeTeam, who, bot, reload, parts, options } = starting;
  try {
    const answering = bot?.answer(signal);
    // It is awaited below; until then a refusal must not count as forgotten.
    answering?.catch(() => undefined);
    await stores.open(signal);
    parts.push(await agreeOnTime(foundation, stores, signal));
    if (options.role !== 'worker') parts.push(startAuditOut(foundation, stores));
    if (options.role !== 'bot') parts.push(startWorkerPart(foundation, stores, homeTeam, who, options.worker));
    await answering;
    await bot?.show(signal);
    const watching = reload.run(signal);
    parts.push({ stop: async () => await watching });
    taken();
    foundation.log.info('taking work', { role: options.role });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** How often the time of Redis is asked, ms. */
const TIME_MS = 5000;

/** Keeps to the time of Redis, from now on: what one process stored as due is due for every other, whatever its machine says. */
async function agreeOnTime({ clock, log }: Foundation, stores: Stores, signal: AbortSignal): Promise<Part> {
  const ask = async (): Promise<void> => await clock.agree(async () => await stores.nowMs(), log);
  await ask().catch((error: unknown) => log.warn('Redis did not say what time it is', { error }));
  const asking = repeat(TIME_MS, signal, { clock, log }, 'asking Redis for the time', ask);
  return { stop: async () => await asking };
}

interface Stopping {
  readonly foundation: Foundation;
  readonly stores: Stores;
  readonly http: HttpSide;
  readonly parts: readonly Part[];
  readonly stopping: AbortController;
  readonly started: Promise<void>;
}

function stopOnce(given: Stopping): (graceMs?: number) => Promise<void> {
  let stopped: Promise<void> | null = null;
  const { foundation, stores, http, parts, stopping, started } = given;
  async function stopAll(graceMs: number): Promise<void> {
    await started.catch(() => undefined);
    await Promise.all(parts.map(async (part) => await part.stop(graceMs)));
    await http.close();
    await stores.close();
    foundation.log.info('stopped');
  }
  async function stop(graceMs: number): Promise<void> {
    foundation.log.info('shutting down', { graceMs });
    stopping.abort(new Error('shutting down'));
    const late = foundation.clock.sleep(graceMs + CLOSING_MS).then(() => 'late' as const);
    const ended = await Promise.race([stopAll(graceMs), late]);
    if (ended === 'late') foundation.log.warn('something did not close in time; it is left to the successor');
  }
  return async (graceMs = GRACE_MS) => {
    stopped ??= stop(graceMs);
    await stopped;
  };
}
