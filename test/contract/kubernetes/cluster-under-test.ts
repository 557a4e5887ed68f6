import { randomBytes } from 'node:crypto';
import { expect } from 'vitest';
import { z } from 'zod';
import { waitFor } from '../../../playground/waiting.ts';
import { JsonObject } from '../../../src/core/json.ts';
import type {
  KubernetesObject,
  KubernetesPort,
  KubernetesResult,
  ObjectRef,
} from '../../../src/core/ports/kubernetes.ts';

/** A cluster that the suites may fill: everything they make is in this namespace, or named after it. */
export interface ClusterUnderTest {
  readonly port: KubernetesPort;
  /** A namespace of its own; it exists, and goes with {@link stop}. Cluster-scoped objects begin with its name. */
  readonly namespace: string;
  /** Whether controllers work there: where none does, the suites write what they would write. */
  readonly hasControllers: boolean;
  stop(): Promise<void>;
}

/** A kind of cluster that the suites run on. */
export interface Target {
  readonly name: string;
  start(): Promise<ClusterUnderTest>;
}

/** Limit of every call, ms. */
export const CALL = { timeoutMs: 30_000 };
/** How long a state is waited for. */
export const POLL = { timeout: 30_000, interval: 50 };

/** The value of an answered call. */
export function valueOf<T>(result: KubernetesResult<T>): T {
  if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}`);
  return result.value;
}

/** Makes a namespace of the suites' own and answers its name. A port whose cluster gives none is closed: nobody else would. */
export async function makeNamespace(port: KubernetesPort): Promise<string> {
  const name = `drydock-contract-${randomBytes(4).toString('hex')}`;
  const created = await port.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }, CALL);
  if (!created.ok) await port.close();
  return valueOf(created).metadata.name;
}

/** `ok`, or the code of the error. */
export function codeOf(result: KubernetesResult<unknown>): string {
  return result.ok ? 'ok' : result.error.code;
}

/** A ConfigMap. */
export function configMap(
  cluster: ClusterUnderTest,
  name: string,
  data: Readonly<Record<string, string>>,
  metadata: JsonObject = {},
): JsonObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: cluster.namespace, name, ...metadata }, data };
}

/** Names a ConfigMap. */
export function configMapRef(cluster: ClusterUnderTest, name: string): ObjectRef {
  return { apiVersion: 'v1', kind: 'ConfigMap', namespace: cluster.namespace, name };
}

/** An object as it can be sent back. */
export function asJson(object: KubernetesObject): JsonObject {
  return JsonObject.parse(structuredClone(object));
}

/** One field of `data`; undefined: it has none. */
export function dataOf(object: KubernetesObject): unknown {
  return object['data'];
}

/** A Node that no kubelet stands behind. */
export async function makeNode(cluster: ClusterUnderTest, name: string): Promise<KubernetesObject> {
  const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: `${cluster.namespace}-${name}` }, spec: {} };
  return valueOf(await cluster.port.create(node, CALL));
}

/** A pod on a node that no kubelet stands behind; running and ready if told so. */
export async function makePod(
  cluster: ClusterUnderTest,
  name: string,
  options: { readonly labels?: Readonly<Record<string, string>>; readonly node?: string; readonly ready?: boolean },
): Promise<KubernetesObject> {
  const { namespace, port } = cluster;
  const node = options.node === undefined ? {} : { nodeName: options.node };
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace, name, labels: { ...options.labels } },
    spec: { containers: [{ name: 'c', image: 'example.com/c:1' }], ...node },
  };
  const created = valueOf(await port.create(pod, CALL));
  if (options.ready !== true) return created;
  const now = `${new Date().toISOString().slice(0, 19)}Z`;
  const conditions = ['Initialized', 'ContainersReady', 'Ready'].map((type) => ({
    type,
    status: 'True',
    lastTransitionTime: now,
  }));
  const status = { phase: 'Running', conditions, startTime: now };
  const ref = { apiVersion: 'v1', kind: 'Pod', namespace, name };
  return valueOf(await port.patchMerge(ref, { status }, { ...CALL, subresource: 'status' }));
}

/** Removes a pod whose kubelet will never confirm its end. */
export async function forcePodAway(cluster: ClusterUnderTest, name: string): Promise<void> {
  const ref = { apiVersion: 'v1', kind: 'Pod', namespace: cluster.namespace, name };
  await cluster.port.delete(ref, { ...CALL, preconditions: {}, gracePeriodSeconds: 0 });
  await expect.poll(async () => codeOf(await cluster.port.get(ref, CALL)), POLL).toBe('not-found');
}

const Phase = z.object({ phase: z.string() });

/** Waits until a kubelet has started a pod. */
export async function untilRunning(port: KubernetesPort, ref: ObjectRef): Promise<void> {
  await waitFor(
    `pod ${ref.name} to run`,
    async () => Phase.safeParse(valueOf(await port.get(ref, CALL))['status']).data?.phase === 'Running',
    { timeoutMs: 120_000 },
  );
}
