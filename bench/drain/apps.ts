import { at, listAt, textAt } from '../../playground/kubernetes/api/reading.ts';
import type { LocalApi, LocalRequest } from '../../playground/kubernetes/contracts.ts';
import { BEHAVIOUR } from '../../playground/kubernetes/node/programs.ts';
import { waitFor } from '../../playground/waiting.ts';

/** What runs on the nodes that are drained. */
export interface Load {
  /** Nodes that are drained; each has the label {@link OLD}. */
  readonly nodes: number;
  /** Nodes that take the pods. */
  readonly takers: number;
  /** Deployments with a budget each that lets a tenth of the pods be away. */
  readonly apps: number;
  readonly podsPerApp: number;
}

/** Label of the nodes that are drained. */
export const OLD = { key: 'bench/group', value: 'old' } as const;
const NAMESPACE = 'bench';
const PODS = `/api/v1/namespaces/${NAMESPACE}/pods`;
const READY_MS = 900_000;

/** Names of the nodes that are drained: the first workers. */
export function oldNodes({ nodes }: Load): readonly string[] {
  return Array.from({ length: nodes }, (_, index) => `worker-${index + 1}`);
}

function takers({ nodes, takers: count }: Load): readonly string[] {
  return Array.from({ length: count }, (_, index) => `worker-${nodes + index + 1}`);
}

async function send(api: LocalApi, request: LocalRequest): Promise<unknown> {
  const { status, body } = await api.request({ agent: 'bench', ...request });
  if (status >= 300) throw new Error(`${request.method} ${request.path}: ${status} ${JSON.stringify(body)}`);
  return body;
}

/** Makes namespace, budgets and Deployments, and labels the nodes. */
export async function install(api: LocalApi, load: Load): Promise<void> {
  await send(api, {
    method: 'POST',
    path: '/api/v1/namespaces',
    body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } },
  });
  for (const name of oldNodes(load)) await patchNode(api, name, { metadata: { labels: { [OLD.key]: OLD.value } } });
  for (const name of takers(load)) await cordon(api, name, true);
  for (let index = 0; index < load.apps; index += 1) await makeApp(api, `app-${index}`, load.podsPerApp);
}

async function makeApp(api: LocalApi, name: string, replicas: number): Promise<void> {
  const labels = { app: name };
  const selector = { matchLabels: labels };
  const metadata = { name, namespace: NAMESPACE };
  await send(api, {
    method: 'POST',
    path: `/apis/policy/v1/namespaces/${NAMESPACE}/poddisruptionbudgets`,
    body: { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata, spec: { maxUnavailable: '10%', selector } },
  });
  const behaviour = JSON.stringify({ readyAfter: 1, stopsAfter: 1 });
  const container = {
    name: 'app',
    image: 'nginx:1.27',
    ports: [{ name: 'http', containerPort: 80 }],
    readinessProbe: { httpGet: { path: '/', port: 'http' }, periodSeconds: 1 },
  };
  const template = {
    metadata: { labels, annotations: { [BEHAVIOUR]: behaviour } },
    spec: { terminationGracePeriodSeconds: 2, containers: [container] },
  };
  await send(api, {
    method: 'POST',
    path: `/apis/apps/v1/namespaces/${NAMESPACE}/deployments`,
    body: { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec: { replicas, selector, template } },
  });
}

/** Puts every pod back onto the nodes that are drained, ready, and the others empty and open. */
export async function putBack(api: LocalApi, load: Load): Promise<void> {
  for (const name of takers(load)) await cordon(api, name, true);
  for (const name of oldNodes(load)) await cordon(api, name, false);
  const elsewhere = (await pods(api)).filter((pod) => !oldNodes(load).includes(textAt(pod, 'spec', 'nodeName')));
  for (const pod of elsewhere)
    await send(api, { method: 'DELETE', path: `${PODS}/${textAt(pod, 'metadata', 'name')}` });
  await waitFor('all pods to be ready on the nodes that are drained', async () => await areBack(api, load), {
    timeoutMs: READY_MS,
    everyMs: 1_000,
  });
  for (const name of takers(load)) await cordon(api, name, false);
  await waitFor('the taints of cordons to be gone', async () => await areOpen(api), {
    timeoutMs: READY_MS,
    everyMs: 500,
  });
}

/** The taint of a cordon goes a moment after the cordon. */
async function areOpen(api: LocalApi): Promise<true | undefined> {
  const nodes = listAt(await send(api, { method: 'GET', path: '/api/v1/nodes' }), 'items');
  const key = 'node.kubernetes.io/unschedulable';
  return nodes.some((node) => listAt(node, 'spec', 'taints').some((taint) => textAt(taint, 'key') === key))
    ? undefined
    : true;
}

async function areBack(api: LocalApi, load: Load): Promise<true | undefined> {
  const all = await pods(api);
  const old = new Set(oldNodes(load));
  const ready = all.filter((pod) => {
    const conditions = listAt(pod, 'status', 'conditions');
    const is = conditions.some((each) => textAt(each, 'type') === 'Ready' && textAt(each, 'status') === 'True');
    return is && at(pod, 'metadata', 'deletionTimestamp') === undefined && old.has(textAt(pod, 'spec', 'nodeName'));
  });
  const wanted = load.apps * load.podsPerApp;
  return all.length === wanted && ready.length === wanted ? true : undefined;
}

async function pods(api: LocalApi): Promise<readonly unknown[]> {
  return listAt(await send(api, { method: 'GET', path: PODS }), 'items');
}

/** Pods that are on a node that was drained. */
export async function leftBehind(api: LocalApi, load: Load): Promise<number> {
  const old = new Set(oldNodes(load));
  return (await pods(api)).filter((pod) => old.has(textAt(pod, 'spec', 'nodeName'))).length;
}

async function cordon(api: LocalApi, name: string, unschedulable: boolean): Promise<void> {
  await patchNode(api, name, { spec: { unschedulable } });
}

async function patchNode(api: LocalApi, name: string, body: object): Promise<void> {
  const path = `/api/v1/nodes/${name}`;
  await send(api, { method: 'PATCH', path, contentType: 'application/merge-patch+json', body });
}
