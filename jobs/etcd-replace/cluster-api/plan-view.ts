import { managedAs } from '../../../src/core/cluster-api/connection.ts';
import type { CapiMachine } from '../../../src/core/cluster-api/machine.ts';
import { type MachineFound, type MachineOwner, machineOfMember } from '../../../src/core/cluster-api/ownership.ts';
import { hostsOf } from '../../../src/core/cluster-api/remediation.ts';
import { isHealthyVoter } from '../../../src/core/etcd/health-gate.ts';
import { memberWords } from '../../../src/core/etcd/member-words.ts';
import type { RingMember } from '../../../src/core/etcd/ring.ts';
import { type NodeReading, readNode } from '../../../src/core/kubernetes/node.ts';
import type { Check } from '../../../src/core/plan.ts';
import type { CaseBasis, ReplacePlanContext } from '../case-plan.ts';
import { type ClusterName, MANAGEMENT_CALL_MS, type ManagementView, readManagement } from './read-management.ts';

/** What was found of a member and its machine, or the check that says why nothing can be planned. */
export type PlanView =
  | {
      readonly ok: true;
      readonly which: ClusterName;
      readonly view: ManagementView;
      readonly target: CapiMachine;
      /** Machines of the same owner, the target left out. */
      readonly others: readonly CapiMachine[];
      readonly checks: readonly Check[];
    }
  | { readonly ok: false; readonly checks: readonly Check[] };

/**
 * Finds the Cluster object by what the nodes say of themselves, and in it the machine of the member by name **and** by uid, provider id or
 * address. Every other healthy member must stand on a machine there too: that is how it is known to be the right cluster.
 */
export async function viewForPlan(
  context: ReplacePlanContext,
  basis: CaseBasis,
  owner: MachineOwner,
): Promise<PlanView> {
  const { ports, cluster, signal } = context;
  const configured = cluster.management ?? null;
  if (configured === null) {
    const evidence = `the configuration of ${cluster.name} has no \`management\`: kubeconfig and namespace of the cluster where its machines are objects`;
    return none('controller', 'No management cluster is configured', evidence);
  }
  const nodes = await ports.kubernetes.list(
    { apiVersion: 'v1', kind: 'Node', namespace: null },
    { timeoutMs: MANAGEMENT_CALL_MS, signal },
  );
  if (!nodes.ok) return none('connections', 'The nodes could not be read', nodes.error.message);
  const read = nodes.value.items.map(readNode);
  const managed = managedAs(read, configured.namespace);
  if (managed.kind !== 'named')
    return none('connections', 'Which Cluster object stands for it cannot be told', managed.why);
  const seen = await readManagement(ports.management, managed, signal);
  if (!seen.ok) return none('controller', 'The management cluster could not be read', seen.why);
  return found({ basis, owner, nodes: read, which: managed, view: seen.view });
}

interface Found {
  readonly basis: CaseBasis;
  readonly owner: MachineOwner;
  readonly nodes: readonly NodeReading[];
  readonly which: ClusterName;
  readonly view: ManagementView;
}

function found({ basis, owner, nodes, which, view }: Found): PlanView {
  const { name, place, target: diagnosed, diagnosis } = basis;
  const peerUrls = diagnosed?.member.member.peerUrls ?? (place.peerUrl === '' ? [] : [place.peerUrl]);
  const node = nodes.find((each) => each.name === (place.node ?? name)) ?? null;
  const machines = view.machines.filter((each) => each.isControlPlane || owner === 'etcdadm-cluster');
  const hit = machineOfMember({ member: name, hosts: hostsOf(peerUrls), node }, machines);
  if (hit.kind !== 'found') return none('place', 'The machine of the member cannot be told', hit.why);
  if (hit.owner !== owner) {
    const evidence = `Machine ${hit.machine.name} is controlled by ${controllerWords(hit)}`;
    return none('place', 'Somebody else controls the machine', evidence);
  }
  const connections = connectionCheck({ basis, nodes, machines });
  const placed: Check = {
    id: 'place',
    verdict: 'pass',
    title: 'Member and machine belong together',
    evidence: `${diagnosed === null ? name : memberWords(diagnosed.member.member)} is on Machine ${hit.machine.name} (${hit.machine.providerId || 'no provider id'}), by ${hit.by}`,
  };
  if (connections.verdict === 'block') return { ok: false, checks: [placed, connections] };
  const others = machines.filter((each) => each.owner?.uid === hit.machine.owner?.uid && each.uid !== hit.machine.uid);
  const unwell = diagnosis.ring.members.filter(({ id }) => basis.alsoDead.includes(id));
  const also = unwell.map(({ label }) => `${label} is dead too and is left for a run of its own`);
  const told: readonly Check[] =
    also.length === 0
      ? []
      : [{ id: 'others', verdict: 'warn', title: 'Another member is dead', evidence: also.join('; ') }];
  return { ok: true, which, view, target: hit.machine, others, checks: [placed, connections, ...told] };
}

function controllerWords({ machine }: Extract<MachineFound, { readonly kind: 'found' }>): string {
  return machine.owner === null ? 'nobody' : `${machine.owner.kind} ${machine.owner.name}`;
}

function connectionCheck({
  basis,
  nodes,
  machines,
}: Pick<Found, 'basis' | 'nodes'> & { readonly machines: readonly CapiMachine[] }): Check {
  const well = basis.diagnosis.ring.members.filter(
    (each) => isHealthyVoter(each) && each.id !== basis.target?.member.id,
  );
  const lost = well.flatMap((each) => {
    const hit = machineOfMember(factsOf(each, nodes), machines);
    return hit.kind === 'found' ? [] : [hit.why];
  });
  if (lost.length > 0 || well.length === 0) {
    const evidence = lost.length === 0 ? 'no other member is healthy' : lost.join('; ');
    return {
      id: 'connections',
      verdict: 'block',
      title: 'The management cluster has other machines than the ring',
      evidence,
    };
  }
  const evidence = `${well.map(({ label }) => label).join(', ')} stand on its machines, by name and by uid, provider id or address`;
  return { id: 'connections', verdict: 'pass', title: 'It is the management cluster of this ring', evidence };
}

function factsOf({ member }: RingMember, nodes: readonly NodeReading[]) {
  const node = nodes.find((each) => each.name === member.name) ?? null;
  return { member: member.name, hosts: hostsOf(member.peerUrls), node };
}

function none(id: string, title: string, evidence: string): PlanView {
  return { ok: false, checks: [{ id, verdict: 'block', title, evidence }] };
}
