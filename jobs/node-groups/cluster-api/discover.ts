import type { CapiOwner } from '../../../src/core/cluster-api/upgrade/owner.ts';
import { stateOf } from '../../../src/core/cluster-api/upgrade/state.ts';
import {
  machinesOf,
  nodeOf,
  shortName,
  type UpgradeView,
  workersName,
} from '../../../src/core/cluster-api/upgrade/view.ts';
import type { ClusterProfile } from '../../../src/core/cluster-profile.ts';
import type { NodeGroup } from '../../../src/core/node-groups/group.ts';
import { bears, type NodeMark } from '../../../src/core/node-groups/node-mark.ts';
import type { EndReason } from '../../../src/core/reasons.ts';
import { MANAGEMENT_CALL_MS } from '../../etcd-replace/cluster-api/read-management.ts';
import type { DiscoverContext, Discovered } from '../provider.ts';
import { findView, type UpgradeSeen } from './read-view.ts';

/** Id of the provider of Cluster API. */
export const PROVIDER_ID = 'cluster-api';

/** Its uid is the identity of a cluster. */
const HOME = { apiVersion: 'v1', kind: 'Namespace', namespace: null, name: 'kube-system' } as const;

/** Reads the groups of a cluster from its management cluster. */
export async function discoverGroups(context: DiscoverContext): Promise<Discovered> {
  const seen = await lookAt(context);
  if ('refused' in seen) return { kind: 'unseen', reason: 'not-applicable', why: seen.refused };
  if (!seen.ok) return { kind: 'unseen', reason: reasonOf(seen), why: seen.why };
  const { view } = seen;
  const home = await context.ports.kubernetes.get(HOME, { timeoutMs: MANAGEMENT_CALL_MS, signal: context.signal });
  if (!home.ok) return { kind: 'unseen', reason: 'cluster-unreachable', why: home.error.message };
  const owners = [...(view.plane === null ? [] : [view.plane]), ...view.deployments];
  return {
    kind: 'groups',
    identity: home.value.metadata.uid,
    groups: owners.map((owner) => groupOf(view, owner)),
    notes: notesOf(view),
  };
}

/** A look, or why this cluster is not served. Words without a period. */
export async function lookAt({
  ports,
  cluster,
  signal,
}: DiscoverContext): Promise<UpgradeSeen | { readonly refused: string }> {
  const refused = whyNot(cluster);
  if (refused !== null) return { refused };
  return await findView(ports, cluster.management?.namespace ?? null, signal);
}

function whyNot({ name, platform, management }: ClusterProfile): string | null {
  if (platform === 'eks-anywhere')
    return `${name} is a cluster of EKS Anywhere: its own controller owns the objects of Cluster API and takes changes back; Drydock does not upgrade it yet`;
  if ((management ?? null) === null)
    return `the configuration of ${name} has no \`management\`: kubeconfig and namespace of the cluster where its machines are objects`;
  return null;
}

/** How a look that failed ends a run. */
export function reasonOf({ how }: Extract<UpgradeSeen, { readonly ok: false }>): EndReason {
  if (how === 'refused') return 'no-access';
  return how === 'missing' || how === 'gone' ? 'not-applicable' : 'cluster-unreachable';
}

/** A group as the commands show it. */
export function groupOf(view: UpgradeView, owner: CapiOwner): NodeGroup {
  const machines = machinesOf(view, owner);
  const alike = alikePools(view, owner);
  return {
    provider: PROVIDER_ID,
    kind: owner.kind === 'KubeadmControlPlane' ? 'control-plane' : 'node-group',
    name: shortName(owner, view.cluster.name),
    object: `${owner.kind} ${owner.namespace}/${owner.name}`,
    uid: owner.uid,
    version: owner.version === '' ? null : owner.version,
    replicas: owner.replicas,
    nodes: machines.flatMap((machine) => {
      const node = nodeOf(view, machine);
      return node === null
        ? []
        : [
            {
              name: node.name,
              uid: node.uid,
              version: node.kubeletVersion,
              ready: node.ready === 'yes',
              machine: machine.name,
            },
          ];
    }),
    strategy: { maxSurge: owner.maxSurge, maxUnavailable: owner.maxUnavailable },
    mark: markOf(view, owner),
    held: owner.held,
    ...(alike.length === 0 ? {} : { alike }),
    ...stateOf(view, owner),
  };
}

/** MachinePools that people may mean by the name of a node group. */
function alikePools({ pools, cluster }: UpgradeView, owner: CapiOwner): string[] {
  const name = shortName(owner, cluster.name);
  return pools
    .filter((pool) => owner.kind === 'MachineDeployment' && [pool.name, workersName(pool, cluster.name)].includes(name))
    .map((pool) => `MachinePool ${owner.namespace}/${pool.name}`);
}

/** What its nodes say of themselves, where it tells exactly these nodes from all others; `null`: it does not. */
function markOf(view: UpgradeView, owner: CapiOwner): NodeMark | null {
  if (owner.kind === 'KubeadmControlPlane') return null;
  const mark: NodeMark = { by: 'machine-deployment', name: owner.name };
  const own = new Set(machinesOf(view, owner).flatMap((machine) => nodeOf(view, machine)?.uid ?? []));
  return view.nodes.every((node) => own.has(node.uid) === bears(node, mark)) ? mark : null;
}

function notesOf(view: UpgradeView): readonly string[] {
  const { pools, topology, plane, cluster, deployments } = view;
  const names = deployments.map((each) => shortName(each, cluster.name));
  const twice = names.filter((name, index) => names.indexOf(name) !== index);
  return [
    ...(plane === null
      ? [`Cluster ${cluster.name} has no KubeadmControlPlane: its control plane is not handled.`]
      : []),
    ...(pools.length > 0 ? [`MachinePools are not upgraded: ${pools.map(({ name }) => name).join(', ')}.`] : []),
    ...(topology === null
      ? []
      : [
          `Cluster ${cluster.name} is built by ClusterClass ${topology.className}: versions are changed in its topology only.`,
        ]),
    ...(twice.length > 0
      ? [`Several node groups are called ${[...new Set(twice)].join(', ')}: use their full names.`]
      : []),
    ...deployments.flatMap((owner) => {
      const pool = alikePools(view, owner).join(', ');
      return pool === '' ? [] : [`nodegroup/${owner.name} is MachineDeployment ${owner.name}, and not ${pool}.`];
    }),
  ];
}
