import { installAccount, installWorkerAccount } from '../kubernetes/cluster/installed-account.ts';
import { membersOfCluster } from '../platform-of-cluster.ts';
import type { PlaygroundPlatform } from '../platforms.ts';
import type { Capi } from './capi.ts';

/** Folders of the roles that the worker has in the management cluster. */
const MANAGEMENT = ['etcd-replace/cluster-api', 'nodegroups/cluster-api', 'upgrade/cluster-api', 'upgrade/gitops'];

/** What `drydock.yaml` says beside the ways there; all optional. */
export interface CapiPlatformOptions {
  /** How Drydock reaches etcd; default `tunnel`. */
  readonly access?: 'exec' | 'tunnel';
  /** Further fields of `etcd`, such as `defrag` or `replace`. */
  readonly settings?: Readonly<Record<string, unknown>>;
}

/**
 * The clusters as the rest of the playground knows them. The worker speaks as the shipped account in both, with the shipped roles and no
 * other right. Nothing here waits for people: machines are made by the control plane.
 */
export async function platformOfCapi(capi: Capi, options: CapiPlatformOptions = {}): Promise<PlaygroundPlatform> {
  const { access = 'tunnel', settings = {} } = options;
  const { workload, management } = capi;
  const way = await installWorkerAccount(workload, access);
  const there = await installAccount(
    management,
    MANAGEMENT.map((folder) => `roles/${folder}/role.yaml`),
  );
  return {
    name: capi.name,
    members: () => membersOfCluster(workload),
    tls: workload.etcd.tls,
    entry: {
      platform: 'cluster-api',
      kubeconfig: way.kubeconfig,
      context: way.context,
      management: { kubeconfig: there.kubeconfig, namespace: capi.namespace },
      etcd: access === 'exec' ? { access, ...settings } : { access, tls: workload.etcd.tls, ...settings },
    },
    work: null,
    hint: `kubectl --kubeconfig ${management.kubeconfig} -n ${capi.namespace} get machines,kubeadmcontrolplanes,machinedeployments`,
    stop: () => capi.stop(),
  };
}
