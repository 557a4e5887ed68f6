import { readBudget, readDrainNode, readDrainPod, readWorkload } from '../../../src/core/drain/read-objects.ts';
import {
  type DrainNode,
  type DrainPod,
  type DrainView,
  WORKLOAD_KINDS,
  type Workload,
} from '../../../src/core/drain/view.ts';
import type {
  KubernetesError,
  KubernetesObject,
  KubernetesPort,
  KubernetesResult,
  ObjectKind,
} from '../../../src/core/ports/kubernetes.ts';

/** What a whole look at a cluster asks of its API server. */
export type DrainLook = Pick<KubernetesPort, 'list' | 'eachPage'>;

/** A whole look, or why there is none: nothing is concluded from a part of a cluster. `why`: without a period. */
export type SeenView =
  | { readonly ok: true; readonly view: DrainView; readonly unread: readonly string[] }
  | { readonly ok: false; readonly error: KubernetesError; readonly why: string };

/** Who reads more of nodes and pods than a view keeps. */
export interface Beside {
  node(object: KubernetesObject, node: DrainNode): void;
  pod(object: KubernetesObject, pod: DrainPod): void;
  /** The pods come again from the first: forget them. */
  anew(): void;
}

const CALL_MS = 10_000;
/** Pods of large clusters come in many pages. */
const PODS_MS = 60_000;

/**
 * Looks at a whole cluster once: nodes, pods, budgets, and what makes pods. Budgets that may not be listed are `null` and noted; everything
 * else that is missing is no look at all.
 *
 * @param known what makes pods as it was read before; it is read again only when that is `null`
 * @param beside is given each node and pod as it came, because a view keeps only what a drain must know
 */
export async function readDrainView(
  kubernetes: DrainLook,
  signal: AbortSignal,
  known: readonly Workload[] | null = null,
  beside: Beside | null = null,
): Promise<SeenView> {
  const [nodes, pods, budgets, workloads] = await Promise.all([
    listOf(kubernetes, { apiVersion: 'v1', kind: 'Node' }, signal),
    readPods(kubernetes, signal, beside),
    listOf(kubernetes, { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget' }, signal),
    known === null ? readWorkloads(kubernetes, signal) : ({ ok: true, value: known } as const),
  ]);
  if (!nodes.ok) return unseen('the nodes', nodes.error);
  if (!pods.ok) return unseen('the pods', pods.error);
  if (!workloads.ok) return unseen('what makes pods', workloads.error);
  if (!budgets.ok && !isForGood(budgets.error)) return unseen('the budgets', budgets.error);
  const read = nodes.value.map((object) => {
    const node = readDrainNode(object);
    beside?.node(object, node);
    return node;
  });
  return {
    ok: true,
    view: {
      nodes: read,
      pods: pods.value,
      budgets: budgets.ok ? budgets.value.map(readBudget) : null,
      workloads: workloads.value,
    },
    unread: budgets.ok ? [] : [`the budgets could not be listed: ${budgets.error.message}`],
  };
}

function unseen(what: string, error: KubernetesError): SeenView {
  return { ok: false, error, why: `${what} could not be read: ${error.message}` };
}

/** It is not allowed, or not there: asking again changes nothing. */
function isForGood({ code }: KubernetesError): boolean {
  return code === 'forbidden' || code === 'no-such-kind' || code === 'unauthorized';
}

async function listOf(kubernetes: DrainLook, kind: ObjectKind, signal: AbortSignal) {
  const listed = await kubernetes.list({ ...kind, namespace: null }, { timeoutMs: CALL_MS, signal });
  return listed.ok ? ({ ok: true, value: listed.value.items } as const) : listed;
}

/** Page by page, and only what a drain must know of each. A list that expired in the middle is begun anew once. */
async function readPods(
  kubernetes: DrainLook,
  signal: AbortSignal,
  beside: Beside | null,
): Promise<KubernetesResult<readonly DrainPod[]>> {
  for (let attempt = 0; ; attempt += 1) {
    const pods: DrainPod[] = [];
    beside?.anew();
    const query = { apiVersion: 'v1', kind: 'Pod', namespace: null };
    const read = await kubernetes.eachPage(query, { timeoutMs: PODS_MS, signal }, (items) => {
      for (const object of items) {
        const pod = readDrainPod(object);
        beside?.pod(object, pod);
        pods.push(pod);
      }
    });
    if (read.ok) return { ok: true, value: pods };
    if (read.error.code !== 'expired' || attempt > 0) return read;
  }
}

/** A kind that is not served has no objects. */
async function readWorkloads(
  kubernetes: DrainLook,
  signal: AbortSignal,
): Promise<KubernetesResult<readonly Workload[]>> {
  const lists = await Promise.all(WORKLOAD_KINDS.map(async (kind) => await listOf(kubernetes, kind, signal)));
  const workloads: Workload[] = [];
  for (const listed of lists) {
    if (listed.ok) workloads.push(...listed.value.map(readWorkload));
    else if (listed.error.code !== 'no-such-kind') return listed;
  }
  return { ok: true, value: workloads };
}
