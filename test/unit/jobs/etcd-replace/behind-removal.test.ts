import { expect, test } from 'vitest';
import { removeFrom } from '../../../fakes/etcd-membership.ts';
import { bodyOf } from '../../../support/backup-samples.ts';
import { type ReplaceScene, replaceScene } from '../../../support/replace-scene.ts';

/** A backup of the day before tells who was in the ring. */
function record({ harness: { etcd }, store }: ReplaceScene): void {
  const { clusterId, members } = etcd.ring;
  store.put(
    bodyOf('2025-12-31T03:00:00.000Z', {
      identity: { etcd: clusterId, kubernetes: null },
      platform: 'etcd',
      members: members.map(({ id, name, peerUrls, isLearner }) => ({
        id,
        name,
        peerUrls: [...peerUrls],
        learner: isLearner,
      })),
    }),
  );
}

async function committing(removed: boolean): Promise<readonly string[]> {
  const scene = replaceScene();
  scene.breakData('m-2');
  record(scene);
  if (removed) removeFrom(scene.harness.etcd.ring, scene.harness.etcd.member('m-2').id);
  const { checks, steps } = await scene.plan(removed ? { peerUrl: 'https://10.0.0.12:2380' } : {});
  expect(checks.filter(({ verdict }) => verdict === 'block')).toEqual([]);
  return steps.filter((step) => step.commits === true).map(({ kind }) => kind);
}

test('a run that removes the member is committed by that call', async () => {
  expect(await committing(false)).toEqual(['etcd.remove-member@1']);
});

test('one that goes on behind a removal is committed by its first call that changes the ring or a machine', async () => {
  const kinds = await committing(true);
  expect(kinds.slice(0, 1)).toEqual(['hosts.stop-member@1']);
  expect(kinds).toEqual(expect.arrayContaining(['etcd.add-learner@1', 'hosts.start-member@1', 'etcd.promote@1']));
  expect(kinds.filter((kind) => /^backup|alarms|probe|verify/.test(kind))).toEqual([]);
});
