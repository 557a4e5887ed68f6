import type { Redis } from 'ioredis';
import { expect, test } from 'vitest';
import { makeTemporaryDirectory, removeDirectory } from '../../../playground/directories.ts';
import { runKeys } from '../../../src/adapters/redis/keys.ts';
import { createRedisRunStore } from '../../../src/adapters/redis/run-store.ts';
import type { RunStore } from '../../../src/core/ports/run-store.ts';
import { foldRun, openGate, type RunState } from '../../../src/core/run-state.ts';
import { createDesk } from '../../../src/engine/desk.ts';
import { createEngine } from '../../../src/engine/engine.ts';
import { crashDeps } from '../../support/crash-deps.ts';
import { approver, operator } from '../../support/engine-harness.ts';
import { type FileValves, openFileValves } from '../../support/file-valves.ts';
import { useRedis } from '../../support/own-redis.ts';
import { testSeal } from '../../support/test-seal.ts';

const NEVER = new AbortController().signal;

const redis = useRedis();

interface Approved {
  readonly runId: string;
  readonly valves: FileValves;
  /** Advances the run until it has ended. */
  readonly end: () => Promise<RunState>;
}

/** A run that was planned, shown and approved, and that nobody works on. */
async function approvedRun(prefix: string, directory: string): Promise<Approved> {
  const store = createRedisRunStore({ redis: redis(), prefix, seal: testSeal });
  const valves = openFileValves(directory);
  const doorbell = { ring: async () => await Promise.resolve() };
  const deps = crashDeps({ store, doorbell, valves, worker: 'w-1' });
  const order = {
    runbook: 'valve-turn',
    cluster: 'prod',
    params: { valves: ['a'] },
    dryRun: false,
    waitForLock: false,
  };
  const asked = await createDesk(deps).request({
    actor: operator,
    order,
    command: 'valve',
    policyVerb: 'valve',
    origin: { channel: 'C0', threadTs: null },
    text: '/kube valve prod',
    idempotencyKey: 'asked',
  });
  if (asked.kind === 'refused') throw new Error(asked.why);
  const { runId } = asked;
  await createEngine(deps).advance(runId, NEVER);
  const gate = openGate(await stateOf(store, runId));
  if (gate === null) throw new Error('nobody is asked');
  const vote = { runId, gate: gate.spec.id, hash: gate.hash, actor: approver, verdict: 'approve', note: null } as const;
  expect(await createDesk(deps).vote({ ...vote, idempotencyKey: 'approved' })).toMatchObject({ ok: true });
  async function end(): Promise<RunState> {
    await expect
      .poll(
        async () => {
          await createEngine(deps).advance(runId, NEVER);
          return (await stateOf(store, runId)).ended;
        },
        { timeout: 60_000 },
      )
      .not.toBeNull();
    return await stateOf(store, runId);
  }
  return { runId, valves, end };
}

async function stateOf(store: RunStore, runId: string): Promise<RunState> {
  const record = await store.read(runId);
  if (record === null) throw new Error('there is no such run');
  return foldRun(record);
}

/** Writes over what Redis has of the events of a run, as who owns it may. Answers how many were changed. */
async function rewrite(client: Redis, prefix: string, runId: string, what: string, instead: string): Promise<number> {
  const [, key = ''] = runKeys(prefix, runId);
  const events = await client.lrange(key, 0, -1);
  const changed = events.map((event) => event.replaceAll(what, instead));
  for (const [index, event] of changed.entries()) await client.lset(key, index, event);
  return changed.filter((event, index) => event !== events[index]).length;
}

test.each([
  ['what a step does', '"valves":["a"]', '"valves":["b"]', { outcome: 'failed', reason: 'plan-tampered' }, []],
  ['nothing', '"valves":["nobody"]', '"valves":["b"]', { outcome: 'succeeded', reason: 'done' }, ['a']],
] as const)(
  '%s of an approved plan was changed in Redis: what runs is what was approved',
  async (name, from, to, ended, turns) => {
    await using parts = new AsyncDisposableStack();
    const directory = await makeTemporaryDirectory('changed-plan');
    parts.defer(async () => await removeDirectory(directory));
    const prefix = `{changed-${name.length}}:`;
    const { runId, valves, end } = await approvedRun(prefix, directory);

    expect(await rewrite(redis(), prefix, runId, from, to)).toBe(name === 'nothing' ? 0 : 2);
    const state = await end();

    expect(state.ended).toMatchObject(ended);
    expect(await valves.turns()).toEqual(turns);
  },
);
