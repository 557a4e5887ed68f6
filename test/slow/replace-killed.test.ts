import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeTemporaryDirectory, removeDirectory } from '../../playground/directories.ts';
import { throughAny } from '../../playground/etcd-membership.ts';
import { damageLog } from '../../playground/faults/wal.ts';
import { HOST_FACTS } from '../../playground/hosts/host.ts';
import { platformOfHosts } from '../../playground/hosts/host-platform.ts';
import { type HostRing, startHostRing } from '../../playground/hosts/host-ring.ts';
import { type RunningProcess, startProcess } from '../../playground/processes.ts';
import { type PlaygroundRedis, startRedis } from '../../playground/redis.ts';
import { waitFor } from '../../playground/waiting.ts';
import { connectRedis } from '../../src/adapters/redis/connection.ts';
import { createDoorbell } from '../../src/adapters/redis/doorbell.ts';
import { createRedisRunStore } from '../../src/adapters/redis/run-store.ts';
import { JsonObject } from '../../src/core/json.ts';
import { foldRun, openGate, type RunState } from '../../src/core/run-state.ts';
import { createDesk } from '../../src/engine/desk.ts';
import { BINARY_3_5 } from '../contract/etcd/real-ring.ts';
import { approver, operator } from '../support/engine-harness.ts';
import { type ReplaceWorld, replaceDeps } from '../support/replace-world.ts';
import { testSeal } from '../support/test-seal.ts';

const WORKER = fileURLToPath(new URL('../support/replace-worker.ts', import.meta.url));
const LONG = 400_000;

/** Announced calls of a replacement in place, in their order. */
const ACTIONS = [
  'disable',
  'stop',
  'remove-member',
  'set-aside-data',
  'add-learner',
  'write-config',
  'enable',
  'start',
  'promote',
];

/**
 * Where a worker dies, in one run. Every boundary of every call is killed in memory (`test/unit/jobs/etcd-replace-crash.test.ts`): a successor
 * that finds a call announced and nothing done watches for 20 s and more before it says so, so here it has to only once.
 */
const BOUNDARIES = [
  ...ACTIONS.map((action) => `call-made of ${action}`),
  'intent-after-store of remove-member',
  'observed-after-store of remove-member',
  'observed-after-store of add-learner',
  'ending-after-store of promote',
] as const;

let ring: HostRing;
let redis: PlaygroundRedis;
let directory: string;
let world: ReplaceWorld;
const ending = new AbortController();
const workers: RunningProcess[] = [];
const closing: (() => Promise<void>)[] = [];

beforeAll(async () => {
  directory = await makeTemporaryDirectory('replace-killed');
  redis = await startRedis();
  ring = await startHostRing({ binary: BINARY_3_5, quotaBytes: 64 * 1024 * 1024, restartMs: 1_000 });
  const settings = { defrag: { sample: '500ms' }, replace: { watch: '2s', joined: '1m', caughtUp: '1m' } };
  const store = join(directory, 'store');
  await mkdir(store);
  const entry = platformOfHosts('edge', ring, settings).entry;
  const deaths = join(directory, 'deaths');
  await writeFile(deaths, '');
  const cluster = JsonObject.parse({ ...entry, backups: { store: { type: 'file', path: store } } });
  world = { redisUrl: redis.url, cluster, deaths, boundaries: [...BOUNDARIES] };
}, LONG);

afterAll(async () => {
  ending.abort();
  await Promise.all(workers.map((each) => each.kill()));
  for (const close of closing) await close();
  await ring.stop();
  await redis.stop();
  await removeDirectory(directory);
});

/** Keeps a worker running, and one that waits for its death. */
async function keepWorker(): Promise<void> {
  while (!ending.signal.aborted) {
    const name = `worker-${workers.length}`;
    const env = { ...process.env, WORLD: JSON.stringify(world), WORKER: name };
    const started = await startProcess({ name, command: process.execPath, args: [WORKER], env });
    workers.push(started);
    await started.ended;
  }
}

/** A desk, and the record of the run that it asks for. */
async function ask(): Promise<{ readonly read: () => Promise<RunState>; readonly answerGates: () => Promise<void> }> {
  const [storeClient, queueClient] = [connectRedis(redis.url, 'store'), connectRedis(redis.url, 'queue')];
  await Promise.all([storeClient.connect(), queueClient.connect()]);
  const store = createRedisRunStore({ redis: storeClient, seal: testSeal });
  const doorbell = createDoorbell({ redis: queueClient });
  closing.push(async () => {
    await doorbell.close();
    storeClient.disconnect();
    queueClient.disconnect();
  });
  const desk = createDesk(replaceDeps(world, { store, doorbell, worker: 'desk' }));
  const target = { kind: 'member', name: 'm-2' };
  const params = { target, backup: null, overHealthy: false, peerUrl: null, by: 'T0HOME/U0OPERATOR' };
  const asked = await desk.request({
    actor: operator,
    order: { runbook: 'etcd-replace', cluster: 'prod', params, dryRun: false, waitForLock: false },
    command: 'replace',
    policyVerb: 'replace',
    origin: { channel: 'C0OPS', threadTs: null },
    text: '/kube replace prod member/m-2',
    idempotencyKey: 'once',
  });
  if (asked.kind === 'refused') throw new Error(asked.why);
  const { runId } = asked;
  const read = async (): Promise<RunState> => {
    const record = await store.read(runId);
    if (record === null) throw new Error(`there is no run ${runId}`);
    return foldRun(record);
  };
  return {
    read,
    async answerGates() {
      const gate = openGate(await read());
      if (gate === null) return;
      const { id, expect: typed, choices } = gate.spec;
      const note = typed ?? choices[0] ?? null;
      const vote = { runId, gate: id, hash: gate.hash, actor: approver, verdict: 'approve' as const, note };
      await desk.vote({ ...vote, idempotencyKey: null });
    },
  };
}

test(
  'a worker is killed at every call, and around the removal: whoever is next ends the run, and nothing is done twice',
  async () => {
    const host = ring.host('m-2');
    await host.service.stop();
    await damageLog(host.path(HOST_FACTS.dataDirectory));
    await host.service.start();
    const listed = () =>
      throughAny(
        ring.endpoints.filter((url) => !url.includes(host.address)),
        ring.tls,
        (each) => each.list(),
      );
    const before = await listed();
    void keepWorker();
    void keepWorker();

    const run = await ask();
    const ended = await waitFor(
      'the run to end',
      async () => {
        await run.answerGates();
        return (await run.read()).ended ?? undefined;
      },
      { timeoutMs: LONG - 60_000, everyMs: 200 },
    );
    const { acts } = await run.read();
    const deaths = readFileSync(world.deaths, 'utf8').trim().split('\n');
    const happened = acts.filter(({ observed }) => observed?.result === 'done');
    const after = await listed();

    expect(ended, JSON.stringify({ deaths, acts }, null, 1)).toMatchObject({ outcome: 'succeeded' });
    expect(deaths).toEqual(expect.arrayContaining([...BOUNDARIES]));
    // Once each, however many workers looked.
    expect(happened.map(({ action }) => action)).toEqual(ACTIONS);
    expect(after.map(({ name, isLearner }) => `${name} ${isLearner}`).toSorted()).toEqual(
      ['m-1', 'm-2', 'm-3'].map((name) => `${name} false`),
    );
    // Two of the members are the old ones, one is new.
    expect(
      after
        .filter(({ id }) => before.some((old) => old.id === id))
        .map(({ name }) => name)
        .toSorted(),
    ).toEqual(['m-1', 'm-3']);
    await ring.waitHealthy(60_000);
  },
  LONG,
);
