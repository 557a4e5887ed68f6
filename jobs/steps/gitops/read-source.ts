import type { Suspension } from '../../../src/core/gitops/finding.ts';
import { FLUX_SOURCES, fetchedRevision, fluxSource } from '../../../src/core/gitops/flux-source.ts';
import type { KubernetesError, KubernetesObject } from '../../../src/core/ports/kubernetes.ts';
import type { EndReason } from '../../../src/core/reasons.ts';
import { type BothClusters, GITOPS_CALL_MS, portOf, unreadReason } from './ports.ts';

/** What a source of Flux has fetched. `why`: without a period. */
export type SourceRead =
  | { readonly kind: 'read'; readonly revision: string }
  /** It will not be told: no right, no such object. */
  | { readonly kind: 'not-told'; readonly why: string }
  /** No answer; it may come. `reason`: how a run ends that waited for it in vain. */
  | { readonly kind: 'silent'; readonly reason: EndReason; readonly why: string };

/** Reads the source of a Kustomization or HelmRelease. The right to it may be left out. */
export async function readSource(
  ports: BothClusters,
  cluster: Suspension['cluster'],
  object: KubernetesObject,
  signal: AbortSignal,
): Promise<SourceRead> {
  const source = fluxSource(object);
  if (source === null) return { kind: 'not-told', why: 'it names no source' };
  const name = `${source.kind} ${source.namespace}/${source.name}`;
  const port = portOf(ports, cluster);
  const call = { timeoutMs: GITOPS_CALL_MS, signal };
  const versions = await port.groupVersions(FLUX_SOURCES, call);
  if (!versions.ok) return failed(name, cluster, versions.error);
  for (const version of versions.value) {
    const got = await port.get({ apiVersion: `${FLUX_SOURCES}/${version}`, ...source }, call);
    if (got.ok) return { kind: 'read', revision: fetchedRevision(got.value) };
    // A kind may be served in an older version of the group only.
    if (got.error.code !== 'no-such-kind') return failed(name, cluster, got.error);
  }
  return { kind: 'not-told', why: `${name} is not served` };
}

const LASTING: ReadonlySet<KubernetesError['code']> = new Set([
  'forbidden',
  'not-found',
  'no-such-kind',
  'not-configured',
]);

function failed(name: string, cluster: Suspension['cluster'], error: KubernetesError): SourceRead {
  const why = `${name} could not be read: ${error.message}`;
  if (LASTING.has(error.code)) return { kind: 'not-told', why };
  return { kind: 'silent', reason: unreadReason(cluster, error), why };
}
