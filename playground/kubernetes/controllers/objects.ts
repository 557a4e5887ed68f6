import { apiTime, at, fieldsOf, listAt, textAt } from '../api/reading.ts';
import type { ApiObject, Fields } from '../contracts.ts';

/** Name, namespace (empty: none) and uid. */
export function identity(object: unknown): { readonly name: string; readonly namespace: string; readonly uid: string } {
  return {
    name: textAt(object, 'metadata', 'name'),
    namespace: textAt(object, 'metadata', 'namespace'),
    uid: textAt(object, 'metadata', 'uid'),
  };
}

/** `/apis/apps/v1/namespaces/shop/replicasets/web-1`. `root`: `/apis/apps/v1`. */
export function pathOf(root: string, plural: string, object: unknown): string {
  const { namespace, name } = identity(object);
  return namespace === '' ? `${root}/${plural}/${name}` : `${root}/namespaces/${namespace}/${plural}/${name}`;
}

/** Path of a pod. */
export function podPath(pod: unknown): string {
  return pathOf('/api/v1', 'pods', pod);
}

/** Whether its deletion has begun. */
export function isGoing(object: unknown): boolean {
  return textAt(object, 'metadata', 'deletionTimestamp') !== '';
}

/** The owner that controls it; `undefined`: none does. */
export function controllerOf(object: ApiObject): Fields | undefined {
  const found = listAt(object, 'metadata', 'ownerReferences').find((each) => at(each, 'controller') === true);
  return found === undefined ? undefined : fieldsOf(found);
}

/** uid of the controlling owner; empty: none. */
export function controllerUid(object: ApiObject): string {
  return textAt(controllerOf(object), 'uid');
}

/** The owner reference of what a controller makes. */
export function ownedBy(owner: ApiObject): Fields {
  const { name, uid } = identity(owner);
  return { apiVersion: owner.apiVersion, kind: owner.kind, name, uid, controller: true, blockOwnerDeletion: true };
}

/** A condition by its type; empty: there is none. */
export function conditionOf(object: unknown, type: string): Fields {
  return fieldsOf(listAt(object, 'status', 'conditions').find((each) => textAt(each, 'type') === type));
}

/** Conditions in a strategic merge patch of a status: those that are there keep their places, new ones come last. */
export function orderedConditions(object: unknown, conditions: readonly Fields[]): Fields {
  const present = listAt(object, 'status', 'conditions').map((each) => textAt(each, 'type'));
  const types = new Set([...present, ...conditions.map((each) => textAt(each, 'type'))]);
  return { '$setElementOrder/conditions': [...types].map((type) => ({ type })), conditions };
}

/** Whether the phase of a pod says that it has ended. */
export function hasEnded(pod: unknown): boolean {
  return ['Succeeded', 'Failed'].includes(textAt(pod, 'status', 'phase'));
}

/** Whether a pod is ready. */
export function isReady(pod: unknown): boolean {
  return conditionOf(pod, 'Ready')['status'] === 'True';
}

/** Milliseconds until a ready pod counts as available; 0: it does; `null`: it is not ready. */
export function availableIn(pod: unknown, minReadySeconds: number, now: number): number | null {
  if (!isReady(pod)) return null;
  const since = Date.parse(textAt(conditionOf(pod, 'Ready'), 'lastTransitionTime'));
  return minReadySeconds === 0 || Number.isNaN(since) ? 0 : Math.max(0, since + minReadySeconds * 1_000 - now);
}

/** Deletion times and the like, as {@link apiTime}. */
export function timeOf(ms: number): string {
  return apiTime(new Date(ms));
}
