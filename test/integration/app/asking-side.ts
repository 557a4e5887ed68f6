import { onTestFinished } from 'vitest';
import { runbooks } from '../../../jobs/index.ts';
import { waitFor } from '../../../playground/waiting.ts';
import { connectRedis } from '../../../src/adapters/redis/connection.ts';
import { createDoorbell } from '../../../src/adapters/redis/doorbell.ts';
import { createRedisRunStore } from '../../../src/adapters/redis/run-store.ts';
import { randomIds } from '../../../src/adapters/runtime/random-ids.ts';
import { systemClock } from '../../../src/adapters/runtime/system-clock.ts';
import type { RequestDesk, RunAsk } from '../../../src/core/desk.ts';
import type { RunStore } from '../../../src/core/ports/run-store.ts';
import { foldRun, type RunState } from '../../../src/core/run-state.ts';
import { createDesk } from '../../../src/engine/desk.ts';
import { silentLog } from '../../support/engine-harness.ts';
import { openAdmission } from '../../support/open-admission.ts';
import { testSeal } from '../../support/test-seal.ts';

const ACTOR = { team: 'T1', user: 'U0OPERATOR' };
const APPROVALS = { required: 1, from: ['approver'], requesterMayApprove: false, expiresMs: 60_000 };

/** The side that asks: a desk as the bot has it, in this process. */
export async function askingSide(url: string): Promise<{ readonly desk: RequestDesk; readonly runs: RunStore }> {
  const store = connectRedis(url, 'store');
  const queue = connectRedis(url, 'queue');
  await Promise.all([store.connect(), queue.connect()]);
  const doorbell = createDoorbell({ redis: queue });
  onTestFinished(async () => {
    await doorbell.close();
    store.disconnect();
    queue.disconnect();
  });
  const runs = createRedisRunStore({ redis: store, seal: testSeal });
  const desk = createDesk({
    store: runs,
    doorbell,
    clock: systemClock,
    ids: randomIds,
    log: silentLog,
    runbooks,
    admission: openAdmission(),
    policy: () => ({
      homeTeam: 'T1',
      roles: [{ name: 'operator', users: ['U0OPERATOR'] }],
      rules: [{ clusters: ['prod'], commands: ['status', 'defrag'], allow: ['operator'], approvals: null }],
      defaultApprovals: APPROVALS,
    }),
  });
  return { desk, runs };
}

/** Waits for the end of a run. */
export async function ended(runs: RunStore, runId: string): Promise<RunState> {
  return await waitFor('the end of the run', async () => {
    const record = await runs.read(runId);
    const state = record === null ? null : foldRun(record);
    return state?.ended === null || state === null ? undefined : state;
  });
}

/** Asks for a defragmentation of `prod`; answers the run's id. */
export async function askForDefrag(desk: RequestDesk, key: string): Promise<string> {
  const asked = await desk.request(defrag(key));
  if (asked.kind !== 'queued') throw new Error(`not queued: ${asked.kind}`);
  return asked.runId;
}

function defrag(key: string): RunAsk {
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
