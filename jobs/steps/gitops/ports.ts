import type { Suspension } from '../../../src/core/gitops/finding.ts';
import {
  differences,
  type PatchedObject,
  refOf,
  type SuspendState,
  suspendState,
} from '../../../src/core/gitops/suspend.ts';
import { isAccessRefused } from '../../../src/core/kubernetes/access.ts';
import type { KubernetesError, KubernetesObject, KubernetesPort } from '../../../src/core/ports/kubernetes.ts';
import type { EndReason } from '../../../src/core/reasons.ts';

/** The two clusters in which objects and those who keep them are. */
export interface BothClusters {
  readonly kubernetes: KubernetesPort;
  readonly management: KubernetesPort;
}

/** Limit of one call, ms. */
export const GITOPS_CALL_MS = 10_000;

/** The port of a cluster. */
export function portOf(ports: BothClusters, cluster: Suspension['cluster']): KubernetesPort {
  return cluster === 'management' ? ports.management : ports.kubernetes;
}

/** A read that saw nothing. */
export interface Unread {
  readonly ok: false;
  readonly error: KubernetesError;
  /** How a run ends that waited for it in vain. */
  readonly reason: EndReason;
}

/** What was read; `object` null: it is not there. */
export type ReadObject = { readonly ok: true; readonly object: KubernetesObject | null } | Unread;

const SILENT = { management: 'management-silent', workload: 'cluster-silent' } as const;

/** How a run ends that waited in vain for one of the clusters to tell something. */
export function unreadReason(cluster: Suspension['cluster'], { code }: Pick<KubernetesError, 'code'>): EndReason {
  return isAccessRefused(code) ? 'access-refused' : SILENT[cluster];
}

/** Reads one object. */
export async function readObject(
  ports: BothClusters,
  what: Pick<Suspension, 'cluster'> & Pick<PatchedObject, 'apiVersion' | 'kind' | 'namespace' | 'name'>,
  signal: AbortSignal,
): Promise<ReadObject> {
  const { apiVersion, kind, namespace, name } = what;
  const call = { timeoutMs: GITOPS_CALL_MS, signal };
  const got = await portOf(ports, what.cluster).get({ apiVersion, kind, namespace, name }, call);
  if (got.ok) return { ok: true, object: got.value };
  if (got.error.code === 'not-found') return { ok: true, object: null };
  return { ok: false, error: got.error, reason: unreadReason(what.cluster, got.error) };
}

/** One who is suspended, as it is now. */
export type SeenSuspension =
  | { readonly ok: true; readonly state: SuspendState; readonly object: KubernetesObject | null }
  | Unread;

/** Looks how it stands with one that is to be suspended, or was. */
export async function seeSuspension(
  ports: BothClusters,
  suspension: Suspension,
  run: string,
  signal: AbortSignal,
): Promise<SeenSuspension> {
  const read = await readObject(ports, { ...refOf(suspension), cluster: suspension.cluster }, signal);
  return read.ok ? { ...read, state: suspendState(suspension, read.object, run) } : read;
}

/** The objects of a plan as they are now: what is not as it is said to be, or who did not answer. Words without a period. */
export type SeenObjects =
  | { readonly ok: true; readonly objects: readonly KubernetesObject[]; readonly differing: readonly string[] }
  | (Unread & { readonly why: string });

/** Looks whether all of them are as before the change, or as after it. */
export async function seeObjects(
  ports: BothClusters,
  patched: readonly PatchedObject[],
  said: 'before' | 'after',
  signal: AbortSignal,
): Promise<SeenObjects> {
  const objects: KubernetesObject[] = [];
  const differing: string[] = [];
  for (const each of patched) {
    const words = `${each.kind} ${each.namespace === null ? '' : `${each.namespace}/`}${each.name}`;
    const read = await readObject(ports, each, signal);
    if (!read.ok) return { ...read, why: `${words} could not be read: ${read.error.message}` };
    const found = differences(each, read.object, said);
    if (read.object !== null) objects.push(read.object);
    if (found === null) differing.push(`${words} is not there any more, or is another one of that name`);
    else differing.push(...found.map((difference) => `${words}: ${difference}`));
  }
  return { ok: true, objects, differing };
}
