import { groupOf } from '../kubernetes/api-group.ts';
import type { CapiMachine } from './machine.ts';
import { CONTROL_PLANE_GROUP, ETCD_GROUP } from './names.ts';

/** Who replaces the machine of a member. */
export type MachineOwner = 'kubeadm-control-plane' | 'etcdadm-cluster' | 'other' | 'nobody';

/** What is known of the member and its node. */
export interface MemberPlaceFacts {
  /** Name of the member; on kubeadm the name of its node. */
  readonly member: string;
  /** Hosts of its peer URLs. */
  readonly hosts: readonly string[];
  /** `null`: the cluster has no such node (any more), or it cannot be seen. */
  readonly node: { readonly name: string; readonly uid: string; readonly providerId: string } | null;
}

/** The machine of a member, or why there is none to act on. */
export type MachineFound =
  | {
      readonly kind: 'found';
      readonly machine: CapiMachine;
      readonly owner: MachineOwner;
      /** What was compared, for people. */
      readonly by: string;
    }
  | { readonly kind: 'none'; readonly why: string }
  /** Name and address say different things: nothing is done. */
  | { readonly kind: 'ambiguous'; readonly why: string };

/**
 * Finds the machine on which a member runs, by name **and** by something that is not a name: the node's uid or provider id, or the
 * address of the member. A machine found by the name alone is not acted on.
 *
 * @param machines machines of this workload cluster only
 */
export function machineOfMember(facts: MemberPlaceFacts, machines: readonly CapiMachine[]): MachineFound {
  const { member, node } = facts;
  const named = machines.filter((each) => each.node === (node?.name ?? member));
  const placed = machines.filter((each) => isAt(facts, each));
  const both = placed.filter((each) => each.node === null || named.includes(each));
  if (both.length > 1) return { kind: 'ambiguous', why: `${namesOf(both)} all have the address of ${member}` };
  const [machine] = both;
  if (machine !== undefined) {
    const stranger = named.find((each) => each.uid !== machine.uid);
    if (stranger !== undefined)
      return {
        kind: 'ambiguous',
        why: `${stranger.name} names the node of ${member}, ${machine.name} has its address`,
      };
    return { kind: 'found', machine, owner: ownerOf(machine), by: evidence(facts, machine) };
  }
  if (named.length > 0)
    return {
      kind: 'ambiguous',
      why: `${namesOf(named)} names ${node?.name ?? member}, but neither uid, provider id nor address fits`,
    };
  if (placed.length > 0)
    return { kind: 'ambiguous', why: `${namesOf(placed)} has the address of ${member}, but names another node` };
  return { kind: 'none', why: `no Machine is of ${node?.name ?? member} (${facts.hosts.join(', ')})` };
}

/** Who controls a machine. */
export function ownerOf(machine: CapiMachine): MachineOwner {
  if (machine.owner === null) return 'nobody';
  const group = groupOf(machine.owner.apiVersion);
  if (group === CONTROL_PLANE_GROUP && machine.owner.kind === 'KubeadmControlPlane') return 'kubeadm-control-plane';
  return group === ETCD_GROUP && machine.owner.kind === 'EtcdadmCluster' ? 'etcdadm-cluster' : 'other';
}

function isAt({ node, hosts }: MemberPlaceFacts, machine: CapiMachine): boolean {
  if (node !== null && machine.nodeUid !== null && machine.nodeUid === node.uid) return true;
  if (node !== null && node.providerId !== '' && node.providerId === machine.providerId) return true;
  return machine.addresses.some((address) => hosts.includes(address));
}

function evidence({ node, hosts }: MemberPlaceFacts, machine: CapiMachine): string {
  const parts = [
    ...(machine.node === null ? [] : [`node ${machine.node}`]),
    ...(node !== null && machine.nodeUid === node.uid ? ['its uid'] : []),
    ...(node !== null && node.providerId !== '' && node.providerId === machine.providerId
      ? [`provider id ${node.providerId}`]
      : []),
    ...machine.addresses.filter((address) => hosts.includes(address)).map((address) => `address ${address}`),
  ];
  return parts.join(', ');
}

function namesOf(machines: readonly CapiMachine[]): string {
  return machines
    .map(({ name }) => name)
    .toSorted()
    .join(', ');
}
