import { type ClusterProfile, hasManagedEtcd } from '../../src/core/cluster-profile.ts';
import type { Check } from '../../src/core/plan.ts';

/** The blocking check of a cluster whose etcd cannot be reached at all, by its kind or its configuration; `null`: it can. */
export function etcdBeyondReach(cluster: ClusterProfile): Check | null {
  if (hasManagedEtcd(cluster.platform)) {
    const evidence = `the provider of ${cluster.platform} runs etcd and shows nothing of it`;
    return { id: 'applicable', verdict: 'block', title: 'The provider runs etcd', evidence };
  }
  if (cluster.etcdAccess === null) {
    const evidence = `the configuration of ${cluster.name} does not say how`;
    return { id: 'applicable', verdict: 'block', title: 'No access to etcd is configured', evidence };
  }
  return null;
}
