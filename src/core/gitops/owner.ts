import type { KubernetesObject } from '../ports/kubernetes.ts';
import { fieldWriters } from './managed-fields.ts';
import { isOfObject, parseTrackingId, TRACKING_ID } from './tracking-id.ts';

/** Somebody who keeps an object as it stands in a repository. */
export interface ObjectOwner {
  /** `Argo CD`, `Flux`. */
  readonly who: string;
  /** `Machine openshift-machine-api/cp-2`. */
  readonly object: string;
  /** It owns a field that is to be changed, or the object that is to be deleted and made anew. */
  readonly keepsOurs: boolean;
}

/** Field managers of Argo CD. */
export const ARGO_MANAGERS = ['argocd-controller', 'argocd-application-controller'] as const;

/** By what the two are known. Sources: documentation of Argo CD (resource tracking) and of Flux (labels of applied objects). */
const MARKS = [
  { who: 'Argo CD', managers: ARGO_MANAGERS, mark: /^argocd\.argoproj\.io\/(?:tracking-id|instance)$/ },
  {
    who: 'Flux',
    managers: ['kustomize-controller', 'helm-controller'],
    mark: /^(?:kustomize|helm)\.toolkit\.fluxcd\.io\/name$/,
  },
] as const;

/**
 * Who keeps an object by GitOps; `null`: nobody that is known. A tracking id of another object does not count.
 *
 * @param paths fields that are to be changed, as names from the top: `['spec', 'unsupportedConfigOverrides']`; `whole`: it is to be deleted
 */
export function ownerByGitops(
  object: KubernetesObject,
  paths: readonly (readonly string[])[] | 'whole',
): ObjectOwner | null {
  const { labels = {}, annotations = {} } = object.metadata;
  const keys = [...Object.keys(labels), ...Object.keys(annotations).filter((key) => !isOfAnother(object, key))];
  const managed = fieldWriters(object);
  for (const { who, managers, mark } of MARKS) {
    const own = managed.filter((each) => managers.some((manager) => manager === each.manager));
    if (own.length === 0 && !keys.some((key) => mark.test(key))) continue;
    const keepsOurs = paths === 'whole' || paths.some((path) => own.some((each) => each.owns(path)));
    return { who, object: objectWords(object), keepsOurs };
  }
  return null;
}

/** Whether an annotation is the tracking id of another object: it came with a copy. */
function isOfAnother(object: KubernetesObject, key: string): boolean {
  if (key !== TRACKING_ID) return false;
  const id = parseTrackingId(object.metadata.annotations?.[key] ?? '');
  return id !== null && !isOfObject(id, object);
}

/** An object for people: `KubeadmControlPlane capi/capi-control-plane`. */
export function objectWords({ kind, metadata }: Pick<KubernetesObject, 'kind' | 'metadata'>): string {
  return `${kind} ${metadata.namespace === undefined ? '' : `${metadata.namespace}/`}${metadata.name}`;
}
