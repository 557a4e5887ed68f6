import { type ListedMember, openMembership, throughAny } from '../etcd-membership.ts';
import { fieldsOf, isObject, listAt, textAt } from '../kubernetes/api/reading.ts';
import type { PlaygroundCluster } from '../kubernetes/cluster.ts';
import type { ApiObject } from '../kubernetes/contracts.ts';
import { joinControlPlane } from '../kubernetes/kubeadm/join.ts';

/** A node of the workload cluster, as its API server has it. */
export interface WorkloadNode {
  readonly name: string;
  readonly uid: string;
  /** Empty: nobody wrote it. */
  readonly providerId: string;
  /** The condition `Ready`. */
  readonly ready: string;
  readonly version: string;
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
  /** Writes what Cluster API writes on a node that joined. */
  markNode(name: string, providerId: string, annotations: Readonly<Record<string, string>>): Promise<void>;
  /** One that is not there is gone. */
  deleteNode(name: string): Promise<void>;
  /** A machine of this name goes on; nothing is installed yet. Answers its address. */
  powerOn(name: string): string;
  /** Joins it to the control plane, etcd included. @throws Error in the words of kubeadm and etcd. */
  join(name: string): Promise<void>;
  /** A machine and all that was on it go. One that is not there is gone. */
  destroy(name: string): Promise<void>;
  /** Address of a machine; `null`: there is none. */
  addressOf(name: string): string | null;
  /** Whether the machine is on: its kubelet or etcd runs. */
  isOn(name: string): boolean;
  /** Names of the machines of the control plane. */
  machines(): readonly string[];
}

const STATUS_MS = 1_500;

/** The workload cluster behind a playground's cluster. */
export function workloadOf(cluster: PlaygroundCluster): Workload {
  const { etcd } = cluster;
  function through<T>(act: Parameters<typeof throughAny<T>>[2]): Promise<T> {
    return throughAny(etcd.endpoints, etcd.tls, act);
  }
  function nodeOf(name: string) {
    return cluster.nodes.find((each) => each.name === name);
  }
  return {
    members: async () => {
      const listed = await through((ring) => ring.list());
      return await Promise.all(listed.map((member) => seen(member, cluster)));
    },
    removeMember: (id) => through((ring) => ring.remove(id)),
    async moveLeader(to) {
      const listed = await through((ring) => ring.list());
      const { leader } = await through((ring) => ring.status());
      const url = listed.find(({ id }) => id === leader)?.clientUrls[0];
      if (leader === to || url === undefined) return;
      await throughAny([url], etcd.tls, (ring) => ring.moveLeader(to));
    },
    nodes: async () => {
      const { status, body } = await cluster.api.request({ method: 'GET', path: '/api/v1/nodes' });
      if (status !== 200) throw new Error(`the nodes of ${cluster.name} cannot be listed: ${status}`);
      return listAt(body, 'items').filter(isObject).map(readNode);
    },
    markNode: (name, providerId, annotations) => markNode(cluster, name, providerId, annotations),
    deleteNode: (name) => deleteNode(cluster, name),
    powerOn: (name) => cluster.addNode(name).address,
    join: async (name) => await joinControlPlane(cluster, cluster.node(name)),
    async destroy(name) {
      if (nodeOf(name) !== undefined) await cluster.removeNode(name);
    },
    addressOf: (name) => nodeOf(name)?.address ?? null,
    isOn(name) {
      const node = nodeOf(name);
      return node !== undefined && (node.agent.running() || node.etcd.pid() !== undefined);
    },
    machines: () => cluster.nodes.filter(({ role }) => role === 'control-plane').map(({ name }) => name),
  };
}

async function seen(member: ListedMember, { etcd }: Pick<PlaygroundCluster, 'etcd'>): Promise<WorkloadMember> {
  const { id, name, isLearner, clientUrls } = member;
  const [url] = clientUrls;
  if (url === undefined) return { id, name, isLearner, answers: false, leads: false };
  const ring = openMembership(url, etcd.tls, STATUS_MS);
  try {
    const status = await ring.status();
    return { id, name, isLearner, answers: status.id === id && status.leader !== '0', leads: status.leader === id };
  } catch {
    return { id, name, isLearner, answers: false, leads: false };
  } finally {
    ring.close();
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
  };
}

async function markNode(
  { api }: Pick<PlaygroundCluster, 'api'>,
  name: string,
  providerID: string,
  annotations: Readonly<Record<string, string>>,
): Promise<void> {
  const path = `/api/v1/nodes/${name}`;
  const { body } = await api.request({ method: 'GET', path });
  const isMarked =
    textAt(body, 'spec', 'providerID') === providerID &&
    Object.entries(annotations).every(
      ([key, value]) =>
        fieldsOf(fieldsOf(body)['metadata'])['annotations'] !== undefined &&
        textAt(body, 'metadata', 'annotations', key) === value,
    );
  if (isMarked) return;
  const patch = { metadata: { annotations }, spec: { providerID } };
  const { status } = await api.request({
    method: 'PATCH',
    path,
    body: patch,
    contentType: 'application/merge-patch+json',
    agent: 'manager',
  });
  if (status !== 200) throw new Error(`node ${name} cannot be written: ${status}`);
}

async function deleteNode({ api }: Pick<PlaygroundCluster, 'api'>, name: string): Promise<void> {
  const { status } = await api.request({ method: 'DELETE', path: `/api/v1/nodes/${name}`, agent: 'manager' });
  if (status !== 200 && status !== 404) throw new Error(`node ${name} cannot be deleted: ${status}`);
}
