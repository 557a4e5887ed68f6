import type { CapiChange } from '../../../src/core/cluster-api/upgrade/change.ts';
import { backupFirstCleanups, backupFirstSteps } from '../../steps/backup-first.ts';
import type { AnyGroupProvider, NodeGroupProvider } from '../provider.ts';
import { discoverGroups } from './discover.ts';
import { exportStep } from './export-step.ts';
import { planGroup, preflightGroup } from './plan-group.ts';
import { planRollback } from './rollback.ts';
import { capiRolling, capiSteps } from './steps.ts';

const provider: NodeGroupProvider<CapiChange> = {
  ...capiRolling,
  serves: ({ platform }) => platform === 'cluster-api' || platform === 'eks-anywhere',
  discover: discoverGroups,
  preflight: preflightGroup,
  plan: planGroup,
  rollback: planRollback,
};

/**
 * Cluster API: a KubeadmControlPlane and MachineDeployments, or the topology of a ClusterClass, in a management cluster. Source: Cluster API
 * 1.12, `docs/runbooks/upgrade.md`.
 */
export const clusterApiProvider: AnyGroupProvider = {
  ...provider,
  steps: [exportStep, ...backupFirstSteps, ...capiSteps.list],
  cleanups: [...backupFirstCleanups, ...capiSteps.cleanups],
  watches: [],
};
