import { FLUX_SOURCES, fetchedRevision, fluxSource } from '../../../src/core/gitops/flux-source.ts';
import type { KubernetesError, KubernetesObject, KubernetesPort } from '../../../src/core/ports/kubernetes.ts';
import { GITOPS_CALL_MS } from './ports.ts';

/** What a source of Flux has fetched. `why`: without a period. */
export type SourceRead =
  | { readonly kind: 'read'; readonly revision: string }
  /** It will not be told: no right, no such object. */
  | { readonly kind: 'not-told'; readonly why: string }
  /** No answer; it may come. */
  | { readonly kind: 'silent'; readonly why: string };

/** Reads the source of a Kustomization or HelmRelease. The right to it may be left out. */
export async function readSource(
  port: Pick<KubernetesPort, 'get' | 'groupVersions'>,
  object: KubernetesObject,
  signal: AbortSignal,
): Promise<SourceRead> {
  const source = fluxSource(object);
  if (source === null) return { kind: 'not-told', why: 'it names no source' };
  const name = `${source.kind} ${source.namespace}/${source.name}`;
  const call = { timeoutMs: GITOPS_CALL_MS, signal };
  const versions = await port.groupVersions(FLUX_SOURCES, call);
  if (!versions.ok) return failed(name, versions.error);
  for (const version of versions.value) {
    const got = await port.get({ apiVersion: `${FLUX_SOURCES}/${version}`, ...source }, call);
    if (got.ok) return { kind: 'read', revision: fetchedRevision(got.value) };
    // A kind may be served in an older version of the group only.
    if (got.error.code !== 'no-such-kind') return failed(name, got.error);
  }
  return { kind: 'not-told', why: `${name} is not served` };
}

const LASTING: ReadonlySet<KubernetesError['code']> = new Set([
  'forbidden',
  'not-found',
  'no-such-kind',
  'not-configured',
]);

function failed(name: string, { code, message }: KubernetesError): SourceRead {
  return { kind: LASTING.has(code) ? 'not-told' : 'silent', why: `${name} could not be read: ${message}` };
}
