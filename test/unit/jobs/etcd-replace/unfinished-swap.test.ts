import { expect, test } from 'vitest';
import { recordRing } from '../../../support/past-ring.ts';
import { type ReplaceScene, replaceScene } from '../../../support/replace-scene.ts';

const SWAP = { overHealthy: true, peerUrl: 'https://10.0.0.19:2380' } as const;

/** A ring in which all are well, with a record of before; then voters were added. */
function grown(added: readonly string[], count = 3): ReplaceScene {
  const scene = replaceScene({ count });
  const { etcd } = scene.harness;
  recordRing(etcd, scene.store);
  for (const name of added) etcd.addLearner({ name, isLearner: false });
  return scene;
}

async function blocksOf(scene: ReplaceScene): Promise<readonly string[]> {
  const { checks } = await scene.plan(SWAP);
  return checks.filter(({ verdict }) => verdict === 'block').map(({ id, evidence }) => `${id}: ${evidence}`);
}

test('a swap that left both members blocks the next one, and names who is to go', async () => {
  const scene = grown(['m-4']);
  const { id } = scene.harness.etcd.member('m-2');

  expect(await blocksOf(scene)).toEqual([
    expect.stringMatching(
      new RegExp(
        `^one-at-a-time: there are 4 voters, and there were 3 at .*; m-4 votes already; .*member remove ${id}`,
      ),
    ),
  ]);
  expect((await scene.plan(SWAP)).steps).toEqual([]);
});

test('a backup of four voters since then does not make that a plan', async () => {
  const scene = grown(['m-4']);
  recordRing(scene.harness.etcd, scene.store, 'etcd', '2025-12-31T04:00:00.000Z');

  expect(await blocksOf(scene)).toEqual([expect.stringContaining('m-4 votes already')]);
});

test('a ring that was made larger is swapped in when a backup knows it', async () => {
  const scene = grown(['m-4', 'm-5']);
  expect(await blocksOf(scene)).toEqual([expect.stringContaining('If the ring was meant to grow')]);
  recordRing(scene.harness.etcd, scene.store, 'etcd', '2025-12-31T04:00:00.000Z');
  expect(await blocksOf(scene)).toEqual([]);
});

test('a ring as large as before is swapped in', async () => {
  expect(await blocksOf(grown([]))).toEqual([]);
});
