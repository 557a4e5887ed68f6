import { clusterLock, nodeGroupLock } from '../../src/core/lock.ts';
import { defineRunbook } from '../../src/core/runbook.ts';
import { PROVIDERS, providerFor } from '../node-groups/providers.ts';
import { GITOPS_CLEANUPS, GITOPS_STEPS, GITOPS_WATCHES } from '../steps/gitops/plan-gitops.ts';
import { UpgradeParams } from './params.ts';
import { planUpgrade } from './plan-upgrade.ts';

/** Moves the control plane or node groups to another version of Kubernetes, by whoever knows the groups. */
export const upgrade = defineRunbook({
  id: 'upgrade',
  version: 1,
  title: 'Upgrade Kubernetes',
  params: UpgradeParams,
  needs: ['kubernetes', 'management', 'etcd', 'backups'],
  steps: [...PROVIDERS.flatMap(({ steps }) => steps), ...GITOPS_STEPS],
  cleanups: [...PROVIDERS.flatMap(({ cleanups }) => cleanups), ...GITOPS_CLEANUPS],
  watches: [...PROVIDERS.flatMap(({ watches }) => watches), ...GITOPS_WATCHES],
  locks: (cluster, { what }) =>
    what.kind === 'nodegroup' ? what.names.map((name) => nodeGroupLock(cluster, name)) : [clusterLock(cluster)],
  plan: async (context, params) => await planUpgrade(context, params, providerFor(context.cluster)),
});
