import { expect, test, vi } from 'vitest';
import { waitFor } from '../../playground/waiting.ts';
import { staysSo } from '../support/e2e-faults.ts';
import type { Scene } from '../support/e2e-scene.ts';
import { scenesSideBySide } from '../support/side-by-side.ts';

vi.setConfig({ testTimeout: 240_000 });

const SUCCESS = { outcome: 'succeeded', turns: ['m-1', 'm-2', 'm-3'], locks: [] };

async function endOf(scene: Scene, run: string): Promise<unknown> {
  const { state } = await scene.ended(run, 200_000);
  const turns = scene.turns.begun().toSorted();
  return { outcome: state.ended.outcome, turns, locks: await scene.runs.locks() };
}

/** A run whose first turn is under way at a frozen member. */
async function frozenTurn(scene: Scene): Promise<{ readonly run: string; readonly victim: string }> {
  const frozen = scene.turns.atNext((member) => scene.ring.member(member).pause());
  const run = await scene.ask('/kube defrag prod --pause 0s');
  await scene.approve(run);
  return { run, victim: await frozen };
}

scenesSideBySide(
  { name: 'long faults of processes' },
  {
    'a worker that ends'(scene) {
      test('SIGTERM during a turn that outlasts the grace: the worker ends, its successor sees the turn to its end', async () => {
        const { run, victim } = await frozenTurn(scene());
        const end = scene().worker.ended();
        await scene().worker.stop(40_000);
        expect(await end).toEqual({ code: 0, signal: null });
        await scene().worker.start();
        scene().ring.member(victim).resume();

        expect(await endOf(scene(), run)).toEqual(SUCCESS);
      });
    },
    'a worker that is killed'(scene) {
      test('a worker killed in the middle of a real defragmentation: another goes on, no member has two turns', async () => {
        const { run, victim } = await frozenTurn(scene());
        const successor = await scene().startAnother('worker');
        const midway = scene().turns.isUnfinished(victim);

        await scene().worker.kill();
        scene().ring.member(victim).resume();

        expect(await endOf(scene(), run)).toEqual(SUCCESS);
        expect(scene().turns.begun().at(-1)).toBe((await scene().ring.leader()).name);
        expect(midway).toBe(true);
        expect(successor.output()).toContain(run);
        await successor.stop();
      });
    },
    'a worker that is frozen'(scene) {
      test('a worker frozen past its lease in the middle of a turn: its successor goes on, and it repeats nothing', async () => {
        const { run, victim } = await frozenTurn(scene());
        scene().worker.pause();
        const successor = await scene().startAnother('worker');
        scene().ring.member(victim).resume();

        expect(await endOf(scene(), run)).toEqual(SUCCESS);
        scene().worker.resume();
        await staysSo('three turns', 3000, () => scene().turns.begun().length === 3);
        expect(successor.output()).toContain(run);
        await successor.stop();
      });
    },
    'without Redis'(scene) {
      test('Redis away for longer than a lease in the middle of a turn: the run goes on to its end', async () => {
        const down = scene().turns.atNext(() => void scene().redis.kill());
        const run = await scene().ask('/kube defrag prod --pause 1s');
        await scene().approve(run);
        await down;
        const began = performance.now();
        await waitFor('the lease to be over', () => performance.now() - began > 35_000, { timeoutMs: 60_000 });
        await scene().redis.start();

        expect(await endOf(scene(), run)).toEqual(SUCCESS);
      });
    },
  },
);
