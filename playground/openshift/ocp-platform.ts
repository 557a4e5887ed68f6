import { installWorkerAccount } from '../kubernetes/cluster/installed-account.ts';
import { membersOfCluster } from '../platform-of-cluster.ts';
import type { PlatformMember, PlaygroundPlatform } from '../platforms.ts';
import type { OcpPlayground } from './start.ts';

/** What `drydock.yaml` says beside the ways there; all optional. */
export interface OcpPlatformOptions {
  /** How Drydock reaches etcd; default `tunnel`: snapshots do not come through `exec`. */
  readonly access?: 'exec' | 'tunnel';
  /** Further fields of `etcd`, such as `defrag` or `replace`. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Image of node shells; any program of this machine runs in them. Default `busybox:1.37`. */
  readonly nodeShell?: string;
}

/**
 * The cluster as the rest of the playground knows it. The worker speaks as the shipped account, with the shipped roles and no other right. Where there are
 * no Machines a person sets up hosts.
 */
export async function platformOfOcp(ocp: OcpPlayground, options: OcpPlatformOptions = {}): Promise<PlaygroundPlatform> {
  const { access = 'tunnel', settings = {}, nodeShell = 'busybox:1.37' } = options;
  const { cluster } = ocp;
  const way = await installWorkerAccount(cluster, access);
  return {
    name: cluster.name,
    members: () => membersOfCluster(cluster).map((member) => ofMachine(ocp, member)),
    tls: cluster.etcd.tls,
    entry: {
      platform: 'openshift',
      kubeconfig: way.kubeconfig,
      context: way.context,
      nodeShell: { image: nodeShell },
      etcd: access === 'exec' ? { access, ...settings } : { access, tls: cluster.etcd.tls, ...settings },
    },
    work:
      ocp.machines === 'none'
        ? async () => `switched on ${await ocp.buildHost()}, a new host of the control plane`
        : null,
    hint: `kubectl --kubeconfig ${cluster.kubeconfig} get etcds,clusteroperators; kubectl --kubeconfig ${cluster.kubeconfig} -n openshift-machine-api get machines`,
    stop: () => ocp.stop(),
  };
}

/** The machine of a member goes off and on at its cloud, whose words its object has. */
function ofMachine(ocp: OcpPlayground, member: PlatformMember): PlatformMember {
  return {
    ...member,
    powerOff: () => ocp.powerOff(member.name),
    powerOn: async () => await Promise.resolve(ocp.powerOn(member.name)),
  };
}
