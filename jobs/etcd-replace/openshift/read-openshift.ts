import { z } from 'zod';
import { readNode } from '../../../src/core/kubernetes/node.ts';
import { type PodReading, readPod } from '../../../src/core/kubernetes/pod.ts';
import { ETCD_OPERATOR } from '../../../src/core/openshift/guard.ts';
import {
  MACHINE_KIND,
  MACHINE_NAMESPACE,
  MACHINE_ROLE_LABEL,
  type MachineReading,
  machineRef,
  readMachine,
} from '../../../src/core/openshift/machine.ts';
import {
  type ConditionReading,
  type EtcdOperatorReading,
  readConditions,
  readEtcdOperator,
} from '../../../src/core/openshift/operator.ts';
import type {
  KubernetesObject,
  KubernetesPort,
  KubernetesResult,
  ObjectRef,
} from '../../../src/core/ports/kubernetes.ts';
import { withoutSecrets } from '../../../src/core/secrets.ts';
import { OBJECT_CALL_MS } from '../../steps/delete-object.ts';
import { ETCD_NAMESPACE } from './delete-secrets-step.ts';

/** What was read, or why not, without a period. */
export type Read<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly why: string };

type Reader = Pick<KubernetesPort, 'get' | 'list'>;

/** ClusterOperator `etcd`. */
export const ETCD_CLUSTER_OPERATOR: ObjectRef = {
  apiVersion: 'config.openshift.io/v1',
  kind: 'ClusterOperator',
  namespace: null,
  name: 'etcd',
};

async function read<T>(
  answer: Promise<KubernetesResult<KubernetesObject>>,
  what: string,
  parse: (object: KubernetesObject) => T,
): Promise<Read<T>> {
  const got = await answer;
  if (!got.ok) return { ok: false, why: `${what} could not be read: ${got.error.message}` };
  try {
    return { ok: true, value: parse(got.value) };
  } catch {
    return { ok: false, why: `${what} has not the shape that Drydock knows` };
  }
}

/** Reads the resource of the etcd operator. */
export async function seeEtcdOperator(kubernetes: Reader, signal: AbortSignal): Promise<Read<EtcdOperatorReading>> {
  const call = { timeoutMs: OBJECT_CALL_MS, signal };
  return await read(kubernetes.get(ETCD_OPERATOR, call), 'Etcd cluster', readEtcdOperator);
}

/** Reads the conditions of ClusterOperator `etcd`, or of another object that has some. */
export async function seeConditions(
  kubernetes: Reader,
  ref: ObjectRef,
  signal: AbortSignal,
): Promise<Read<readonly ConditionReading[]>> {
  const call = { timeoutMs: OBJECT_CALL_MS, signal };
  return await read(kubernetes.get(ref, call), `${ref.kind} ${ref.name}`, readConditions);
}

/** Reads one Machine; `null`: there is none of this name. */
export async function seeMachine(
  kubernetes: Reader,
  name: string,
  signal: AbortSignal,
): Promise<Read<{ readonly machine: MachineReading; readonly object: KubernetesObject } | null>> {
  const got = await kubernetes.get(machineRef(name), { timeoutMs: OBJECT_CALL_MS, signal });
  if (!got.ok && got.error.code === 'not-found') return { ok: true, value: null };
  return await read(Promise.resolve(got), `Machine ${name}`, (object) => ({ machine: readMachine(object), object }));
}

/** Reads the Machines of the control plane. */
export async function seeMachines(kubernetes: Reader, signal: AbortSignal): Promise<Read<readonly MachineReading[]>> {
  const listed = await kubernetes.list(
    { ...MACHINE_KIND, namespace: MACHINE_NAMESPACE, labelSelector: `${MACHINE_ROLE_LABEL}=master` },
    { timeoutMs: OBJECT_CALL_MS, signal },
  );
  if (!listed.ok) return { ok: false, why: `the Machines could not be listed: ${listed.error.message}` };
  try {
    return { ok: true, value: listed.value.items.map(readMachine) };
  } catch {
    return { ok: false, why: 'a Machine has not the shape that Drydock knows' };
  }
}

/** Reads the pods of etcd, without installers and guards. */
export async function seeEtcdPods(kubernetes: Reader, signal: AbortSignal): Promise<Read<readonly PodReading[]>> {
  const listed = await kubernetes.list(
    { apiVersion: 'v1', kind: 'Pod', namespace: ETCD_NAMESPACE, labelSelector: 'k8s-app=etcd' },
    { timeoutMs: OBJECT_CALL_MS, signal },
  );
  if (!listed.ok) return { ok: false, why: `the etcd pods could not be listed: ${listed.error.message}` };
  return { ok: true, value: listed.value.items.map(readPod) };
}

/** Whether a node is ready, in words without a period; `null`: it is. */
export async function whyNotReady(kubernetes: Reader, name: string, signal: AbortSignal): Promise<string | null> {
  const ref = { apiVersion: 'v1', kind: 'Node', namespace: null, name };
  const got = await kubernetes.get(ref, { timeoutMs: OBJECT_CALL_MS, signal });
  if (!got.ok) return got.error.code === 'not-found' ? `there is no Node ${name} yet` : got.error.message;
  const { ready, why } = readNode(got.value);
  return ready === 'yes' ? null : `Node ${name} is not ready${why === '' ? '' : ` (${why})`}`;
}

const Request = z.object({
  spec: z.object({ username: z.string().default(''), signerName: z.string().default('') }).prefault({}),
  status: z.object({ conditions: z.array(z.unknown()).nullish(), certificate: z.string().nullish() }).nullish(),
});
const NAMED = 5;

/** Certificate requests that nobody has decided, for people who may approve them; Drydock never does. Empty: none, or they may not be seen. */
export async function pendingRequests(kubernetes: Reader, signal: AbortSignal): Promise<readonly string[]> {
  const listed = await kubernetes.list(
    { apiVersion: 'certificates.k8s.io/v1', kind: 'CertificateSigningRequest', namespace: null },
    { timeoutMs: OBJECT_CALL_MS, signal },
  );
  if (!listed.ok) return [];
  return listed.value.items
    .flatMap((item) => {
      const parsed = Request.safeParse(item);
      const decided = parsed.success && (parsed.data.status?.conditions ?? []).length > 0;
      return !parsed.success || decided
        ? []
        : [`${item.metadata.name} of ${withoutSecrets(parsed.data.spec.username)}`];
    })
    .slice(0, NAMED);
}
