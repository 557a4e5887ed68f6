import { expect, test } from 'vitest';
import { TRIGGER_POINTS } from '../../../src/core/ports/runtime.ts';
import { MATRIX } from '../../support/replace-matrix/cases.ts';
import { play, wordsOf } from '../../support/replace-matrix/play.ts';

/** Only reached where something is left to be put back when the run ends, or where it has to wait. */
const NOT_BY_ALL: ReadonlySet<string> = new Set(['cleanup-restored', 'cleanup-after-store', 'parked']);

/** A worker dies at each boundary that its run passes, each time another one: point of the engine, step, and last announced call. */
test.each(MATRIX)('$name: a worker dies at every boundary, and the end is the same', async ({ make, ends }) => {
  const scene = await make();
  const diedAt = new Set<string>();
  const points = new Set<string>();
  const { state, deaths, changes, withoutQuorum, reached } = await play(scene, {
    dies: (at) => {
      points.add(at.point);
      const isNew = !diedAt.has(wordsOf(at));
      diedAt.add(wordsOf(at));
      return isNew;
    },
  });
  const { ring } = scene.harness.etcd;
  const done = state.acts.filter(({ observed }) => observed?.result === 'done');

  expect(state.ended).toMatchObject({ outcome: 'succeeded' });
  expect(ring.members.map(({ name, isLearner }) => (isLearner ? `(${name})` : name))).toEqual(ends);
  expect(withoutQuorum).toEqual([]);
  expect(ring.removed.map(({ id }) => id)).toEqual([scene.targetId]);
  expect(Math.max(...Object.values(changes))).toBeLessThanOrEqual(1);
  expect(new Set(done.map(({ action, item }) => `${action} ${item}`)).size).toBe(done.length);
  expect(state.cleanups.filter(({ status }) => status !== 'done')).toEqual([]);
  expect(scene.left()).toEqual([]);
  expect(deaths).toBe(new Set(reached.map(wordsOf)).size);
  expect(TRIGGER_POINTS.filter((each) => !points.has(each) && !NOT_BY_ALL.has(each))).toEqual([]);
});
