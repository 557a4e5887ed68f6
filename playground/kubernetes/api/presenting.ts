import type { ApiObject } from '../contracts.ts';
import { apiVersionOf } from './core.ts';
import { storageVersionOf } from './custom-kinds.ts';
import { eventFromV1, eventToV1 } from './events.ts';
import type { ServedKind } from './kinds.ts';

/** The stored object in the version that was asked for. */
export function presented(kind: ServedKind, stored: ApiObject): ApiObject {
  if (kind.group === 'events.k8s.io') return eventToV1(stored);
  const apiVersion = apiVersionOf(kind);
  return stored.apiVersion === apiVersion ? stored : { ...stored, apiVersion };
}

/** The kind in whose words a refusal speaks: events are one kind, whatever the group. */
export function internalKind(kind: ServedKind): Pick<ServedKind, 'group' | 'kind'> {
  return kind.group === 'events.k8s.io' ? { group: '', kind: kind.kind } : kind;
}

/** The object as it is stored. */
export function storable(kind: ServedKind, object: ApiObject): ApiObject {
  if (kind.group === 'events.k8s.io') return eventFromV1(object);
  if (kind.definition === null) return object;
  return { ...object, apiVersion: `${kind.group}/${storageVersionOf(kind.definition)}` };
}
