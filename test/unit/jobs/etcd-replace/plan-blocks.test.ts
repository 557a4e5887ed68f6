import { describe, expect, test } from 'vitest';
import { type ReplaceScene, replaceScene } from '../../../support/replace-scene.ts';

/** What stands in the way of a plan. */
async function blocks(scene: ReplaceScene, params = {}) {
  const draft = await scene.plan(params);
  expect(draft.steps).toEqual([]);
  return draft.checks.filter(({ verdict }) => verdict === 'block').map(({ id, evidence }) => `${id}: ${evidence}`);
}

describe('what the others are doing is seen before anything is planned', () => {
  test('they have different data, and nobody knows whose are right', async () => {
    const scene = replaceScene();
    scene.breakData('m-2');
    scene.harness.etcd.member('m-3').damaged = true;

    const found = await blocks(scene);
    expect(found).toEqual([expect.stringMatching(/^quorum: .*m-1, m-3 have different data/)]);
  });

  test('of an entry that was never started, likewise', async () => {
    const scene = replaceScene({ count: 4 });
    const { etcd } = scene.harness;
    etcd.member('m-4').damaged = true;
    etcd.member('m-3').damaged = true;
    etcd.addLearner({ name: '', isLearner: false });
    const id = etcd.ring.members.at(-1)?.id ?? '';

    const found = await blocks(scene, { target: { kind: 'member', name: id } });
    expect(found).toEqual([expect.stringMatching(/^quorum: .*m-1, m-2, m-3, m-4 have different data/)]);
  });

  test('somebody defragments one of them', async () => {
    const scene = replaceScene();
    scene.breakData('m-2');
    scene.harness.etcd.member('m-3').busyUntilMs = Number.POSITIVE_INFINITY;

    const found = await blocks(scene);
    expect(found).toEqual([expect.stringMatching(/^case: m-3 is being defragmented, not by Drydock/)]);
  });
});
