import type { Redis } from 'ioredis';
import { startRedis } from '../../playground/redis.ts';
import { awaitRedis, connectRedis } from '../../src/adapters/redis/connection.ts';
import { createRedisRunStore } from '../../src/adapters/redis/run-store.ts';
import { systemClock } from '../../src/adapters/runtime/system-clock.ts';
import type { Actor } from '../../src/core/actor.ts';
import type { RunWord } from '../../src/core/command.ts';
import type { RequestDesk } from '../../src/core/desk.ts';
import type { Policy } from '../../src/core/policy.ts';
import type { RunStore } from '../../src/core/ports/run-store.ts';
import { foldRun, type RunState } from '../../src/core/run-state.ts';
import { createDesk } from '../../src/engine/desk.ts';
import { createHarness, operator, TEAM } from './engine-harness.ts';
import { make, SAMPLE_HASH, sampleApprovals, sampleGate, samplePlan } from './run-samples.ts';
import { testSeal } from './test-seal.ts';

/** What became of a race. */
export interface Race {
  /** Every run after all votes, with its events by type. */
  readonly runs: readonly { readonly state: RunState; readonly types: readonly string[] }[];
  readonly words: readonly RunWord[];
  /** Audit entries by action. */
  readonly audited: ReadonlyMap<string, number>;
}

/** Bots that take the votes, each with a connection and a desk of its own. */
const BOTS = 4;
/** So many votes at once in one process take longer than a command may otherwise take, ms. */
const PATIENCE_MS = 600_000;

/**
 * Opens gates on a real Redis and has people of two roles vote on each at once, through four bots. Each gate asks for two of
 * platform and one of security; every tenth voter rejects when `reject` is set.
 */
export async function raceVotes(size: {
  readonly gates: number;
  readonly voters: number;
  readonly reject: boolean;
}): Promise<Race> {
  const server = await startRedis();
  const connections: Redis[] = [];
  try {
    for (let bot = 0; bot < BOTS; bot += 1) {
      const redis = connectRedis(server.url, 'store', { commandTimeoutMs: PATIENCE_MS });
      connections.push(redis);
      await awaitRedis(redis, 10_000);
    }
    const stores = connections.map((redis) => createRedisRunStore({ redis, prefix: '{race}:', seal: testSeal }));
    return await race(stores, size);
  } finally {
    for (const redis of connections) redis.disconnect();
    await server.stop();
  }
}

function crowdOf(voters: number): readonly Actor[] {
  return Array.from({ length: voters }, (_, each): Actor => ({ team: TEAM, user: `U0C${each}` }));
}

function policyOf(crowd: readonly Actor[]): Policy {
  const users = crowd.map(({ user }) => user);
  return {
    homeTeam: TEAM,
    roles: [
      { name: 'operator', users: [operator.user] },
      { name: 'platform', users: users.filter((_, index) => index % 3 !== 2) },
      { name: 'security', users: users.filter((_, index) => index % 3 !== 0) },
    ],
    rules: [{ clusters: ['prod'], commands: ['valve'], allow: ['operator'], approvals: null }],
    defaultApprovals: demand,
  };
}

const demand = sampleApprovals({ required: 2, from: ['platform'], also: [{ required: 1, from: ['security'] }] });

function deskOn(store: RunStore, policy: Policy): RequestDesk {
  const harness = createHarness({ runbooks: [], store: () => store });
  return createDesk({
    ...harness.deps('bot'),
    clock: systemClock,
    policy: () => policy,
    freshPolicy: async () => policy,
  });
}

async function race(
  stores: readonly RunStore[],
  { gates, voters, reject }: { readonly gates: number; readonly voters: number; readonly reject: boolean },
): Promise<Race> {
  const [store] = stores;
  if (store === undefined) throw new Error('no store was made');
  const crowd = crowdOf(voters);
  const policy = policyOf(crowd);
  const desks = stores.map((each) => deskOn(each, policy));
  const runs = Array.from({ length: gates }, (_, index) => `valve-prod-r${index}`);
  for (const runId of runs) await openGate(store, runId);
  const votes = runs.flatMap((runId) => crowd.map((actor, index) => ({ runId, actor, index })));
  const words = await Promise.all(
    votes.map(async ({ runId, actor, index }) => {
      const desk = desks[index % desks.length] ?? desks[0];
      if (desk === undefined) throw new Error('no desk was made');
      const verdict = reject && index % 10 === 9 ? 'reject' : 'approve';
      const idempotencyKey = `${runId}/${actor.user}`;
      return await desk.vote({ runId, gate: 'approve', hash: SAMPLE_HASH, actor, verdict, note: null, idempotencyKey });
    }),
  );
  return {
    runs: await Promise.all(runs.map(async (runId) => await endOf(store, runId))),
    words,
    audited: await auditOf(store),
  };
}

async function openGate(store: RunStore, runId: string): Promise<void> {
  const nowMs = systemClock.nowMs();
  const gate = sampleGate({ approvals: demand });
  const at = new Date(nowMs).toISOString();
  const expiresAt = new Date(nowMs + 1_800_000).toISOString();
  const event = make.requested({ defaultApprovals: demand });
  await store.create({
    id: runId,
    cluster: 'prod',
    runbook: 'valve-turn',
    idempotencyKey: runId,
    event,
    audit: [],
    nowMs,
  });
  const record = await store.read(runId);
  await store.append(runId, {
    writer: { kind: 'other', idempotencyKey: null },
    seen: record?.version ?? 0,
    events: [make.planned(samplePlan({ gates: [gate] })), { ...make.opened(gate, expiresAt), at }],
    audit: [],
  });
}

async function endOf(store: RunStore, runId: string): Promise<Race['runs'][number]> {
  const record = await store.read(runId);
  if (record === null) throw new Error(`no run ${runId}`);
  const types = record.events.map((event) => JSON.stringify(event).replace(/.*?"type":"([a-z-]+)".*/, '$1'));
  return { state: foldRun(record), types };
}

async function auditOf(store: RunStore): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  for (let after = 0; ; ) {
    const entries = await store.auditEntries(after, 1000);
    for (const { entry } of entries) counts.set(entry.action, (counts.get(entry.action) ?? 0) + 1);
    const last = entries.at(-1);
    if (last === undefined) return counts;
    after = last.seq;
  }
}
