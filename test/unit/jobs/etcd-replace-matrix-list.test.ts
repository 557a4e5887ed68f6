import { expect, test } from 'vitest';
import { disturb, matrixSteps } from '../../support/replace-matrix/disturb.ts';

const STEPS = await matrixSteps();
const STRANGER = { name: 'x', peerUrls: ['https://10.9.9.9:2380'] };

/** Somebody adds a member after the approval: what was approved is for another ring, and nothing further is begun. */
test.each(STEPS)('somebody adds a member right before a step: $name, $index $kind', async (step) => {
  const seen = await disturb(step, ({ harness }) => void harness.etcd.addLearner(STRANGER));
  const { scene, end, announced, gone } = seen;

  expect(end.kind).toBe('stop');
  expect(['plan-drifted', 'foreign-operation']).toContain(end.reason);
  // Beside the one that was waited for it is told which of the two is too many.
  expect(end.note).toMatch(/\b(?:x|cp-4)\b/);
  expect(announced).toEqual([]);
  // What a controller was asked for before goes on by itself.
  expect(step.kind === 'capi.await@1' ? [] : gone).toEqual([]);
  expect(scene.harness.etcd.ring.members.some(({ name }) => name === 'x')).toBe(true);
  expect(scene.left().filter((each) => each.startsWith('the quorum guard') || each.endsWith('paused'))).toEqual([]);
});
