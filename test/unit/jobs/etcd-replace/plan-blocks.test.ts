import { describe, expect, test } from 'vitest';
import { removeFrom } from '../../../fakes/etcd-membership.ts';
import { kubeadmScene } from '../../../support/kubeadm-scene.ts';
import { recordRing } from '../../../support/past-ring.ts';
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

describe('certificates of the others', () => {
  test('one that has expired blocks', async () => {
    const scene = replaceScene();
    scene.breakData('m-2');
    scene.harness.etcd.member('m-3').certificateEnd = '2025-12-01T00:00:00.000Z';

    expect(await blocks(scene)).toEqual([expect.stringMatching(/^certificates: m-3 has expired at 2025-12-01/)]);
  });

  test('one that is not shown is told as not read', async () => {
    const scene = replaceScene();
    scene.breakData('m-2');
    scene.harness.etcd.member('m-3').certificateEnd = null;

    const { checks } = await scene.plan();
    expect(checks).toContainEqual(
      expect.objectContaining({
        id: 'certificates',
        verdict: 'warn',
        evidence: expect.stringContaining('m-3: not read, this way of access does not show it'),
      }),
    );
  });
});

describe('a control-plane node without a member', () => {
  test('is no removed member as long as nothing shows that: it may be joining', async () => {
    const scene = kubeadmScene({ sick: null });
    const { etcd } = scene.harness;
    removeFrom(etcd.ring, etcd.member('cp-2').id);

    const draft = await scene.plan('cp-2');
    expect(draft.steps).toEqual([]);
    expect(draft.checks.map(({ id, evidence }) => `${id}: ${evidence}`)).toEqual([
      expect.stringMatching(
        /^target: No member is on node cp-2 .*no backup of this ring names it.*joining just now.*`kubectl delete node cp-2`/,
      ),
    ]);
  });

  test('is one if the newest backup that names it had more voters; not if none is missing', async () => {
    const scene = kubeadmScene({ sick: null });
    const { etcd } = scene.harness;
    recordRing(etcd, scene.store, 'kubeadm');
    removeFrom(etcd.ring, etcd.member('cp-2').id);

    const behind = await scene.plan('cp-2');
    expect(behind.checks[0]?.evidence).toMatch(/its control-plane node stands without a member, and it was one of 3/);
    expect(behind.steps).not.toEqual([]);

    etcd.addLearner({ name: 'cp-9', isLearner: false });
    const full = await scene.plan('cp-2');
    expect(full.steps).toEqual([]);
    expect(full.checks[0]?.evidence).toContain('none is missing');
  });
});
