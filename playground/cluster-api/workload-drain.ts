import { isObject, listAt, textAt } from '../kubernetes/api/reading.ts';
import type { ApiObject, LocalApi } from '../kubernetes/contracts.ts';
import { identity, isGoing } from '../kubernetes/controllers/objects.ts';
import { type DrainedPod, isIgnored, refusalOf } from './draining.ts';
import type { WorkloadNode } from './workload.ts';

/** One pass of a drain: cordons the node, and asks for the end of every pod that is not going yet. @throws Error while the API server is away. */
export async function drainPass(
  api: LocalApi,
  node: Pick<WorkloadNode, 'name' | 'ready' | 'unschedulable'>,
): Promise<readonly DrainedPod[]> {
  if (!node.unschedulable) await cordon(api, node.name);
  const reachable = node.ready !== 'Unknown';
  const selector = encodeURIComponent(`spec.nodeName=${node.name}`);
  const { status, body } = await api.request({ method: 'GET', path: `/api/v1/pods?fieldSelector=${selector}` });
  if (status !== 200) throw new Error(`the pods of ${node.name} cannot be listed: ${status}`);
  const pods = listAt(body, 'items')
    .filter(isObject)
    .filter((pod) => !isIgnored(pod, { reachable, nowMs: Date.now() }));
  const left: DrainedPod[] = [];
  for (const pod of pods) {
    const refusal = isGoing(pod) ? null : await evicted(api, pod, reachable);
    if (refusal !== 'gone') left.push({ name: `${identity(pod).namespace}/${identity(pod).name}`, refusal });
  }
  return left;
}

async function cordon(api: LocalApi, name: string): Promise<void> {
  const body = { spec: { unschedulable: true } };
  const { status } = await api.request({
    method: 'PATCH',
    path: `/api/v1/nodes/${name}`,
    body,
    contentType: 'application/strategic-merge-patch+json',
    agent: 'manager',
  });
  if (status !== 200 && status !== 404) throw new Error(`node ${name} cannot be cordoned: ${status}`);
}

/** `null`: it goes. */
async function evicted(api: LocalApi, pod: ApiObject, reachable: boolean): Promise<string | null> {
  const { namespace, name } = identity(pod);
  const { status, body } = await api.request({
    method: 'POST',
    path: `/api/v1/namespaces/${namespace}/pods/${name}/eviction`,
    body: {
      apiVersion: 'policy/v1',
      kind: 'Eviction',
      metadata: { name, namespace },
      deleteOptions: {
        preconditions: { uid: textAt(pod, 'metadata', 'uid') },
        ...(reachable ? {} : { gracePeriodSeconds: 1 }),
      },
    },
    agent: 'manager',
  });
  if (status === 201) return null;
  return status === 404 ? 'gone' : refusalOf(status, body);
}
