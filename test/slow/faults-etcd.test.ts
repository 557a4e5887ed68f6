import { expect, test, vi } from 'vitest';
import { nextFollower, runToFirstPause } from '../support/e2e-faults.ts';
import { textOf } from '../support/e2e-scene.ts';
import { scenesSideBySide } from '../support/side-by-side.ts';

vi.setConfig({ testTimeout: 240_000 });

scenesSideBySide(
  { name: 'long faults of etcd' },
  {
    'before its turn'(scene) {
      test('a follower frozen before its turn: the run stops, only the first member was touched (T3)', async () => {
        const run = await runToFirstPause(scene());
        const victim = await nextFollower(scene());
        scene().ring.member(victim).pause();

        const { state, card } = await scene().ended(run, 200_000);

        expect(state.ended).toMatchObject({ outcome: 'failed', reason: 'member-unhealthy' });
        expect(textOf(card)).toContain(victim);
        expect(scene().turns.begun()).toHaveLength(1);
        expect(await scene().runs.locks()).toEqual([]);
      });
    },
    'after its turn'(scene) {
      test('a follower frozen after its turn: the run stops before the next member (T3)', async () => {
        const run = await runToFirstPause(scene());
        const [victim = ''] = scene().turns.begun();
        scene().ring.member(victim).pause();

        const { state, card } = await scene().ended(run, 200_000);

        expect(state.ended).toMatchObject({ outcome: 'failed', reason: 'member-unhealthy' });
        expect(textOf(card)).toContain(victim);
        expect(scene().turns.begun()).toEqual([victim]);
        expect(await scene().runs.locks()).toEqual([]);
      });
    },
  },
);
