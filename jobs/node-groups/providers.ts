import type { ClusterProfile } from '../../src/core/cluster-profile.ts';
import { clusterApiProvider } from './cluster-api/provider.ts';
import { genericProvider } from './generic/provider.ts';
import type { AnyGroupProvider } from './provider.ts';

/** All providers. The first that serves a cluster is asked; the last one serves every cluster with nodes. */
export const PROVIDERS: readonly AnyGroupProvider[] = [clusterApiProvider, genericProvider];

/** Who knows the groups of nodes of a cluster; `null`: nobody, it has no nodes. */
export function providerFor(
  cluster: ClusterProfile,
  providers: readonly AnyGroupProvider[] = PROVIDERS,
): AnyGroupProvider | null {
  return providers.find((each) => each.serves(cluster)) ?? null;
}
