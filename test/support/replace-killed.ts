import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { makeTemporaryDirectory, removeDirectory } from '../../playground/directories.ts';
import { type RunningProcess, startProcess } from '../../playground/processes.ts';
import { startRedis } from '../../playground/redis.ts';
import { waitFor } from '../../playground/waiting.ts';
import { connectRedis } from '../../src/adapters/redis/connection.ts';
import { createDoorbell } from '../../src/adapters/redis/doorbell.ts';
import { createRedisRunStore } from '../../src/adapters/redis/run-store.ts';
import { JsonObject } from '../../src/core/json.ts';
import { openGate, type RunState } from '../../src/core/run-state.ts';
import { createDesk } from '../../src/engine/desk.ts';
import { approver, operator } from './engine-harness.ts';
import { type ReplaceWorld, replaceDeps } from './replace-world.ts';
import { runFolds } from './run-folds.ts';
import { testSeal } from './test-seal.ts';

const WORKER = fileURLToPath(new URL('./replace-worker.ts', import.meta.url));

/** A run whose workers are killed. */
export interface KilledReplacement {
  readonly run: RunState;
  /** Where a worker died, in this order. */
  readonly deaths: readonly string[];
}

/** What is asked for, where workers die, and what happens meanwhile. */
export interface FireOrder {
  /** `cluster` in drydock.yaml, without channels. */
  readonly entry: Readonly<Record<string, unknown>>;
  readonly runbook: string;
  /** Command and verb of policy. */
  readonly verb: string;
  readonly params: JsonObject;
  /** Called with each look at the run. */
  readonly onLook?: (run: RunState) => Promise<void>;
  /** Each once: `call-made of remove-member`. */
  readonly boundaries: readonly string[];
  readonly withinMs: number;
}

/** What is replaced, and where workers die. */
export interface KilledOrder {
  /** `cluster` in drydock.yaml, without channels. */
  readonly entry: Readonly<Record<string, unknown>>;
  readonly member: string;
  /** Each once: `call-made of remove-member`. */
  readonly boundaries: readonly string[];
  readonly withinMs: number;
}

/** Replaces a member as {@link runUnderFire} says. */
export async function replaceUnderFire({ member, ...order }: KilledOrder): Promise<KilledReplacement> {
  const target = { kind: 'member', name: member };
  const params = { target, backup: null, overHealthy: false, peerUrl: null, by: 'T0HOME/U0OPERATOR' };
  return await runUnderFire({ ...order, runbook: 'etcd-replace', verb: 'replace', params });
}

/**
 * Carries out a run by two worker processes over a real Redis, each of which dies by SIGKILL at the next boundary at which none has died yet, and is followed by
 * another one. Gates are answered. Everything that it starts has ended when it answers.
 *
 * @throws Error when the run was refused or does not end in time.
 */
export async function runUnderFire(order: FireOrder): Promise<KilledReplacement> {
  const directory = await makeTemporaryDirectory('replace-killed');
  const redis = await startRedis();
  const ending = new AbortController();
  const workers: RunningProcess[] = [];
  const deaths = join(directory, 'deaths');
  await writeFile(deaths, '');
  const cluster = JsonObject.parse(order.entry);
  const world: ReplaceWorld = { redisUrl: redis.url, cluster, deaths, boundaries: [...order.boundaries] };
  async function keepWorker(): Promise<void> {
    while (!ending.signal.aborted) {
      const name = `worker-${workers.length}`;
      const env = { ...process.env, WORLD: JSON.stringify(world), WORKER: name };
      const started = await startProcess({ name, command: process.execPath, args: [WORKER], env });
      workers.push(started);
      // It may have been on its way when all others were ended.
      if (ending.signal.aborted) await started.kill();
      await started.ended;
    }
  }
  const kept = [keepWorker(), keepWorker()];
  try {
    const run = await ask(world, order);
    return { run, deaths: readFileSync(deaths, 'utf8').trim().split('\n') };
  } finally {
    ending.abort();
    await Promise.all(workers.map((each) => each.kill()));
    await Promise.all(kept);
    await redis.stop();
    await removeDirectory(directory);
  }
}

/** Asks for the run as people do, and answers its gates until it ends. */
async function ask(world: ReplaceWorld, order: FireOrder): Promise<RunState> {
  const [storeClient, queueClient] = [connectRedis(world.redisUrl, 'store'), connectRedis(world.redisUrl, 'queue')];
  await Promise.all([storeClient.connect(), queueClient.connect()]);
  const store = createRedisRunStore({ redis: storeClient, seal: testSeal });
  const doorbell = createDoorbell({ redis: queueClient });
  try {
    const desk = createDesk(replaceDeps(world, { store, doorbell, worker: 'desk' }));
    const runId = await requested(desk, order);
    const folded = runFolds();
    return await waitFor(
      `the run of ${order.runbook} to end`,
      async () => {
        const record = await store.read(runId);
        if (record === null) throw new Error(`there is no run ${runId}`);
        const run = folded(record);
        await answerGate(desk, run);
        await order.onLook?.(run);
        return run.ended === null ? undefined : run;
      },
      { timeoutMs: order.withinMs, everyMs: 200 },
    );
  } finally {
    await doorbell.close();
    storeClient.disconnect();
    queueClient.disconnect();
  }
}

type Desk = ReturnType<typeof createDesk>;

async function requested(desk: Desk, { runbook, verb, params }: FireOrder): Promise<string> {
  const asked = await desk.request({
    actor: operator,
    order: { runbook, cluster: 'prod', params, dryRun: false, waitForLock: false },
    command: verb,
    policyVerb: verb,
    origin: { channel: 'C0OPS', threadTs: null },
    text: `/kube ${verb} prod`,
    idempotencyKey: 'once',
  });
  if (asked.kind === 'refused') throw new Error(asked.why);
  return asked.runId;
}

async function answerGate(desk: Desk, run: RunState): Promise<void> {
  const gate = openGate(run);
  if (gate === null) return;
  const { id, expect: typed, choices } = gate.spec;
  const note = typed ?? choices[0] ?? null;
  const vote = { runId: run.id, gate: id, hash: gate.hash, actor: approver, verdict: 'approve' as const, note };
  await desk.vote({ ...vote, idempotencyKey: null });
}
