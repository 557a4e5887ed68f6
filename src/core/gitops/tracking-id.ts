import { groupOf } from '../kubernetes/api-group.ts';
import type { KubernetesObject } from '../ports/kubernetes.ts';

/** Annotation by which Argo CD knows the objects of an Application, the default since 3.0. */
export const TRACKING_ID = 'argocd.argoproj.io/tracking-id';

/** What a tracking id says. */
export interface TrackingId {
  /** Name of the Application, as Argo CD writes it: `name`, or `namespace_name` of one outside its own namespace. */
  readonly application: string;
  readonly group: string;
  readonly kind: string;
  /** Empty for cluster-scoped objects. */
  readonly namespace: string;
  readonly name: string;
}

/**
 * Reads `<application>:<group>/<Kind>:<namespace>/<name>`; `null`: it is none. Names may have colons (`system:node`).
 *
 * Source: Argo CD, util/argo/resource_tracking.go, `ParseAppInstanceValue`.
 */
export function parseTrackingId(text: string): TrackingId | null {
  const [application, groupKind, place] = splitOff(text, ':', 3);
  const [group, kind] = splitOff(groupKind ?? '', '/', 2);
  const [namespace, name] = splitOff(place ?? '', '/', 2);
  if (application === undefined || group === undefined || kind === undefined) return null;
  if (namespace === undefined || name === undefined) return null;
  if (application === '' || kind === '' || name === '') return null;
  return { application, group, kind, namespace, name };
}

/** At most `most` parts; the last one keeps the rest. */
function splitOff(text: string, separator: string, most: number): readonly string[] {
  const parts = text.split(separator);
  return parts.length <= most ? parts : [...parts.slice(0, most - 1), parts.slice(most - 1).join(separator)];
}

/** Whether a tracking id is of this very object. One that came with a copy names the original, and says nothing of the copy. */
export function isOfObject(id: TrackingId, { apiVersion, kind, metadata }: KubernetesObject): boolean {
  return (
    id.group === groupOf(apiVersion) &&
    id.kind === kind &&
    id.namespace === (metadata.namespace ?? '') &&
    id.name === metadata.name
  );
}
