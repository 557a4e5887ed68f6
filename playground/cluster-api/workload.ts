import type { ListedMember, Membership } from '../etcd-membership.ts';
import { type KeptMemberships, keepMemberships } from '../kept-memberships.ts';
import { at, fieldsOf, isObject, listAt, textAt } from '../kubernetes/api/reading.ts';
import type { ClusterNode, PlaygroundCluster } from '../kubernetes/cluster.ts';
import type { ApiObject, Fields } from '../kubernetes/contracts.ts';
import { joinControlPlane } from '../kubernetes/kubeadm/join.ts';
import { byVersion } from '../kubernetes/versions.ts';
import type { CapiKnobs } from './capi-scene.ts';
import type { DrainedPod } from './draining.ts';
import { drainPass } from './workload-drain.ts';

/** A node of the workload cluster, as its API server has it. */
export interface WorkloadNode {
  readonly name: string;
  readonly uid: string;
  /** Empty: nobody wrote it. */
  readonly providerId: string;
  /** The condition `Ready`. */
  readonly ready: string;
  readonly version: string;
  readonly unschedulable: boolean;
  readonly annotations: Fields;
  /** How many volumes are attached to it. */
  readonly volumes: number;
}

/** A machine that is to go on. */
export interface PowerOn {
  readonly name: string;
  readonly role: ClusterNode['role'];
  /** Of its image. */
  readonly version: string;
  /** `null`: it has none. */
  readonly zone: string | null;
}

/** A member of its ring. */
export interface WorkloadMember {
  readonly id: string;
  /** Empty: it never started. */
  readonly name: string;
  readonly isLearner: boolean;
  /** It answers of itself. */
  readonly answers: boolean;
  readonly leads: boolean;
}

/** The workload cluster as the controllers of its management cluster see and change it. */
export interface Workload {
  /** @throws Error when no member answers. */
  members(): Promise<readonly WorkloadMember[]>;
  removeMember(id: string): Promise<void>;
  /** Hands leadership to a member. Nothing is done when it leads already. */
  moveLeader(to: string): Promise<void>;
  /** @throws Error while its API server is away. */
  nodes(): Promise<readonly WorkloadNode[]>;
  /** Writes what Cluster API writes on a node that joined, where it is not there. */
  markNode(node: WorkloadNode, providerId: string, annotations: Readonly<Record<string, string>>): Promise<void>;
  /** One that is not there is gone. */
  deleteNode(name: string): Promise<void>;
  /** Cordons a node and asks for the end of its pods. Answers those that are left; nothing: it is drained. @throws Error while its API server is away. */
  drain(node: WorkloadNode): Promise<readonly DrainedPod[]>;
  /** A machine goes on; nothing is installed yet. */
  powerOn(machine: PowerOn): void;
  /** Joins it: to the control plane with etcd, or as a worker. @throws Error in the words of kubeadm and etcd. */
  join(name: string): Promise<void>;
  /** A machine and all that was on it go; with an outdated one of the control plane the API server for a moment. One that is not there is gone. */
  destroy(name: string): Promise<void>;
  /** Address of a machine; `null`: there is none. */
  addressOf(name: string): string | null;
  /** Whether the machine is on: its kubelet or etcd runs. */
  isOn(name: string): boolean;
  /** Names of all machines. */
  machines(): readonly string[];
}

/** The workload cluster behind a playground's cluster. */
export function workloadOf(cluster: PlaygroundCluster, knobs: Pick<CapiKnobs, 'blinkMs'>): Workload {
  const { etcd } = cluster;
  const kept = keepMemberships(etcd.tls);
  function through<T>(act: (ring: Membership) => Promise<T>): Promise<T> {
    return kept.through(etcd.endpoints, act);
  }
  function nodeOf(name: string) {
    return cluster.nodes.find((each) => each.name === name);
  }
  return {
    members: async () => {
      const listed = await through((ring) => ring.list());
      return await Promise.all(listed.map((member) => seen(member, kept)));
    },
    removeMember: (id) => through((ring) => ring.remove(id)),
    async moveLeader(to) {
      const listed = await through((ring) => ring.list());
      const { leader } = await through((ring) => ring.status());
      const url = listed.find(({ id }) => id === leader)?.clientUrls[0];
      if (leader === to || url === undefined) return;
      await kept.through([url], (ring) => ring.moveLeader(to));
    },
    nodes: async () => {
      const { status, body } = await cluster.api.request({ method: 'GET', path: '/api/v1/nodes' });
      if (status !== 200) throw new Error(`the nodes of ${cluster.name} cannot be listed: ${status}`);
      return listAt(body, 'items').filter(isObject).map(readNode);
    },
    markNode: (node, providerId, annotations) => markNode(cluster, node, providerId, annotations),
    deleteNode: (name) => deleteNode(cluster, name),
    drain: async (node) => await drainPass(cluster.api, node),
    powerOn: ({ name, role, version, zone }) => void cluster.addNode(name, role, { version, labels: zoneLabels(zone) }),
    async join(name) {
      const node = cluster.node(name);
      if (node.role === 'control-plane') await joinControlPlane(cluster, node);
      else node.startKubelet();
    },
    async destroy(name) {
      const node = nodeOf(name);
      if (node === undefined) return;
      const outdated = isOutdated(node, cluster.nodes);
      await cluster.removeNode(name);
      if (outdated) await cluster.apiServer.blink(knobs.blinkMs);
    },
    addressOf: (name) => nodeOf(name)?.address ?? null,
    isOn(name) {
      const node = nodeOf(name);
      return node !== undefined && (node.agent.running() || node.etcd.pid() !== undefined);
    },
    machines: () => cluster.nodes.map(({ name }) => name),
  };
}

/** Zones that workers are spread over. */
export const ZONES = ['a', 'b', 'c'] as const;

/** Makes the first workers and starts them. */
export function addWorkers(cluster: PlaygroundCluster, count: number): void {
  const version = cluster.nodes[0]?.version;
  for (let index = 0; index < count; index += 1) {
    const labels = zoneLabels(ZONES[index % ZONES.length] ?? null);
    const traits = { labels, ...(version === undefined ? {} : { version }) };
    cluster.addNode(`md-0-${index + 1}`, 'worker', traits).startKubelet();
  }
}

function zoneLabels(zone: string | null): Readonly<Record<string, string>> {
  return zone === null ? {} : { [ZONE_LABEL]: zone };
}

/** Label of nodes: their zone. */
const ZONE_LABEL = 'topology.kubernetes.io/zone';

/** Whether it is of the control plane, and others there are of a newer version. */
function isOutdated(node: ClusterNode, nodes: readonly ClusterNode[]): boolean {
  return (
    node.role === 'control-plane' &&
    nodes.some(({ role, version }) => role === 'control-plane' && byVersion(version, node.version) > 0)
  );
}

async function seen(member: ListedMember, kept: KeptMemberships): Promise<WorkloadMember> {
  const { id, name, isLearner, clientUrls } = member;
  const [url] = clientUrls;
  if (url === undefined) return { id, name, isLearner, answers: false, leads: false };
  try {
    const status = await kept.through([url], (ring) => ring.status());
    return { id, name, isLearner, answers: status.id === id && status.leader !== '0', leads: status.leader === id };
  } catch {
    return { id, name, isLearner, answers: false, leads: false };
  }
}

function readNode(node: ApiObject): WorkloadNode {
  const ready = listAt(node, 'status', 'conditions').find((each) => textAt(each, 'type') === 'Ready');
  return {
    name: textAt(node, 'metadata', 'name'),
    uid: textAt(node, 'metadata', 'uid'),
    providerId: textAt(node, 'spec', 'providerID'),
    ready: textAt(ready, 'status'),
    version: textAt(node, 'status', 'nodeInfo', 'kubeletVersion'),
    unschedulable: at(node, 'spec', 'unschedulable') === true,
    annotations: fieldsOf(node.metadata['annotations']),
    volumes: listAt(node, 'status', 'volumesAttached').length,
  };
}

async function markNode(
  { api }: Pick<PlaygroundCluster, 'api'>,
  node: WorkloadNode,
  providerID: string,
  annotations: Readonly<Record<string, string>>,
): Promise<void> {
  const isMarked =
    node.providerId === providerID &&
    Object.entries(annotations).every(([key, value]) => node.annotations[key] === value);
  if (isMarked) return;
  const { status } = await api.request({
    method: 'PATCH',
    path: `/api/v1/nodes/${node.name}`,
    body: { metadata: { annotations }, spec: { providerID } },
    contentType: 'application/merge-patch+json',
    agent: 'manager',
  });
  if (status !== 200) throw new Error(`node ${node.name} cannot be written: ${status}`);
}

async function deleteNode({ api }: Pick<PlaygroundCluster, 'api'>, name: string): Promise<void> {
  const { status } = await api.request({ method: 'DELETE', path: `/api/v1/nodes/${name}`, agent: 'manager' });
  if (status !== 200 && status !== 404) throw new Error(`node ${name} cannot be deleted: ${status}`);
}
