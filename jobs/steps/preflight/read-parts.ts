import { readDrainNode, readDrainPod } from '../../../src/core/drain/read-objects.ts';
import type { DrainNode, DrainPod } from '../../../src/core/drain/view.ts';
import { type PodReading, readPod } from '../../../src/core/kubernetes/pod.ts';
import type {
  KubernetesObject,
  KubernetesPort,
  KubernetesResult,
  ObjectKind,
} from '../../../src/core/ports/kubernetes.ts';
import { type AddOn, addOnsOf } from '../../../src/core/preflight/add-ons.ts';
import { type RoomNode, type RoomPod, readRoomNode, readRoomPod } from '../../../src/core/preflight/capacity-view.ts';
import { readSamples, type Sample, WANTED_SAMPLES } from '../../../src/core/preflight/samples.ts';
import { type Seen, seen, unseen } from '../../../src/core/preflight/seen.ts';

/** Limit of one call, ms. */
export const CALL_MS = 10_000;
/** Lists of large clusters come in pages. */
export const LIST_MS = 60_000;

/** A node as the checks need it. */
export interface NodePart {
  readonly node: DrainNode;
  readonly room: RoomNode;
}

/** A pod as the checks need it. */
export interface PodPart {
  readonly reading: PodReading;
  readonly pod: DrainPod;
  readonly room: RoomPod;
}

/** What was read of a list, and how many of it have a shape that nobody here knows. */
export interface Parts<T> {
  readonly items: readonly T[];
  readonly illegible: number;
}

/** What a pre-flight reads of every cluster. */
export interface ClusterParts {
  readonly version: Seen<string>;
  readonly nodes: Seen<Parts<NodePart>>;
  readonly pods: Seen<Parts<PodPart>>;
  readonly addOns: Seen<readonly AddOn[]>;
  readonly dnsService: Seen<boolean>;
  readonly samples: Seen<readonly Sample[]>;
}

/** What it asks of the API server. */
export type PreflightPort = Pick<KubernetesPort, 'version' | 'get' | 'list' | 'eachPage' | 'metrics' | 'serves'>;

/** Reads all of it at once. What one call refuses is told by that part alone. */
export async function readParts(kubernetes: PreflightPort, signal: AbortSignal): Promise<ClusterParts> {
  const call = { timeoutMs: CALL_MS, signal };
  const [version, nodes, pods, deployments, daemons, dns, samples] = await Promise.all([
    kubernetes.version(call),
    readNodes(kubernetes, signal),
    readPods(kubernetes, signal),
    eachObject(kubernetes, { apiVersion: 'apps/v1', kind: 'Deployment' }, signal, addOnsOf),
    eachObject(kubernetes, { apiVersion: 'apps/v1', kind: 'DaemonSet' }, signal, addOnsOf),
    kubernetes.get({ apiVersion: 'v1', kind: 'Service', namespace: 'kube-system', name: 'kube-dns' }, call),
    kubernetes.metrics(WANTED_SAMPLES, { timeoutMs: LIST_MS, signal }),
  ]);
  return {
    version: version.ok ? seen(version.value.gitVersion) : unseen(version.error.message),
    nodes,
    pods,
    addOns: addOnsFrom(deployments, daemons),
    dnsService: isThere(dns),
    samples: samples.ok ? seen(readSamples(samples.value)) : unseen(samples.error.message),
  };
}

function isThere(got: KubernetesResult<KubernetesObject>): Seen<boolean> {
  if (got.ok) return seen(true);
  return got.error.code === 'not-found' ? seen(false) : unseen(got.error.message);
}

function addOnsFrom(
  deployments: Seen<Parts<readonly AddOn[]>>,
  daemons: Seen<Parts<readonly AddOn[]>>,
): Seen<readonly AddOn[]> {
  if (!deployments.ok) return deployments;
  if (!daemons.ok) return daemons;
  return seen([...deployments.value.items, ...daemons.value.items].flat());
}

/** Reads all nodes with their room. */
async function readNodes(
  kubernetes: Pick<KubernetesPort, 'eachPage'>,
  signal: AbortSignal,
): Promise<Seen<Parts<NodePart>>> {
  return await eachObject(kubernetes, { apiVersion: 'v1', kind: 'Node' }, signal, (object) => {
    const node = readDrainNode(object);
    return { node, room: readRoomNode(object, node) };
  });
}

/** Reads all pods of all namespaces with what they need. */
async function readPods(
  kubernetes: Pick<KubernetesPort, 'eachPage'>,
  signal: AbortSignal,
): Promise<Seen<Parts<PodPart>>> {
  return await eachObject(kubernetes, { apiVersion: 'v1', kind: 'Pod' }, signal, (object) => {
    const pod = readDrainPod(object);
    return { pod, reading: readPod(object), room: readRoomPod(object, pod) };
  });
}

/** Reads objects page by page and keeps what `read` makes of each. A list that expired in the middle is begun anew once. */
async function eachObject<T>(
  kubernetes: Pick<KubernetesPort, 'eachPage'>,
  kind: ObjectKind,
  signal: AbortSignal,
  read: (object: KubernetesObject) => T,
): Promise<Seen<Parts<T>>> {
  for (let round = 1; ; round += 1) {
    const items: T[] = [];
    let illegible = 0;
    const end = await kubernetes.eachPage({ ...kind, namespace: null }, { timeoutMs: LIST_MS, signal }, (page) => {
      for (const object of page) {
        try {
          items.push(read(object));
        } catch {
          illegible += 1;
        }
      }
    });
    if (end.ok) return seen({ items, illegible });
    if (end.error.code !== 'expired' || round === 2) return unseen(end.error.message);
  }
}
