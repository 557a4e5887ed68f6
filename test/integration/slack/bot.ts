import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { commands } from '../../../commands/index.ts';
import { runbooks } from '../../../jobs/index.ts';
import { BOT, TEAM } from '../../../playground/workspace/seed.ts';
import { startWorkspace, type Workspace } from '../../../playground/workspace/workspace.ts';
import { canonicalDigest } from '../../../src/adapters/runtime/canonical-digest.ts';
import { randomIds } from '../../../src/adapters/runtime/random-ids.ts';
import { systemClock } from '../../../src/adapters/runtime/system-clock.ts';
import { type AckKind, createSlackApp } from '../../../src/adapters/slack/app.ts';
import { createSlackClient } from '../../../src/adapters/slack/client.ts';
import { createDispatcher } from '../../../src/adapters/slack/dispatch/dispatcher.ts';
import { createSlackPeople } from '../../../src/adapters/slack/people/slack-people.ts';
import type { ProjectorPoint } from '../../../src/adapters/slack/projector/deps.ts';
import { createProjector } from '../../../src/adapters/slack/projector/projector.ts';
import type { ClusterProfile } from '../../../src/core/cluster-profile.ts';
import type { Policy } from '../../../src/core/policy.ts';
import type { Log } from '../../../src/core/ports/runtime.ts';
import { EVENT_VERSION, type RunEvent } from '../../../src/core/run-event.ts';
import { createAuditDesk } from '../../../src/engine/audit-desk.ts';
import { createControlDesk } from '../../../src/engine/control-desk.ts';
import { createDesk } from '../../../src/engine/desk.ts';
import { createFakeCardStore, type FakeCardStore } from '../../fakes/card-store.ts';
import { createFakeRunStore, type FakeRunStore } from '../../fakes/run-store.ts';
import { openAdmission } from '../../support/open-admission.ts';
import { sampleCluster } from '../../support/sample-cluster.ts';
import type { Told } from '../../support/sample-run.ts';
import type { SocketModeServer } from '../../support/socket-mode-server.ts';

/** A bot on a local workspace: real Bolt over HTTP, real client and projector; stores in memory. */
export interface TestBot {
  readonly workspace: Workspace;
  /** Where it takes requests of Slack: `http://127.0.0.1:PORT`. */
  readonly address: string;
  readonly runs: FakeRunStore;
  readonly cards: FakeCardStore;
  readonly policy: Policy;
  /** Every line that was logged, as JSON. */
  readonly logged: string[];
  readonly acks: { readonly kind: AckKind; readonly ms: number }[];
  readonly calls: { readonly method: string; readonly result: string }[];
  /** Names of all runs, oldest first. */
  runIds(): Promise<readonly string[]>;
  /** Appends events to a run, as a worker would. */
  tell(runId: string, events: readonly Told[]): Promise<void>;
  /** A further projector of another process; stops at the point when told to. */
  startProjector(who: string, dieAt?: ProjectorPoint): RunningProjector;
  stop(): Promise<void>;
}

/** A projector that runs until it is stopped or dies. */
export interface RunningProjector {
  /** Resolves when it reached the point it was to die at. */
  readonly died: Promise<void>;
  stop(): Promise<void>;
}

/** A process that stops answering in the middle: what it had begun is never finished. */
async function forever(): Promise<never> {
  return await Promise.withResolvers<never>().promise;
}

export const APPROVALS = { required: 1, from: ['approver'], requesterMayApprove: false, expiresMs: 1_800_000 };

function testPolicy(): Policy {
  return {
    homeTeam: TEAM.id,
    roles: [
      { name: 'operator', users: ['U0OPERATOR'] },
      { name: 'approver', users: ['U0APPROVER1', 'U0APPROVER2', 'U0OPERATOR'] },
    ],
    rules: [
      {
        clusters: ['prod', 'cloud'],
        commands: ['status', 'members', 'alarms', 'defrag'],
        allow: ['operator'],
        approvals: null,
      },
      { clusters: ['prod'], commands: ['status'], allow: ['approver'], approvals: null },
    ],
    defaultApprovals: APPROVALS,
  };
}

function keepingLog(lines: string[], fields: object = {}): Log {
  function keep(level: string, message: string, data: object = {}): void {
    lines.push(JSON.stringify({ level, message, ...fields, ...data }));
  }
  return {
    info: (message, data) => keep('info', message, data),
    warn: (message, data) => keep('warn', message, data),
    error: (message, data) => keep('error', message, data),
    with: (more) => keepingLog(lines, { ...fields, ...more }),
  };
}

/** Starts workspace and bot; the first projector runs unless `projector` is false. */
export async function startTestBot(
  options: {
    readonly projector?: boolean;
    readonly timeoutMs?: number;
    readonly cardWaitMs?: number;
    readonly planWaitMs?: number;
    readonly clusters?: readonly ClusterProfile[];
    readonly policy?: () => Policy;
    /** A further process: on the same workspace and stores. It is stopped first. */
    readonly beside?: TestBot;
    /** Slack reaches it through this instead of HTTP. */
    readonly socketMode?: SocketModeServer;
  } = {},
): Promise<TestBot> {
  const { beside, socketMode } = options;
  const workspace = beside?.workspace ?? (await startWorkspace({ eventRetriesMs: [0, 0] }));
  const logged: string[] = [];
  const log = keepingLog(logged);
  const runs = beside?.runs ?? createFakeRunStore(systemClock);
  const cards = beside?.cards ?? createFakeCardStore(runs);
  const policy = testPolicy();
  const calls: { method: string; result: string }[] = [];
  const acks: { kind: AckKind; ms: number }[] = [];
  const slack = createSlackClient({
    token: workspace.botToken,
    apiUrl: workspace.apiUrl,
    timeoutMs: options.timeoutMs ?? 2000,
    log,
    onCall: (method, result) => calls.push({ method, result }),
  });
  const doorbell = { ring: async () => undefined };
  const deskDeps = {
    store: runs,
    doorbell,
    clock: systemClock,
    ids: randomIds,
    log,
    runbooks,
    admission: openAdmission(),
    policy: () => policy,
  };
  const desk = createDesk(deskDeps);
  const identity = { team: TEAM.id, botUser: BOT.user, botId: BOT.bot };
  const clusters = options.clusters ?? [sampleCluster(), sampleCluster({ name: 'cloud', platform: 'eks' })];
  const leaving = new AbortController();
  const policyNow = options.policy ?? (() => policy);
  const dispatcher = createDispatcher({
    desk,
    audit: createAuditDesk({ store: runs, digest: canonicalDigest, clock: systemClock, clusters, policy: policyNow }),
    control: (said) => createControlDesk(deskDeps, said),
    runs,
    cards,
    slack,
    commands,
    clusters,
    clock: systemClock,
    log,
    policy: policyNow,
    identity: () => identity,
    people: createSlackPeople({ slackFor: () => slack, clock: systemClock, homeTeam: () => TEAM.id }),
    cardWaitMs: options.cardWaitMs ?? 8000,
    planWaitMs: options.planWaitMs ?? 20_000,
    leaving: leaving.signal,
    nonce: () => randomBytes(4).toString('hex'),
  });
  const app = createSlackApp({
    transport:
      socketMode === undefined
        ? { kind: 'http', signingSecret: workspace.signingSecret }
        : { kind: 'socket', appToken: 'xapp-1-test' },
    apiUrl: socketMode?.apiUrl ?? workspace.apiUrl,
    dispatcher,
    log,
    identity: () => identity,
    onAck: (kind, ms) => acks.push({ kind, ms }),
  });
  const server = createServer((request, response) => {
    if (app.handle(request, response)) return;
    response.writeHead(404);
    response.end();
  });
  server.listen({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  const bound = server.address();
  const address = `http://127.0.0.1:${typeof bound === 'object' && bound !== null ? bound.port : 0}`;
  if (beside === undefined) workspace.bot.connect(address);
  await app.start();
  const projectors: RunningProjector[] = [];
  function startProjector(who: string, dieAt?: ProjectorPoint): RunningProjector {
    const ending = new AbortController();
    const died = Promise.withResolvers<void>();
    const projector = createProjector({
      runs,
      cards,
      slackFor: () => slack,
      clock: systemClock,
      log,
      who,
      titleOf: (runbook) => runbooks.find((each) => each.id === runbook)?.title ?? runbook,
      opsChannel: () => 'C0OPS',
      peopleOf: (role) => (role === 'approver' ? ['U0APPROVER1', 'U0APPROVER2'] : []),
      incidentsChannel: () => 'C0INC',
      async reach(point) {
        if (point !== dieAt) return;
        died.resolve();
        await forever();
      },
    });
    const running = projector.run(ending.signal);
    const started = {
      died: died.promise,
      async stop() {
        ending.abort();
        await Promise.race([running, died.promise]);
      },
    };
    projectors.push(started);
    return started;
  }
  if (options.projector !== false) startProjector('bot-1');
  return {
    workspace,
    address,
    runs,
    cards,
    policy,
    logged,
    acks,
    calls,
    startProjector,
    runIds: async () => (await runs.list({ cluster: null, limit: 100 })).map((run) => run.id).toReversed(),
    async tell(runId, events) {
      const record = await runs.read(runId);
      const at = new Date().toISOString();
      const full = events.map((event): RunEvent => ({ v: EVENT_VERSION, at, ...event }));
      const written = await runs.append(runId, {
        writer: { kind: 'other', idempotencyKey: null },
        seen: record?.version ?? 0,
        events: full,
        audit: [],
      });
      if (written.kind !== 'ok') throw new Error(`not appended: ${written.kind}`);
    },
    async stop() {
      await Promise.all(projectors.map((each) => each.stop()));
      leaving.abort();
      await app.stop(1000);
      server.closeAllConnections();
      server.close();
      if (beside === undefined) await workspace.stop();
    },
  };
}
