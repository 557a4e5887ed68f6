import { describe, expect, onTestFinished, test } from 'vitest';
import { runbooks } from '../../../jobs/index.ts';
import { waitFor } from '../../../playground/waiting.ts';
import { connectRedis } from '../../../src/adapters/redis/connection.ts';
import { createDoorbell } from '../../../src/adapters/redis/doorbell.ts';
import { createRedisRunStore } from '../../../src/adapters/redis/run-store.ts';
import { randomIds } from '../../../src/adapters/runtime/random-ids.ts';
import { systemClock } from '../../../src/adapters/runtime/system-clock.ts';
import type { RequestDesk } from '../../../src/core/desk.ts';
import type { RunStore } from '../../../src/core/ports/run-store.ts';
import { foldRun, type RunState } from '../../../src/core/run-state.ts';
import { createDesk } from '../../../src/engine/desk.ts';
import { silentLog } from '../../support/engine-harness.ts';
import { redisForTest, startDrydock, untilReady } from './support.ts';

const ACTOR = { team: 'T1', user: 'U0OPERATOR' };
const APPROVALS = { required: 1, from: ['approver'], requesterMayApprove: false, expiresMs: 60_000 };

/** The side that asks: a desk as the bot has it, in this process. */
async function askingSide(url: string): Promise<{ readonly desk: RequestDesk; readonly runs: RunStore }> {
  const store = connectRedis(url, 'store');
  const queue = connectRedis(url, 'queue');
  await Promise.all([store.connect(), queue.connect()]);
  const doorbell = createDoorbell({ redis: queue });
  onTestFinished(async () => {
    await doorbell.close();
    store.disconnect();
    queue.disconnect();
  });
  const runs = createRedisRunStore({ redis: store });
  const desk = createDesk({
    store: runs,
    doorbell,
    clock: systemClock,
    ids: randomIds,
    log: silentLog,
    runbooks,
    policy: () => ({
      homeTeam: 'T1',
      roles: [{ name: 'operator', users: ['U0OPERATOR'] }],
      rules: [{ clusters: ['prod'], commands: ['status', 'defrag'], allow: ['operator'], approvals: null }],
      defaultApprovals: APPROVALS,
    }),
  });
  return { desk, runs };
}

async function ended(runs: RunStore, runId: string): Promise<RunState> {
  return await waitFor('the end of the run', async () => {
    const record = await runs.read(runId);
    const state = record === null ? null : foldRun(record);
    return state?.ended === null || state === null ? undefined : state;
  });
}

function defrag(key: string) {
  return {
    actor: ACTOR,
    order: {
      runbook: 'etcd-defrag',
      cluster: 'prod',
      params: { members: [], all: false, moveLeader: false, pauseMs: null },
      dryRun: false,
      waitForLock: false,
    },
    command: 'defrag',
    policyVerb: 'defrag',
    origin: { channel: 'C0OPS', threadTs: null },
    text: '/kube defrag prod',
    idempotencyKey: key,
  };
}

describe('a run asked for by the bot and carried out by a worker process', () => {
  test('ends as blocked with words when the cluster does not answer, with run and cluster on the log lines', async () => {
    const redis = await redisForTest();
    const worker = await startDrydock(['worker'], { REDIS_URL: redis.url });
    await untilReady(worker);
    const { desk, runs } = await askingSide(redis.url);

    const asked = await desk.request(defrag('one'));
    const runId = asked.kind === 'queued' ? asked.runId : '';
    const state = await ended(runs, runId);

    expect(state.ended).toMatchObject({ outcome: 'blocked', reason: 'cluster-unreachable' });
    await waitFor('the log', () => worker.process.output().includes(`"run":"${runId}"`));
  });

  test('that was asked for while no worker lived is carried out by the next one', async () => {
    const redis = await redisForTest();
    const { desk, runs } = await askingSide(redis.url);
    const asked = await desk.request(defrag('two'));
    const worker = await startDrydock(['worker'], { REDIS_URL: redis.url });
    await untilReady(worker);

    const state = await ended(runs, asked.kind === 'queued' ? asked.runId : '');

    expect(state.ended?.outcome).toBe('blocked');
  });
});
