import { fieldsOf, isObject, listAt, numberAt, textAt } from '../api/reading.ts';
import type { ApiObject, LocalApi } from '../contracts.ts';
import { selects } from '../eviction/label-selecting.ts';
import { failed, needsScale, reckoned, sameStatus, wantedBy } from './budget-status.ts';
import { type Chores, followSteadily, keepDoing } from './following.ts';

const AGENT = 'kube-controller-manager';
const BUDGETS = '/apis/policy/v1/poddisruptionbudgets';

/** Keeps the status of every PodDisruptionBudget until the signal, as the disruption controller does. */
export async function keepBudgets(api: LocalApi, signal: AbortSignal): Promise<void> {
  const chores: Chores = keepDoing(signal, async (namespace) => {
    const again = await reckonNamespace(api, namespace);
    if (again === null) return;
    const timer = setTimeout(() => chores.ask(namespace), Math.max(0, again - Date.now()) + 1_000);
    timer.unref();
    signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
  });
  function look(object: ApiObject): void {
    chores.ask(textAt(object, 'metadata', 'namespace'));
  }
  await Promise.all([followSteadily(api, BUDGETS, signal, look), followSteadily(api, '/api/v1/pods', signal, look)]);
}

/** Counts all budgets of a namespace. Answers when to do so again, if time alone changes something. */
async function reckonNamespace(api: LocalApi, namespace: string): Promise<number | null> {
  const budgets = await listed(api, `/apis/policy/v1/namespaces/${namespace}/poddisruptionbudgets`);
  if (budgets.length === 0) return null;
  const pods = await listed(api, `/api/v1/namespaces/${namespace}/pods`);
  const again: number[] = [];
  for (const budget of budgets) {
    const next = await reckonBudget(api, budget, pods);
    if (next !== null) again.push(next);
  }
  return again.length === 0 ? null : Math.min(...again);
}

async function reckonBudget(api: LocalApi, budget: ApiObject, all: readonly ApiObject[]): Promise<number | null> {
  const selector = fieldsOf(budget['spec'])['selector'];
  const pods =
    selector === undefined || selector === null ? [] : all.filter((pod) => selects(selector, pod.metadata['labels']));
  const now = Date.now();
  const scale = needsScale(budget) ? await scaleOf(api, pods) : 0;
  const wanted = typeof scale === 'string' ? scale : wantedBy(budget, pods.length, scale);
  const { status, again } =
    typeof wanted === 'string'
      ? { status: failed(budget, wanted, now), again: null }
      : reckoned(budget, pods, wanted, now);
  if (sameStatus(budget, status)) return again;
  const path = `${pathOf(budget)}/status`;
  const { status: code } = await api.request({ method: 'PUT', path, body: { ...budget, status }, agent: AGENT });
  // 404: it has gone. Anything else is tried again, after a look at what is there then.
  if (code !== 200 && code !== 404) throw new Error(`the status of ${path} was refused`);
  return again;
}

function pathOf(budget: ApiObject): string {
  const { namespace, name } = budget.metadata;
  return `/apis/policy/v1/namespaces/${String(namespace)}/poddisruptionbudgets/${String(name)}`;
}

async function listed(api: LocalApi, path: string): Promise<readonly ApiObject[]> {
  const { status, body } = await api.request({ method: 'GET', path });
  if (status !== 200) throw new Error(`${path} cannot be listed`);
  return listAt(body, 'items').filter(isObject);
}

interface Owner {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
}

function ownerOf(object: unknown): Owner | null {
  const found = listAt(object, 'metadata', 'ownerReferences').find((each) => fieldsOf(each)['controller'] === true);
  if (found === undefined) return null;
  const [apiVersion, kind] = [textAt(found, 'apiVersion'), textAt(found, 'kind')];
  return { apiVersion, kind, name: textAt(found, 'name'), uid: textAt(found, 'uid') };
}

/** The replicas that the pods' controllers want together; a text: why that cannot be said. */
async function scaleOf(api: LocalApi, pods: readonly ApiObject[]): Promise<number | string> {
  const known = new Map<string, number>();
  const seen = new Set<string>();
  for (const pod of pods) {
    const owner = ownerOf(pod);
    // A pod that nobody controls does not count.
    if (owner === null || seen.has(owner.uid)) continue;
    seen.add(owner.uid);
    const found = await scaleOfOwner(api, owner, textAt(pod, 'metadata', 'namespace'));
    if (typeof found === 'string') return found;
    if (found === null) return `found no controllers for pod "${textAt(pod, 'metadata', 'name')}"`;
    known.set(found.uid, found.replicas);
  }
  return [...known.values()].reduce((sum, each) => sum + each, 0);
}

type Scale = { readonly uid: string; readonly replicas: number } | null;

async function scaleOfOwner(api: LocalApi, owner: Owner, namespace: string): Promise<Scale | string> {
  const plural = `${owner.kind.toLowerCase()}s`;
  const [group, version] = owner.apiVersion.includes('/') ? owner.apiVersion.split('/') : ['', owner.apiVersion];
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  const path = `${root}/namespaces/${namespace}/${plural}/${owner.name}`;
  const found = await api.request({ method: 'GET', path });
  if (found.status !== 200 || textAt(found.body, 'metadata', 'uid') !== owner.uid) return null;
  const above = owner.kind === 'ReplicaSet' ? ownerOf(found.body) : null;
  if (above?.kind === 'Deployment') return scaleOfOwner(api, above, namespace);
  const scale = await api.request({ method: 'GET', path: `${path}/scale` });
  if (scale.status !== 200)
    return `${plural}${group === '' ? '' : `.${group}`} does not implement the scale subresource`;
  return { uid: owner.uid, replicas: numberAt(scale.body, 'spec', 'replicas') ?? 0 };
}
