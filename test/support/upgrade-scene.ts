import type { AnyGroupProvider, GroupPlanContext } from '../../jobs/node-groups/provider.ts';
import { UpgradeParams } from '../../jobs/upgrade/params.ts';
import { planUpgrade, type UpgradeLooks } from '../../jobs/upgrade/plan-upgrade.ts';
import type { ClusterProfile } from '../../src/core/cluster-profile.ts';
import { DEFAULT_REPLACE } from '../../src/core/cluster-profile.ts';
import { clusterLock } from '../../src/core/lock.ts';
import { type AnyRunbook, defineRunbook } from '../../src/core/runbook.ts';
import { createFakeEtcd } from '../fakes/etcd.ts';
import { createFakeKubernetes, type FakeKubernetes } from '../fakes/kubernetes.ts';
import { createFakeClock, type FakeClock } from './fake-clock.ts';
import { NO_PORTS } from './no-ports.ts';
import { TEST_DEFRAG } from './step-harness.ts';

/** A cluster in memory, and what planning may use. */
export interface UpgradeScene {
  readonly clock: FakeClock;
  readonly kubernetes: FakeKubernetes;
  readonly context: GroupPlanContext;
}

/** Makes a cluster that has a name and an API server, and no nodes. */
export function upgradeScene(over: Partial<ClusterProfile> = {}): UpgradeScene {
  const clock = createFakeClock();
  const etcd = createFakeEtcd({ clock });
  const kubernetes = createFakeKubernetes({ version: 'v1.30.6' });
  kubernetes.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kube-system', uid: 'uid-kube-system' } });
  const { signal } = new AbortController();
  const context: GroupPlanContext = {
    ports: { ...NO_PORTS, etcd: etcd.port, kubernetes: kubernetes.port },
    cluster: {
      name: 'prod',
      platform: 'gke',
      etcdAccess: null,
      defrag: TEST_DEFRAG,
      replace: DEFAULT_REPLACE,
      channels: { ops: 'C0OPS', incidents: null, audit: null },
      ...over,
    },
    signal,
    nowMs: () => clock.nowMs(),
    nowIso: () => clock.nowIso(),
    pause: async (ms) => await clock.sleep(ms, signal),
  };
  return { clock, kubernetes, context };
}

/** Nothing is looked at beside what the provider sees. */
export const NO_LOOKS: UpgradeLooks = {
  preflight: async () => await Promise.resolve({ checks: [], notes: [], before: [], facts: {} }),
  outlook: async () =>
    await Promise.resolve({ checks: [], linesBefore: [], linesAfter: [], facts: {}, notes: [], before: [], files: [] }),
};

/** The runbook `upgrade` where one provider knows the groups, and nothing is looked at beside what it sees. */
export function upgradeBy(provider: AnyGroupProvider): AnyRunbook {
  return defineRunbook({
    id: 'upgrade',
    version: 1,
    title: 'Upgrade',
    params: UpgradeParams,
    needs: ['kubernetes', 'management', 'etcd', 'backups'],
    steps: provider.steps,
    cleanups: provider.cleanups,
    watches: provider.watches,
    locks: (cluster) => [clusterLock(cluster)],
    plan: async (context, params) => await planUpgrade(context, params, provider, NO_LOOKS),
  });
}
