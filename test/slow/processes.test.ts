import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Service } from '../../playground/service.ts';
import { waitFor } from '../../playground/waiting.ts';
import { phaseOf } from '../../src/core/run-state.ts';
import { runToFirstPause } from '../support/e2e-faults.ts';
import { explainFailures, type Scene, startScene } from '../support/e2e-scene.ts';

let scene: Scene;

explainFailures(() => scene);

beforeAll(async () => {
  scene = await startScene({ name: 'faults of processes' });
}, 120_000);

afterAll(async () => {
  await scene.stop();
});

beforeEach(() => {
  scene.turns.forget();
});

afterEach(async () => {
  for (const member of scene.ring.members) member.resume();
  await scene.redis.start();
  await Promise.all([scene.bot.start(), scene.worker.start()]);
});

/** SIGTERM. Resolves when the process has ended, which it must do by itself and in order. */
async function terminate(service: Service): Promise<void> {
  const end = service.ended();
  await service.stop();
  expect(await end).toEqual({ code: 0, signal: null });
}

/** SIGTERM for bot and worker, then both are started again. */
async function restartBoth(): Promise<void> {
  await Promise.all([terminate(scene.bot), terminate(scene.worker)]);
  await Promise.all([scene.bot.start(), scene.worker.start()]);
}

/** What a run comes to when nothing was lost and nothing repeated. */
const SUCCESS = { outcome: 'succeeded', turns: ['m-1', 'm-2', 'm-3'], leaderLast: true, locks: [] };

/** What a run came to: outcome, who had a turn, as etcd's files tell it, and what is still locked. */
async function endOf(run: string): Promise<unknown> {
  const { state } = await scene.ended(run, 90_000);
  const turns = scene.turns.begun();
  return {
    outcome: state.ended.outcome,
    turns: turns.toSorted(),
    leaderLast: turns.at(-1) === (await scene.ring.leader()).name,
    locks: await scene.runs.locks(),
  };
}

async function readyz(service: Service): Promise<number> {
  const answer = await fetch(`${service.address}/readyz`).catch(() => undefined);
  await answer?.text();
  return answer?.status ?? 0;
}

describe('SIGTERM for bot and worker', () => {
  test('while the run is planned', async () => {
    const [first] = scene.ring.members;
    first?.pause();
    const run = await scene.ask('/kube defrag prod --all --pause 0s');
    expect(phaseOf(await scene.state(run))).toBe('planning');
    const stopped = Promise.all([terminate(scene.bot), terminate(scene.worker)]);
    await waitFor('the worker to shut down', () => scene.worker.output().includes('shutting down'));
    first?.resume();
    await stopped;
    await Promise.all([scene.bot.start(), scene.worker.start()]);

    await scene.approve(run);

    expect(await endOf(run)).toEqual(SUCCESS);
  });

  test('while the run waits for people', async () => {
    const run = await scene.ask('/kube defrag prod --all --pause 0s');
    await scene.gate(run);

    await restartBoth();
    await scene.approve(run);

    expect(await endOf(run)).toEqual(SUCCESS);
  });

  test('while the run waits for a lock', async () => {
    const holder = await scene.ask('/kube defrag prod --all --pause 2s');
    const waiter = await scene.ask('/kube defrag prod --all --pause 0s --wait');
    await scene.approve(holder);
    await scene.until('the lock to be held', holder, (state) => state.locks !== null);
    await scene.approve(waiter);
    await scene.until('the wait for the lock', waiter, (state) => phaseOf(state) === 'waiting-for-lock');

    await restartBoth();

    for (const run of [holder, waiter]) expect((await scene.ended(run)).state.ended.outcome).toBe('succeeded');
    expect(scene.turns.begun()).toHaveLength(6);
    expect(new Set(scene.turns.begun().slice(0, 3)).size).toBe(3);
  });

  test('between two members', async () => {
    const run = await runToFirstPause(scene, '/kube defrag prod --all --pause 2s');

    await restartBoth();

    expect(await endOf(run)).toEqual(SUCCESS);
  });

  test('during a turn: the call in flight is waited for, its result stored, the rest left to the successor', async () => {
    await scene.refill();
    const frozen = scene.turns.atNext((member) => scene.ring.member(member).pause());
    const run = await scene.ask('/kube defrag prod --all --pause 0s');
    await scene.approve(run);
    const victim = await frozen;
    const stopped = Promise.all([terminate(scene.bot), terminate(scene.worker)]);
    await waitFor('the worker to shut down', () => scene.worker.output().includes('shutting down'));
    scene.ring.member(victim).resume();
    await stopped;
    await Promise.all([scene.bot.start(), scene.worker.start()]);

    expect(await endOf(run)).toEqual(SUCCESS);
  });
});

describe('Redis', () => {
  test('killed in the middle of a turn and started again: the run goes on to its end', async () => {
    await scene.refill();
    const down = scene.turns.atNext(() => void scene.redis.kill());
    const run = await scene.ask('/kube defrag prod --all --pause 1s');
    await scene.approve(run);
    await down;
    await waitFor(
      'both to notice',
      async () => (await readyz(scene.bot)) === 503 && (await readyz(scene.worker)) === 503,
    );
    await scene.redis.start();

    expect(await endOf(run)).toEqual(SUCCESS);
  });

  test('away at the start: both wait and say 503, people are told, and all goes on when it comes', async () => {
    await Promise.all([terminate(scene.bot), terminate(scene.worker)]);
    await scene.redis.halt();
    const started = Promise.all([scene.bot.start(), scene.worker.start()]);
    await waitFor('503', async () => (await readyz(scene.bot)) === 503 && (await readyz(scene.worker)) === 503);
    const seq = scene.seq();
    await scene.workspace.person('operator').command('/kube defrag prod --all');
    const [told] = await waitFor('a word to the operator', () => {
      const said = scene.told('operator', seq);
      return said.length > 0 && said;
    });
    await scene.redis.start();
    await started;

    expect(told?.text).toContain('cannot reach its store');
    const run = await scene.ask('/kube defrag prod --all --pause 0s');
    await scene.approve(run);
    expect(await endOf(run)).toEqual(SUCCESS);
  });
});

test('a bot that is away: the run goes on without it, and its card is final when the bot is back', async () => {
  const run = await runToFirstPause(scene, '/kube defrag prod --all --pause 2s');
  await terminate(scene.bot);

  await scene.until('the run to end', run, (state) => state.ended !== null);
  expect(scene.card(run).state).not.toBe('ended');
  await scene.bot.start();

  expect(await endOf(run)).toEqual(SUCCESS);
  const cards = scene.workspace.messages('C0OPS').filter((message) => message.metadata?.event_payload['run'] === run);
  expect(cards.filter((message) => message.threadTs === undefined)).toHaveLength(1);
});
