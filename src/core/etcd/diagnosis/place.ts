import type { EtcdMember } from '../../ports/etcd.ts';
import { hostOf } from '../peer-url.ts';
import type { MachinePlace, MatchedBy, MemberPlace } from './evidence.ts';
import type { MachineSeen } from './machine-sign.ts';
import type { MachineSign, NodeSign } from './signs.ts';

/** Everything that members may run on; `null`: it could not be read, or there is nothing of the kind. */
export interface PlaceFacts {
  readonly nodes: readonly NodeSign[] | null;
  readonly machines: readonly MachineSeen[] | null;
}

/** Where one member runs, with what was seen there. */
export interface PlaceSeen {
  readonly place: MemberPlace;
  readonly node: NodeSign | null;
  readonly machine: MachineSign | null;
}

interface Match<T> {
  readonly found: T | null;
  readonly by: MatchedBy;
}

/**
 * Where each member runs. Nodes are matched by the name of the member and the address of its peer URL; a node that has only one of them
 * is named and said to have only that. Where no member at all is on a node, nodes do not carry the members (external etcd), so that a
 * missing node says nothing.
 */
export function placesOf(members: readonly EtcdMember[], facts: PlaceFacts): readonly PlaceSeen[] {
  const nodes = members.map((member) => nodeOf(member, facts.nodes ?? []));
  const carried = nodes.some(({ found }) => found !== null);
  return members.map((member, index) => {
    const node: Match<NodeSign> = nodes[index] ?? { found: null, by: 'none' };
    return seenAt(member, facts.nodes !== null && carried ? node : null, facts.machines);
  });
}

/** Nodes of the control plane that no member stands for, with their machines. */
export function placesWithoutMember(members: readonly EtcdMember[], facts: PlaceFacts): readonly MemberPlace[] {
  const nodes = facts.nodes ?? [];
  const taken = new Set(members.map((member) => nodeOf(member, nodes).found?.name));
  if (!members.some((member) => nodeOf(member, nodes).found !== null)) return [];
  return nodes
    .filter(({ name, roles }) => !taken.has(name) && (roles.includes('control-plane') || roles.includes('master')))
    .map((node) => {
      const member = { id: '', name: node.name, peerUrls: [], clientUrls: [], isLearner: false };
      // Nothing is matched: the node itself is what is named, and it has both.
      return seenAt(member, { found: node, by: 'name-and-address' }, facts.machines).place;
    });
}

/** What no member of now stands on, by any sign of it: a name, an address, a node's uid, a provider's id. */
export function spareOf(members: readonly EtcdMember[], { nodes, machines }: PlaceFacts): PlaceFacts {
  const isOf = (name: string | null, addresses: readonly string[]): boolean =>
    members.some(
      (member) =>
        (member.name !== '' && member.name === name) || addresses.some((each) => hostsOfMember(member).includes(each)),
    );
  const taken = (nodes ?? []).filter(({ name, addresses }) => isOf(name, addresses));
  return {
    nodes: nodes?.filter((node) => !taken.includes(node)) ?? null,
    machines:
      machines?.filter(
        (machine) =>
          !isOf(machine.node, machine.addresses) &&
          !taken.some((node) => machine.node === node.name || isAt(machine, node, [])),
      ) ?? null,
  };
}

/**
 * Where a member ran that is out of the list and whose node is gone: what its Machine still tells, if that stands. What a member of now
 * stands on is never its.
 *
 * @param members all of the ring as it is now
 */
export function placeOfRemoved(
  was: Pick<EtcdMember, 'name' | 'peerUrls'>,
  members: readonly EtcdMember[],
  facts: PlaceFacts,
): PlaceSeen {
  const nodes = facts.nodes ?? [];
  const carried = members.some((member) => nodeOf(member, nodes).found !== null);
  const member = { id: '', ...was, clientUrls: [], isLearner: false };
  return seenAt(member, carried ? { found: null, by: 'none' } : null, spareOf(members, facts).machines);
}

function seenAt(member: EtcdMember, node: Match<NodeSign> | null, machines: PlaceFacts['machines']): PlaceSeen {
  const found = node?.found ?? null;
  const machine = machineOf(member, found, machines ?? []);
  const at = machine.found === null ? null : ({ ...machine.found.place, matchedBy: machine.by } satisfies MachinePlace);
  return {
    place: {
      node: found?.name ?? null,
      nodeUid: found?.uid ?? null,
      nodeState: node === null ? 'not-seen' : stateOf(found),
      machine: at,
      host: null,
      hostState: 'not-asked',
      peerUrl: member.peerUrls[0] ?? '',
      // Of a node that is gone only the machine can still tell whose it was.
      matchedBy: found === null ? (at?.matchedBy ?? 'none') : (node?.by ?? 'none'),
    },
    node: found,
    machine: machine.found?.sign ?? null,
  };
}

function stateOf(node: NodeSign | null): MemberPlace['nodeState'] {
  if (node === null) return 'absent';
  return node.ready === 'yes' ? 'ready' : 'not-ready';
}

/** The hosts of a member's peer URLs. */
export function hostsOfMember({ peerUrls }: Pick<EtcdMember, 'peerUrls'>): readonly string[] {
  return [...new Set(peerUrls.flatMap((url) => hostOf(url) ?? []))];
}

function nodeOf(member: EtcdMember, nodes: readonly NodeSign[]): Match<NodeSign> {
  const hosts = hostsOfMember(member);
  const there = nodes.filter(({ addresses }) => addresses.some((each) => hosts.includes(each)));
  return matched(
    there,
    nodes.filter(({ name }) => member.name !== '' && name === member.name),
  );
}

function machineOf(member: EtcdMember, node: NodeSign | null, machines: readonly MachineSeen[]): Match<MachineSeen> {
  const hosts = hostsOfMember(member);
  const name = node?.name ?? member.name;
  return matched(
    machines.filter((each) => isAt(each, node, hosts)),
    machines.filter((each) => name !== '' && each.node === name),
  );
}

function isAt({ place, nodeUid, addresses }: MachineSeen, node: NodeSign | null, hosts: readonly string[]): boolean {
  if (node !== null && nodeUid !== null && nodeUid === node.uid) return true;
  if (node !== null && node.providerId !== '' && node.providerId === place.providerId) return true;
  return addresses.some((each) => hosts.includes(each));
}

/** What has both; else what has the address, which cannot be shared; else what has the name. Two of a kind are none. */
function matched<T>(there: readonly T[], named: readonly T[]): Match<T> {
  const both = there.filter((each) => named.includes(each));
  for (const [candidates, by] of [
    [both, 'name-and-address'],
    [there, 'address'],
    [named, 'name'],
  ] as const) {
    const [only] = candidates;
    if (only !== undefined) return candidates.length === 1 ? { found: only, by } : { found: null, by: 'none' };
  }
  return { found: null, by: 'none' };
}
