import { APPLICATION, type ArgoApplication, INSTANCE, readApplication } from '../../../src/core/gitops/argo.ts';
import type { GitopsFinding } from '../../../src/core/gitops/finding.ts';
import { type ApplicationsRead, type ApplicationsSeen, argoFinding } from '../../../src/core/gitops/judge-argo.ts';
import {
  FLUX,
  type FluxRead,
  type FluxSaid,
  fluxFinding,
  fluxRef,
  fluxSaid,
} from '../../../src/core/gitops/judge-flux.ts';
import { EKSA_CLUSTER, EKSA_NAMESPACE, type EksaRead, otherFindings } from '../../../src/core/gitops/judge-others.ts';
import type { KubernetesObject, KubernetesPort } from '../../../src/core/ports/kubernetes.ts';
import { type BothClusters, GITOPS_CALL_MS, portOf } from './ports.ts';

/** Looks who keeps objects in Git. What several of them need is read once. */
export interface Keepers {
  /** Everybody who keeps an object, with what they do about changes of these fields. */
  of(
    object: KubernetesObject,
    cluster: 'management' | 'workload',
    paths: readonly (readonly string[])[],
  ): Promise<readonly GitopsFinding[]>;
}

/** Makes it. Reads only. */
export function createKeepers(ports: BothClusters, signal: AbortSignal): Keepers {
  const applications = once(async (): Promise<ApplicationsSeen> => {
    const [management, workload] = await Promise.all([
      readApplications(ports.management, signal),
      readApplications(ports.kubernetes, signal),
    ]);
    return { management, workload };
  });
  return {
    async of(object, cluster, paths) {
      const argo =
        argoFinding(object, NOBODY, paths) === null && !hasInstance(object)
          ? null
          : argoFinding(object, await applications(), paths);
      const said = fluxSaid(object);
      const flux =
        said === null ? [] : [fluxFinding(object, paths, said, await readFlux(ports, said, cluster, signal))];
      const isEksa = object.metadata.namespace === EKSA_NAMESPACE;
      const eksa = isEksa ? await readEksa(portOf(ports, cluster), signal) : [];
      return [...(argo === null ? [] : [argo]), ...flux, ...otherFindings(object, paths, eksa)];
    },
  };
}

const NOBODY: ApplicationsSeen = { management: { kind: 'none' }, workload: { kind: 'none' } };

/** A label that Argo CD may have put there; only the Applications tell. */
function hasInstance({ metadata }: KubernetesObject): boolean {
  return metadata.labels?.[INSTANCE] !== undefined;
}

function once<T>(read: () => Promise<T>): () => Promise<T> {
  let found: Promise<T> | null = null;
  return async () => {
    found ??= read();
    return await found;
  };
}

async function readApplications(port: Pick<KubernetesPort, 'list'>, signal: AbortSignal): Promise<ApplicationsRead> {
  const listed = await port.list({ ...APPLICATION, namespace: null }, { timeoutMs: GITOPS_CALL_MS, signal });
  if (listed.ok)
    return {
      kind: 'read',
      applications: listed.value.items.map(readApplication).filter((each): each is ArgoApplication => each !== null),
    };
  const { code, message } = listed.error;
  const isNone = code === 'no-such-kind' || code === 'not-found' || code === 'not-configured';
  return isNone ? { kind: 'none' } : { kind: 'unread', why: message };
}

/** In the cluster of the object first: Flux mostly works where its objects are. */
async function readFlux(
  ports: BothClusters,
  said: FluxSaid,
  cluster: 'management' | 'workload',
  signal: AbortSignal,
): Promise<FluxRead> {
  const other = cluster === 'management' ? 'workload' : 'management';
  const unread: string[] = [];
  for (const each of [cluster, other] as const) {
    const read = await readFluxIn(portOf(ports, each), said, signal);
    if (read.kind === 'read') return { ...read, cluster: each };
    if (read.kind === 'unread') unread.push(read.why);
  }
  return unread.length === 0 ? { kind: 'gone' } : { kind: 'unread', why: unread.join('; ') };
}

async function readFluxIn(
  port: Pick<KubernetesPort, 'get' | 'groupVersions'>,
  said: FluxSaid,
  signal: AbortSignal,
): Promise<Exclude<FluxRead, { kind: 'read' }> | { readonly kind: 'read'; readonly object: KubernetesObject }> {
  const call = { timeoutMs: GITOPS_CALL_MS, signal };
  const versions = await port.groupVersions(FLUX[said.kind].group, call);
  if (!versions.ok && versions.error.code === 'not-configured') return { kind: 'gone' };
  if (!versions.ok) return { kind: 'unread', why: versions.error.message };
  const [version] = versions.value;
  if (version === undefined) return { kind: 'gone' };
  const got = await port.get(fluxRef(said, version), call);
  if (got.ok) return { kind: 'read', object: got.value };
  const isGone = got.error.code === 'not-found' || got.error.code === 'no-such-kind';
  return isGone ? { kind: 'gone' } : { kind: 'unread', why: got.error.message };
}

async function readEksa(port: Pick<KubernetesPort, 'list'>, signal: AbortSignal): Promise<EksaRead> {
  const listed = await port.list({ ...EKSA_CLUSTER, namespace: null }, { timeoutMs: GITOPS_CALL_MS, signal });
  if (listed.ok) return listed.value.items.map(({ metadata }) => metadata.name);
  const { code, message } = listed.error;
  return code === 'no-such-kind' || code === 'not-found' ? [] : { unread: message };
}
