import type { IncomingMessage, ServerResponse } from 'node:http';
import { hostname } from 'node:os';
import { commands } from '../../commands/index.ts';
import { runbooks } from '../../jobs/index.ts';
import { createSlackApp, type SlackApp } from '../adapters/slack/app.ts';
import { budgetSlack, type SlackFor } from '../adapters/slack/budgeted-client.ts';
import { createSlackClient, type Identity, type SlackClient } from '../adapters/slack/client.ts';
import { createDispatcher } from '../adapters/slack/dispatch/dispatcher.ts';
import { createProjector } from '../adapters/slack/projector/projector.ts';
import type { SlackEnvironment } from '../config/environment.ts';
import { policyOf, profilesOf } from '../config/to-core.ts';
import type { Policy } from '../core/policy.ts';
import { createAuditDesk } from '../engine/audit-desk.ts';
import { createDesk } from '../engine/desk.ts';
import { StartRefused } from './exit-codes.ts';
import type { Foundation } from './foundation.ts';
import { type HomeTeam, shareTeam } from './home-team.ts';
import type { ReadyCheck } from './http.ts';
import { measureCards } from './measured-cards.ts';
import type { Part } from './part.ts';
import { createSlackIdentity, type SlackIdentity } from './slack-identity.ts';
import type { Stores } from './stores.ts';
import { tellRuns } from './told-runs.ts';

/** The Slack side of a process. */
export interface Bot extends Part {
  readonly checks: readonly ReadyCheck[];
  /** Takes a request of Slack; answers whether it is one. Until Slack has told who the bot is, requests are put off (503). */
  handle(request: IncomingMessage, response: ServerResponse): boolean;
  /** Learns who it is and begins to answer people. Does not need Redis: without it, it says so to whoever asks. */
  answer(signal: AbortSignal): Promise<void>;
  /** Shares the team and begins to show runs. Redis must have been checked before. */
  show(signal: AbortSignal): Promise<void>;
}

const SLACK_API = 'https://slack.com/api/';
/** Limit of one Web API call, ms. */
const CALL_MS = 10_000;

/** Makes the bot. It holds no cluster credentials and reads no file. */
export function createBot(foundation: Foundation, stores: Stores, homeTeam: HomeTeam): Bot {
  const { environment, clock, log, metrics } = foundation;
  const { slack: env } = environment;
  if (env === null) throw new StartRefused('There is no Slack token in the environment.');
  const slackFor = clientsOf(foundation, stores, env);
  const slack = slackFor('at-once');
  const identity = createSlackIdentity(slack, homeTeam, { clock, log });
  const leaving = new AbortController();
  const app = appOf({ foundation, stores, homeTeam, env, slack, identity, leaving: leaving.signal });
  const projector = createProjector({
    runs: stores.runs,
    cards: measureCards(stores.cards, clock, (seconds) => metrics.projectorLag(seconds)),
    slackFor,
    clock,
    log,
    who: `${hostname()}-${process.pid}-${foundation.ids.suffix()}`,
    titleOf: (id) => runbooks.find((runbook) => runbook.id === id)?.title ?? id,
    opsChannel: (name) => foundation.config.clusters.find((cluster) => cluster.name === name)?.channels.ops ?? null,
    peopleOf: (role) => foundation.config.roles.find((each) => each.name === role)?.users ?? [],
    incidentsChannel: (name) =>
      foundation.config.clusters.find((cluster) => cluster.name === name)?.channels.incidents ?? null,
  });
  const stopping = new AbortController();
  let connected: Promise<void> = Promise.resolve();
  let background: readonly Promise<void>[] = [];
  return {
    checks: [identity],
    handle: (request, response) => {
      if (identity.get() !== null || request.method !== 'POST') return app.handle(request, response);
      response.writeHead(503, { 'retry-after': '1', connection: 'close' });
      response.end();
      return true;
    },
    answer: async (signal) => {
      await identity.learn(signal);
      connected = orAborted(connect(app), signal);
      connected.catch(() => undefined);
    },
    show: async (signal) => {
      await shareTeam(homeTeam, foundation, signal);
      background = [projector.run(stopping.signal), identity.watch(stopping.signal)];
      // Cards need no way in, so they do not wait for it.
      await connected;
    },
    stop: async (graceMs) => {
      leaving.abort();
      await app.stop(graceMs);
      stopping.abort();
      await Promise.race([Promise.all(background), clock.sleep(graceMs)]);
    },
  };
}

function clientsOf({ log, metrics }: Foundation, stores: Stores, env: SlackEnvironment): SlackFor {
  const client = createSlackClient({
    token: env.botToken.reveal(),
    apiUrl: env.apiUrl ?? SLACK_API,
    timeoutMs: CALL_MS,
    log,
    onCall: (method, outcome) => {
      metrics.slackCall(method, outcome);
      if (outcome === 'rate-limited') metrics.slackRateLimited(method);
    },
  });
  return budgetSlack({
    client,
    budget: stores.calls,
    log,
    onDenied: (method, use) => metrics.slackDenied(method, use),
  });
}

interface AppParts {
  readonly foundation: Foundation;
  readonly stores: Stores;
  readonly homeTeam: HomeTeam;
  readonly env: SlackEnvironment;
  readonly slack: SlackClient;
  readonly identity: SlackIdentity;
  /** Fires when the process is about to stop: nothing further is waited for. */
  readonly leaving: AbortSignal;
}

function appOf({ foundation, stores, homeTeam, env, slack, identity, leaving }: AppParts): SlackApp {
  const { config, clock, ids, log, metrics } = foundation;
  const policy = (): Policy => policyOf(config, homeTeam.get());
  const who = (): Identity | null => identity.get();
  const desk = createDesk({
    store: tellRuns(stores.runs, log),
    doorbell: stores.doorbell,
    clock,
    ids,
    log,
    runbooks,
    policy,
  });
  const clusters = profilesOf(config);
  const audit = createAuditDesk({ store: stores.runs, digest: foundation.digest, clock, clusters, policy });
  const dispatcher = createDispatcher({
    leaving,
    desk,
    audit,
    runs: stores.runs,
    cards: stores.cards,
    slack,
    commands,
    clusters,
    clock,
    log,
    policy,
    identity: who,
    nonce: () => `${ids.suffix()}${ids.suffix()}`,
  });
  const { transport } = env;
  return createSlackApp({
    transport:
      transport.kind === 'http'
        ? { kind: 'http', signingSecret: transport.signingSecret.reveal() }
        : { kind: 'socket', appToken: transport.appToken.reveal() },
    apiUrl: env.apiUrl ?? SLACK_API,
    dispatcher,
    log,
    identity: who,
    onAck: (kind, ms) => metrics.acknowledged(kind, ms / 1000),
  });
}

async function orAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  const aborted = Promise.withResolvers<void>();
  signal.addEventListener('abort', () => aborted.reject(signal.reason), { once: true });
  await Promise.race([work, aborted.promise]);
}

/** Connects in Socket Mode. What passes by itself is tried again inside; what is left is a wrong token. */
async function connect(app: SlackApp): Promise<void> {
  try {
    await app.start();
  } catch (error) {
    const words = error instanceof Error ? error.message : 'unknown error';
    throw new StartRefused(
      `Slack does not let Drydock connect in Socket Mode: ${words}. SLACK_APP_TOKEN must be valid.`,
    );
  }
}
