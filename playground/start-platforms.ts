import { type Capi, type CapiOptions, startCapi } from './cluster-api/capi.ts';
import { platformOfCapi } from './cluster-api/capi-platform.ts';
import { type EtcdRing, type EtcdRingOptions, startEtcdRing } from './etcd-ring.ts';
import { capiSwitches } from './faults/capi-switches.ts';
import { createArgo } from './gitops/argocd.ts';
import { platformOfHosts } from './hosts/host-platform.ts';
import { startHostRing } from './hosts/host-ring.ts';
import { joinByHand } from './join-by-hand.ts';
import { installWorkerAccount } from './kubernetes/cluster/installed-account.ts';
import { type ClusterOptions, type PlaygroundCluster, startCluster } from './kubernetes/cluster.ts';
import { platformOfOcp } from './openshift/ocp-platform.ts';
import { type OcpOptions, startOcp } from './openshift/start.ts';
import { membersOfCluster } from './platform-of-cluster.ts';
import { memberOfRing } from './platform-of-ring.ts';
import type { PlaygroundPlatform } from './platforms.ts';
import { ringOfCluster } from './ring-of-cluster.ts';
import { deployWorkload } from './workload/workload.ts';

/** The clusters that the playground can have, in the order in which they are told. */
export const CLUSTER_NAMES = ['prod', 'edge', 'ocp', 'capi'] as const;
export type ClusterName = (typeof CLUSTER_NAMES)[number];

/** What each is, for people. */
export const CLUSTER_WORDS = {
  prod: 'a kubeadm cluster of 3 control-plane nodes with etcd in static pods',
  edge: 'the bare ring edge on 3 hosts',
  ocp: 'the OpenShift cluster ocp of 3 control-plane nodes',
  capi: 'the Cluster API cluster capi and the cluster that manages it',
} as const satisfies Readonly<Record<ClusterName, string>>;

/** How the clusters are started. */
export interface PlatformOptions {
  readonly names: readonly ClusterName[];
  /** What `prod` is. */
  readonly prod: 'cluster' | 'ring';
  readonly ring?: EtcdRingOptions;
  readonly cluster?: ClusterOptions;
  readonly ocp?: OcpOptions;
  readonly capi?: CapiOptions;
  /** How Drydock reaches the etcd of clusters. */
  readonly access: 'exec' | 'tunnel';
  /** Whether Argo CD keeps the objects of `capi` from the beginning; default false. */
  readonly selfHeal?: boolean;
  /** Fields of `etcd` in `drydock.yaml` beside the way there. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Told of each that runs, so that it is stopped when a later one fails. */
  readonly keep: (part: { stop(): Promise<void> }) => void;
}

/** One cluster with its etcd as a ring. */
export interface StartedPlatform {
  readonly platform: PlaygroundPlatform;
  /** The members that it began with. */
  readonly ring: EtcdRing;
  /** `null`: a bare ring. */
  readonly cluster: PlaygroundCluster | null;
}

/** Starts the clusters one after another, in the order of {@link CLUSTER_NAMES}. @throws Error of the first that does not come up. */
export async function startPlatforms(options: PlatformOptions): Promise<readonly StartedPlatform[]> {
  const started: StartedPlatform[] = [];
  for (const name of CLUSTER_NAMES) {
    if (options.names.includes(name)) started.push(await STARTS[name](options));
  }
  return started;
}

const STARTS: Readonly<Record<ClusterName, (options: PlatformOptions) => Promise<StartedPlatform>>> = {
  prod: async (options) => await (options.prod === 'ring' ? startBareProd(options) : startProd(options)),
  edge: startEdge,
  async ocp({ ocp = {}, access, settings, keep }) {
    const started = await startOcp(ocp);
    keep(started);
    const platform = await platformOfOcp(started, { access, settings });
    return { platform, ring: ringOfCluster(started.cluster), cluster: started.cluster };
  },
  async capi({ capi = {}, access, settings, selfHeal = false, keep }) {
    const started = await startCapi(capi);
    keep(started);
    const platform = await platformOfCapi(started, { access, settings });
    const extras = await addToCapi(started, { selfHeal, keep });
    return { platform: { ...platform, ...extras }, ring: ringOfCluster(started.workload), cluster: started.workload };
  },
};

/** The sample workload, Argo CD, and what can be switched of both and of the machines. */
async function addToCapi(
  capi: Capi,
  { selfHeal, keep }: { readonly selfHeal: boolean; readonly keep: PlatformOptions['keep'] },
): Promise<Pick<PlaygroundPlatform, 'switches' | 'workload' | 'work' | 'workTitle'>> {
  const workload = await deployWorkload(capi.workload.api);
  keep({ stop: async () => await Promise.resolve(workload.stop()) });
  const collections = [capi.path('clusters'), capi.path('controlPlanes'), capi.path('machineDeployments')];
  const argo = createArgo(capi.management.api, { collections, namespace: capi.namespace });
  keep({ stop: async () => await Promise.resolve(argo.stop()) });
  if (selfHeal) await argo.turnOn();
  async function work(): Promise<string> {
    if (!argo.isOn()) throw new Error('nothing of it stands in Git here');
    await argo.commitLive();
    return 'committed to Git what is in the cluster now';
  }
  const switches = capiSwitches({ capi, argo, workload });
  return { switches, workload, work, workTitle: 'Commit to Git what is in the cluster' };
}

async function startBareProd({ ring: options, settings, keep }: PlatformOptions): Promise<StartedPlatform> {
  const ring = await startEtcdRing(options);
  keep(ring);
  return { platform: bareRing('prod', ring, settings), ring, cluster: null };
}

/** Needs an address of its own for each host, which only Linux has; elsewhere nobody can log in to its hosts. */
async function startEdge({ ring: options = {}, settings, keep }: PlatformOptions): Promise<StartedPlatform> {
  const small = { quotaBytes: 64 * 1024 * 1024, ...options };
  if (process.platform !== 'linux') {
    const bare = await startEtcdRing(small);
    keep(bare);
    return { platform: bareRing('edge', bare, settings), ring: bare, cluster: null };
  }
  const { args: _args, ...rest } = small;
  const ring = await startHostRing(rest);
  keep(ring);
  return { platform: platformOfHosts('edge', ring, settings), ring, cluster: null };
}

function bareRing(name: string, ring: EtcdRing, settings: PlatformOptions['settings']): PlaygroundPlatform {
  const { endpoints, tls } = ring;
  return {
    name,
    members: () => ring.members.map(memberOfRing),
    tls,
    entry: { platform: 'etcd', etcd: { access: 'direct', endpoints, tls, ...settings } },
    work: null,
    hint: '',
    stop: async () => await ring.stop(),
  };
}

/** The worker speaks to the cluster as the account of `deploy/`, with the rights of the shipped roles. */
async function startProd({ cluster: options, access, settings, keep }: PlatformOptions): Promise<StartedPlatform> {
  const cluster = await startCluster(options);
  keep(cluster);
  const { tls } = cluster.etcd;
  const way = await installWorkerAccount(cluster, access);
  const platform: PlaygroundPlatform = {
    name: 'prod',
    members: () => membersOfCluster(cluster),
    tls,
    entry: {
      platform: 'kubeadm',
      ...way,
      // No image is pulled here: any program of this machine may run in a node shell.
      nodeShell: { image: 'busybox:1.37' },
      etcd: access === 'exec' ? { access, ...settings } : { access, tls, ...settings },
    },
    work: async () => await joinByHand(cluster),
    hint: `kubectl --kubeconfig ${cluster.kubeconfig} get pods -A`,
    stop: async () => await cluster.stop(),
  };
  return { platform, ring: ringOfCluster(cluster), cluster };
}
