import { z } from 'zod';
import type { NodeReading } from '../../kubernetes/node.ts';
import type { KubernetesObject } from '../../ports/kubernetes.ts';
import type { CapiCluster } from '../control-plane.ts';
import type { HealthCheck } from '../health-check.ts';
import { type CapiMachine, readMachine } from '../machine.ts';
import { drainTimeoutOf } from './drain-timeout.ts';
import type { CapiOwner } from './owner.ts';
import type { CapiPool } from './pool.ts';
import type { CapiTopology } from './topology.ts';

/** Label of machines and sets: name of their MachineDeployment. */
export const DEPLOYMENT_LABEL = 'cluster.x-k8s.io/deployment-name';
/** Hooks that hold the drain of a machine; one annotation each. */
const PRE_DRAIN_HOOK = 'pre-drain.delete.hook.machine.cluster.x-k8s.io/';

/** A machine as an upgrade looks at it. */
export interface UpgradeMachine extends CapiMachine {
  /** Version that it is to have; empty: not told. */
  readonly version: string;
  /** Names of the hooks that hold its drain. */
  readonly drainHooks: readonly string[];
  /** After this it goes although pods are left on it, ms; `null`: never. */
  readonly drainMs: number | null;
}

const Versioned = z.object({ spec: z.object({ version: z.string().nullish() }).prefault({}) });

/** Reads a Machine of either version. @throws ZodError when the object has not the shape of one. */
export function readUpgradeMachine(object: KubernetesObject): UpgradeMachine {
  const machine = readMachine(object);
  return {
    ...machine,
    version: Versioned.parse(object).spec.version ?? '',
    drainMs: drainTimeoutOf(object),
    drainHooks: Object.keys(machine.annotations)
      .flatMap((name) => (name.startsWith(PRE_DRAIN_HOOK) ? [name.slice(PRE_DRAIN_HOOK.length)] : []))
      .toSorted(),
  };
}

/** A MachineSet, and the MachineDeployment that made it. */
export interface MachineSetOwner {
  readonly uid: string;
  /** uid of its MachineDeployment; `null`: it has none. */
  readonly deployment: string | null;
}

/** Everything that an upgrade looks at: the objects of the management cluster and the nodes of the workload cluster. */
export interface UpgradeView {
  readonly cluster: CapiCluster;
  /** Of the Cluster: changes with every change of its spec; `null`: not told. */
  readonly generation: number | null;
  /** `cluster.x-k8s.io/v1beta2`. */
  readonly apiVersion: string;
  readonly topology: CapiTopology | null;
  /** What carries its network and machines: `DockerCluster/prod`; `null`: not told. */
  readonly infrastructure: string | null;
  /** `null`: its control plane is of another kind. */
  readonly plane: CapiOwner | null;
  readonly deployments: readonly CapiOwner[];
  readonly sets: readonly MachineSetOwner[];
  /** All machines of the cluster. */
  readonly machines: readonly UpgradeMachine[];
  readonly healthChecks: readonly HealthCheck[];
  /** MachinePools, which Drydock does not upgrade. */
  readonly pools: readonly CapiPool[];
  readonly nodes: readonly NodeReading[];
}

const Infrastructure = z.object({
  spec: z.object({ infrastructureRef: z.object({ kind: z.string(), name: z.string() }).nullish() }),
});

/** What a Cluster of either version stands on; `null`: it does not tell. */
export function infrastructureOf(cluster: KubernetesObject): string | null {
  const ref = Infrastructure.safeParse(cluster).data?.spec.infrastructureRef ?? null;
  return ref === null ? null : `${ref.kind}/${ref.name}`;
}

/** Machines of an owner: of a control plane by their controller, of a deployment by its sets. Sorted by name. */
export function machinesOf(view: Pick<UpgradeView, 'machines' | 'sets'>, owner: CapiOwner): readonly UpgradeMachine[] {
  const sets = new Set(view.sets.flatMap(({ uid, deployment }) => (deployment === owner.uid ? [uid] : [])));
  const isOf = ({ owner: controller, labels }: UpgradeMachine): boolean =>
    owner.kind === 'KubeadmControlPlane'
      ? controller?.uid === owner.uid
      : (controller !== null && sets.has(controller.uid)) || labels[DEPLOYMENT_LABEL] === owner.name;
  return view.machines.filter(isOf).toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** The node of a machine; `null`: it has none, or the node is gone. */
export function nodeOf({ nodes }: Pick<UpgradeView, 'nodes'>, machine: CapiMachine): NodeReading | null {
  return nodes.find(({ name }) => name === machine.node) ?? null;
}

/** The owner that a group stands for, by uid; `null`: it is gone. */
export function ownerOfUid(view: Pick<UpgradeView, 'plane' | 'deployments'>, uid: string): CapiOwner | null {
  return [view.plane, ...view.deployments].find((each) => each?.uid === uid) ?? null;
}

/** Whether a group is changed through the topology of its Cluster: what a topology controller does not own is changed by itself. */
export function isByTopology({ topology }: Pick<UpgradeView, 'topology'>, owner: CapiOwner): boolean {
  return (
    topology !== null && (owner.kind === 'KubeadmControlPlane' || owner.topologyOwned || owner.topologyName !== null)
  );
}

/** As people type it after `nodegroup/`: the name in the topology, else the name without that of the cluster. Of a control plane `controlplane`. */
export function shortName(owner: Pick<CapiOwner, 'kind' | 'name' | 'topologyName'>, cluster: string): string {
  return owner.kind === 'KubeadmControlPlane' ? 'controlplane' : workersName(owner, cluster);
}

/** The same of whoever makes workers. */
export function workersName({ name, topologyName }: Pick<CapiPool, 'name' | 'topologyName'>, cluster: string): string {
  if (topologyName !== null) return topologyName;
  return name.startsWith(`${cluster}-`) && name.length > cluster.length + 1 ? name.slice(cluster.length + 1) : name;
}
