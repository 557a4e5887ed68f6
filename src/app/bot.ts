import type { IncomingMessage, ServerResponse } from 'node:http';
import { hostname } from 'node:os';
import { commands } from '../../commands/index.ts';
import { runbooks } from '../../jobs/index.ts';
import { createSlackApp, type SlackApp } from '../adapters/slack/app.ts';
import { budgetSlack, type SlackFor } from '../adapters/slack/budgeted-client.ts';
import { createSlackClient, type Identity, type SlackClient } from '../adapters/slack/client.ts';
import { createDispatcher } from '../adapters/slack/dispatch/dispatcher.ts';
import { createSlackPeople } from '../adapters/slack/people/slack-people.ts';
import { createProjector, type Projector } from '../adapters/slack/projector/projector.ts';
import type { SlackEnvironment } from '../config/environment.ts';
import { profilesOf } from '../config/to-core.ts';
import type { Policy } from '../core/policy.ts';
import type { People } from '../core/ports/people.ts';
import { createAuditDesk } from '../engine/audit-desk.ts';
import { createControlDesk } from '../engine/control-desk.ts';
import type { DeskDeps } from '../engine/deps.ts';
import { createDesk } from '../engine/desk.ts';
import { admissionOf } from './admission.ts';
import { createAskingLimit } from './asking-limit.ts';
import { tellAudit } from './audit-told.ts';
import { StartRefused } from './exit-codes.ts';
import type { Foundation } from './foundation.ts';
import { createFreshLook } from './fresh-policy.ts';
import type { GroupMembers } from './group-members.ts';
import { type HomeTeam, shareTeam } from './home-team.ts';
import type { ReadyCheck } from './http.ts';
import { keepWatch } from './keeping.ts';
import type { LivePolicy } from './live-policy.ts';
import { measureCards } from './measured-cards.ts';
import type { Part } from './part.ts';
import { awaitGroups, type GroupReading, type GroupTrouble, readGroups } from './read-groups.ts';
import { repeat } from './repeat.ts';
import { createSlackIdentity, type SlackIdentity } from './slack-identity.ts';
import type { Stores } from './stores.ts';
import { tellRuns } from './told-runs.ts';

/** The Slack side of a process. */
export interface Bot extends Part {
  readonly checks: readonly ReadyCheck[];
  /**
   * Takes a request of Slack; answers whether it is one. Until Slack has told who the bot is and who is in the user groups of roles,
   * requests are put off (503).
   */
  handle(request: IncomingMessage, response: ServerResponse): boolean;
  /** Looks whether Slack tells the members of these user groups; `null`: it does. Never throws. */
  tryGroups(groups: readonly string[]): Promise<GroupTrouble | null>;
  /** Learns who it is and begins to answer people. Does not need Redis: without it, it says so to whoever asks. */
  answer(signal: AbortSignal): Promise<void>;
  /** Shares the team and begins to show runs. Redis must have been checked before. */
  show(signal: AbortSignal): Promise<void>;
}

/** Who may do what, as this process knows it. */
export interface WhoMay {
  readonly live: LivePolicy;
  readonly members: GroupMembers;
}

/** How often it is looked whether user groups have to be read again, ms. */
const GROUPS_MS = 15_000;

const SLACK_API = 'https://slack.com/api/';
/** Limit of one Web API call, ms. */
const CALL_MS = 10_000;

/** Makes the bot. It holds no cluster credentials and reads no file. */
export function createBot(foundation: Foundation, stores: Stores, homeTeam: HomeTeam, who: WhoMay): Bot {
  const { environment, clock, log } = foundation;
  const { slack: env } = environment;
  if (env === null) throw new StartRefused('There is no Slack token in the environment.');
  const slackFor = clientsOf(foundation, stores, env);
  const slack = slackFor('at-once');
  const identity = createSlackIdentity(slack, homeTeam, { clock, log });
  const leaving = new AbortController();
  const people = createSlackPeople({ slackFor, clock, homeTeam: () => homeTeam.get() });
  const reading = { people, store: stores.groups, members: who.members, clock, log };
  const deps = deskDepsOf({ foundation, stores, homeTeam, who, people });
  const watched = {
    deps,
    desk: createDesk(deps),
    slackFor,
    people,
    policy: () => who.live.now(),
    botUser: () => identity.get()?.botUser ?? null,
  };
  const app = appOf({ foundation, stores, homeTeam, who, people, env, slack, identity, leaving: leaving.signal });
  const projector = projectorOf(foundation, stores, slackFor, who);
  const stopping = new AbortController();
  let groupsKnown = false;
  let connected: Promise<void> = Promise.resolve();
  let background: readonly Promise<void>[] = [];
  return {
    checks: [identity],
    tryGroups: async (groups) => await readGroups(reading, groups, 'start'),
    handle: (request, response) => {
      if (groupsKnown || request.method !== 'POST') return app.handle(request, response);
      return answerLater(response);
    },
    answer: async (signal) => {
      await identity.learn(signal);
      await awaitGroups(reading, who.live.groups(), signal);
      groupsKnown = true;
      connected = orAborted(connect(app), signal);
      connected.catch(() => undefined);
    },
    show: async (signal) => {
      await shareTeam(homeTeam, foundation, signal);
      background = [
        projector.run(stopping.signal),
        identity.watch(stopping.signal),
        tellAudit(foundation, stores, slackFor, identity).run(stopping.signal),
        watchGroups(reading, who, stopping.signal),
        keepWatch(foundation, stores, watched, stopping.signal),
      ];
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

/** Slack sends it again. */
function answerLater(response: ServerResponse): true {
  response.writeHead(503, { 'retry-after': '1', connection: 'close' });
  response.end();
  return true;
}

/** What shows runs and incidents in Slack. */
function projectorOf(foundation: Foundation, stores: Stores, slackFor: SlackFor, who: WhoMay): Projector {
  const { clock, log, metrics } = foundation;
  return createProjector({
    runs: stores.runs,
    cards: measureCards(stores.cards, clock, (seconds) => metrics.projectorLag(seconds)),
    slackFor,
    clock,
    log,
    who: `${hostname()}-${process.pid}-${foundation.ids.suffix()}`,
    titleOf: (id) => runbooks.find((runbook) => runbook.id === id)?.title ?? id,
    opsChannel: (name) => foundation.config.clusters.find((cluster) => cluster.name === name)?.channels.ops ?? null,
    peopleOf: (role) => who.live.peopleOf(role),
    incidentsChannel: (name) =>
      foundation.config.clusters.find((cluster) => cluster.name === name)?.channels.incidents ?? null,
  });
}

/** Reads user groups again before their lists grow old. A vote does not rely on it. */
async function watchGroups(reading: GroupReading, { live }: WhoMay, signal: AbortSignal): Promise<void> {
  await repeat(GROUPS_MS, signal, reading, 'reading user groups', async () => {
    const groups = live.groups();
    const trouble = groups.length === 0 ? null : await readGroups(reading, groups, 'timer');
    if (trouble !== null) throw new Error(trouble.why);
  });
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
  readonly who: WhoMay;
  readonly people: People;
  readonly env: SlackEnvironment;
  readonly slack: SlackClient;
  readonly identity: SlackIdentity;
  /** Fires when the process is about to stop: nothing further is waited for. */
  readonly leaving: AbortSignal;
}

/** What asking, voting and control need in this process. */
function deskDepsOf({
  foundation,
  stores,
  homeTeam,
  who,
  people,
}: Pick<AppParts, 'foundation' | 'stores' | 'homeTeam' | 'who' | 'people'>): DeskDeps {
  const { clock, ids, log } = foundation;
  return {
    store: tellRuns(stores.runs, log),
    doorbell: stores.doorbell,
    clock,
    ids,
    log,
    runbooks,
    admission: admissionOf(who.live, stores),
    policy: () => who.live.now(),
    freshPolicy: createFreshLook({ live: who.live, people, store: stores.groups, homeTeam, log }),
  };
}

function appOf({
  foundation,
  stores,
  homeTeam,
  who: whoMay,
  people,
  env,
  slack,
  identity,
  leaving,
}: AppParts): SlackApp {
  const { config, clock, ids, log, metrics } = foundation;
  const policy = (): Policy => whoMay.live.now();
  const who = (): Identity | null => identity.get();
  const deps = deskDepsOf({ foundation, stores, homeTeam, who: whoMay, people });
  // Schedules ask through a desk of their own: their times are bounded already.
  const desk = createDesk({ ...deps, mayAsk: createAskingLimit(stores.calls, config.runs.perPersonAndMinute) });
  const clusters = profilesOf(config);
  const audit = createAuditDesk({ store: stores.runs, digest: foundation.digest, clock, clusters, policy });
  const dispatcher = createDispatcher({
    leaving,
    desk,
    audit,
    control: (said) => createControlDesk(deps, said),
    runs: stores.runs,
    cards: stores.cards,
    slack,
    commands,
    clusters,
    clock,
    log,
    policy,
    identity: who,
    people,
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
