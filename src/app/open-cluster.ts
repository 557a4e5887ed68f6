import { createNoKubernetes } from '../adapters/kubernetes/no-access.ts';
import { type KubernetesOptions, openKubernetes } from '../adapters/kubernetes/open.ts';
import { createNoHosts } from '../adapters/ssh/no-hosts.ts';
import { createSshHosts } from '../adapters/ssh/ssh-hosts.ts';
import type { ClusterConfig } from '../config/config.ts';
import type { HostPort } from '../core/ports/hosts.ts';
import type { KubernetesPort } from '../core/ports/kubernetes.ts';
import { createEtcdAccess, type EtcdAccess } from './etcd-access.ts';

/** The ways to one configured cluster. Each is opened when first asked for, and kept. */
export interface OpenCluster {
  readonly kubernetes: () => KubernetesPort;
  /** The cluster that manages it. */
  readonly management: () => KubernetesPort;
  /** The machines of a bare ring. */
  readonly hosts: () => HostPort;
  readonly etcd: EtcdAccess;
  /** Closes what was opened. */
  readonly close: () => Promise<void>;
}

type OnRequest = KubernetesOptions['onRequest'];

/** Makes the ways; opens none yet. */
export function openCluster(cluster: ClusterConfig, onRequest: OnRequest): OpenCluster {
  const kubernetes = once(() => kubernetesOf(cluster, onRequest));
  const management = once(() => managementOf(cluster, onRequest));
  const hosts = once(() => hostsOf(cluster));
  const etcd = createEtcdAccess(cluster, kubernetes.get);
  return {
    kubernetes: kubernetes.get,
    management: management.get,
    hosts: hosts.get,
    etcd,
    close: async () => {
      await etcd.close();
      await Promise.all([kubernetes.made()?.close(), management.made()?.close(), hosts.made()?.close()]);
    },
  };
}

function once<T>(make: () => T): { readonly get: () => T; readonly made: () => T | null } {
  let made: T | null = null;
  return {
    get: () => {
      made ??= make();
      return made;
    },
    made: () => made,
  };
}

function kubernetesOf({ name, platform, kubeconfig, context }: ClusterConfig, onRequest: OnRequest): KubernetesPort {
  if (platform === 'etcd') return createNoKubernetes(`${name} is a bare etcd ring: it has no Kubernetes`);
  return openKubernetes({ kubeconfig, context, ...(onRequest === undefined ? {} : { onRequest }) });
}

/** Where the objects of cluster-api and eks-anywhere live. Never guessed: it may be the cluster itself, and then the configuration says so. */
function managementOf({ name, platform, management }: ClusterConfig, onRequest: OnRequest): KubernetesPort {
  if (platform !== 'cluster-api' && platform !== 'eks-anywhere')
    return createNoKubernetes(`${name} is not managed by another cluster`);
  if (management === null)
    return createNoKubernetes(`The configuration does not say where the objects that manage ${name} live (management)`);
  const { kubeconfig, context } = management;
  return openKubernetes({ kubeconfig, context, ...(onRequest === undefined ? {} : { onRequest }) });
}

function hostsOf({ name, platform, etcd }: ClusterConfig): HostPort {
  if (platform !== 'etcd') return createNoHosts(`${name} is no bare etcd ring: its machines are not reached by ssh`);
  const hosts = etcd?.hosts ?? null;
  if (hosts === null)
    return createNoHosts(`The configuration does not say how to reach the machines of ${name} (etcd.hosts)`);
  return createSshHosts({ ...hosts.ssh, facts: hosts.facts });
}
