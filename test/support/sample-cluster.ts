import { type ClusterProfile, DEFAULT_REPLACE } from '../../src/core/cluster-profile.ts';

/** A cluster `prod` with directly reached etcd, or with the given changes. */
export function sampleCluster(changes: Partial<ClusterProfile> = {}): ClusterProfile {
  return {
    name: 'prod',
    platform: 'kubeadm',
    etcdAccess: 'direct',
    defrag: {
      minFragmented: 0.5,
      maxQuotaUsed: 0.5,
      pauseMs: 60_000,
      answerWithinMs: 900_000,
      sampleMs: 5000,
      quotaBytes: null,
    },
    replace: DEFAULT_REPLACE,
    channels: { ops: 'C0OPS', incidents: null, audit: null },
    ...changes,
  };
}
