import type { Platform } from '../../src/core/cluster-profile.ts';
import type { FakeEtcd } from '../fakes/etcd.ts';
import { bodyOf } from './backup-samples.ts';
import type { SmallVault } from './small-vault.ts';

/** A backup, of the day before unless told otherwise, tells who is in the ring now. */
export function recordRing(
  { ring: { clusterId, members } }: FakeEtcd,
  store: SmallVault,
  platform: Platform = 'etcd',
  at = '2025-12-31T03:00:00.000Z',
): void {
  store.put(
    bodyOf(at, {
      identity: { etcd: clusterId, kubernetes: null },
      platform,
      members: members.map(({ id, name, peerUrls, isLearner }) => ({
        id,
        name,
        peerUrls: [...peerUrls],
        learner: isLearner,
      })),
    }),
  );
}
