import { at, fieldsOf, listAt, numberAt, textAt } from '../../kubernetes/api/reading.ts';
import type { ApiObject } from '../../kubernetes/contracts.ts';
import type { Mirror } from '../../kubernetes/controllers/mirror.ts';
import { conditionOf, identity, isReady } from '../../kubernetes/controllers/objects.ts';
import { ETCD_SPACE, MACHINE_SPACE } from '../layout.ts';
import type { OcpScene } from '../scene.ts';
import { GUARD_KEY, guardedBy } from './quorum.ts';
import { type RingView, type SeenMember, viewRing } from './ring-view.ts';
import type { NodeRevision, PodState } from './rollout.ts';

/** What the operator follows. */
export interface Sources {
  readonly etcds: Mirror;
  readonly nodes: Mirror;
  readonly pods: Mirror;
  readonly secrets: Mirror;
  readonly maps: Mirror;
  readonly machines: Mirror;
  readonly ring: RingView;
}

/** Begins to follow. */
export function followSources(scene: OcpScene): Sources {
  const { mirrors } = scene;
  return {
    etcds: mirrors.of('/apis/operator.openshift.io/v1/etcds'),
    nodes: mirrors.of('/api/v1/nodes'),
    pods: mirrors.of('/api/v1/pods'),
    secrets: mirrors.of('/api/v1/secrets'),
    maps: mirrors.of('/api/v1/configmaps'),
    machines: mirrors.of('/apis/machine.openshift.io/v1beta1/machines'),
    ring: viewRing(scene.cluster),
  };
}

/** Everything as it is in one round. */
export interface View {
  readonly etcd: ApiObject;
  /** Node objects of the control plane, by name. */
  readonly masters: readonly ApiObject[];
  /** `null`: the ring does not answer. */
  readonly members: readonly SeenMember[] | null;
  readonly machines: readonly ApiObject[];
  readonly statuses: readonly NodeRevision[];
  readonly latest: number;
  /** Why nothing may be changed on the members; `null`: it may. */
  readonly guard: string | null;
  podOf(node: string): ApiObject | undefined;
}

/** Looks at everything; `null`: the Etcd object is not there. */
export async function lookAround(sources: Sources): Promise<View | null> {
  const etcd = sources.etcds.named('', 'cluster');
  if (etcd === undefined) return null;
  const members = await sources.ring.look();
  const voters = (members ?? []).filter(({ isLearner }) => !isLearner);
  const counts = { voters: voters.length, healthy: voters.filter(({ healthy }) => healthy).length };
  const isGuardOff = at(etcd, 'spec', 'unsupportedConfigOverrides', GUARD_KEY) === true;
  return {
    etcd,
    masters: sources.nodes
      .all()
      .filter((node) => at(node, 'metadata', 'labels', 'node-role.kubernetes.io/master') !== undefined)
      .toSorted((a, b) => identity(a).name.localeCompare(identity(b).name)),
    members,
    machines: sources.machines.all().filter((each) => identity(each).namespace === MACHINE_SPACE),
    statuses: listAt(etcd, 'status', 'nodeStatuses').map((each) => ({
      nodeName: textAt(each, 'nodeName'),
      currentRevision: numberAt(each, 'currentRevision') ?? 0,
      targetRevision: numberAt(each, 'targetRevision') ?? 0,
    })),
    latest: numberAt(etcd, 'status', 'latestAvailableRevision') ?? 0,
    guard: members === null ? 'the members cannot be listed' : guardedBy(counts, isGuardOff),
    podOf: (node) => sources.pods.named(ETCD_SPACE, `etcd-${node}`),
  };
}

/** Address of a node. */
export function addressOf(node: unknown): string {
  const found = listAt(node, 'status', 'addresses').find((each) => textAt(each, 'type') === 'InternalIP');
  return textAt(found, 'address');
}

/** Revision and readiness of an etcd pod. */
export function podStateOf(pod: ApiObject | undefined): PodState {
  if (pod === undefined) return { revision: 0, isReady: false };
  return { revision: Number(textAt(pod, 'metadata', 'labels', 'revision')) || 0, isReady: isReady(pod) };
}

/** Whether the kubelet of a node says that it is ready. */
export function isNodeReady(node: unknown): boolean {
  return conditionOf(node, 'Ready')['status'] === 'True';
}

/** Whether the etcd container of a pod runs and is not ready: it waits for its place in the ring, or crashes again and again. */
export function isWaitingForRing(pod: ApiObject | undefined): boolean {
  const container = listAt(pod, 'status', 'containerStatuses').find((each) => textAt(each, 'name') === 'etcd');
  return Object.keys(fieldsOf(at(container, 'state', 'running'))).length > 0 && at(container, 'ready') !== true;
}

/** Whether a machine has this address. */
export function hasAddress(machine: unknown, address: string): boolean {
  return listAt(machine, 'status', 'addresses').some((each) => textAt(each, 'address') === address);
}
