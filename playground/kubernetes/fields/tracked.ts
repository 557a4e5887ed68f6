import type { ApiObject, ResourceKind } from '../contracts.ts';
import { type Comparison, compared } from './compare.ts';
import { kindShape } from './custom-shape.ts';
import { asSent } from './empty-values.ts';
import { difference, type FieldSet, fieldSet, isEmptySet, noFields, union, without } from './field-set.ts';
import { omit } from './json.ts';
import {
  asksForReset,
  capped,
  eachOwner,
  type Owner,
  type Owners,
  ownerKey,
  readOwners,
  withOwners,
} from './managed-fields.ts';
import { ownedByNobody, resetFields } from './reset-fields.ts';

/** Who writes, through which subresource (empty: none), when (RFC 3339, seconds). */
export interface Writer {
  readonly manager: string;
  readonly subresource: string;
  readonly time: string;
}

/** The object with the `managedFields` of an update: who changed a field owns it, alone. */
export function tracked(kind: ResourceKind, live: ApiObject | null, next: ApiObject, who: Writer): ApiObject {
  const owners = ownersBefore(live, next, who.subresource);
  const before = bare(kind, live);
  const after = bare(kind, next);
  const changes = observable(compared(kindShape(kind), before, after), kind, who.subresource);
  const others = eachOwner(owners, (owner) => afterLosing(owner.fields, changes));
  const gained = difference(union(changes.modified, changes.added), fieldSet(ownedByNobody()));
  if (isEmptySet(gained)) return withOwners(next, others);
  const writer = ownerOf(kind, 'Update', who);
  const key = ownerKey(writer);
  const fields = union(others.get(key)?.fields ?? noFields, gained);
  return withOwners(next, capped(new Map(others).set(key, { ...writer, fields })));
}

/** The owner that an operation makes, with no fields yet. An empty name is `unknown`. */
export function ownerOf(kind: ResourceKind, operation: Owner['operation'], who: Writer): Owner {
  return {
    manager: who.manager === '' ? 'unknown' : who.manager,
    operation,
    apiVersion: kind.group === '' ? kind.version : `${kind.group}/${kind.version}`,
    subresource: who.subresource,
    time: who.time,
    fields: noFields,
  };
}

/** Which owners an update starts from: those it sends, unless it goes through a subresource or sends none. */
function ownersBefore(live: ApiObject | null, next: ApiObject, subresource: string): Owners {
  const ofLive = readOwners(live) ?? new Map<string, Owner>();
  if (subresource !== '') return ofLive;
  if (asksForReset(next)) return new Map();
  const sent = readOwners(next);
  return sent === null || sent.size === 0 ? ofLive : sent;
}

/** The object as a comparison sees it: no managed fields; of a built-in kind as it is sent. `null`: what there is before it is created. */
export function bare(kind: ResourceKind, object: ApiObject | null): unknown {
  if (kind.schema !== null) {
    const apiVersion = kind.group === '' ? kind.version : `${kind.group}/${kind.version}`;
    return object === null
      ? { apiVersion, kind: kind.kind }
      : { ...object, metadata: omit(object.metadata, 'managedFields') };
  }
  const shown = object === null ? {} : { ...object, metadata: omit(object.metadata, 'managedFields') };
  return asSent(kindShape(kind), shown);
}

/** The comparison without what a write through this subresource leaves as it is. */
export function observable(changes: Comparison, kind: ResourceKind, subresource: string): Comparison {
  const reset = resetFields(kind, subresource);
  return {
    added: without(changes.added, reset),
    removed: without(changes.removed, reset),
    modified: without(changes.modified, reset),
  };
}

/** What is left of a set when others changed or removed fields. */
export function afterLosing(fields: FieldSet, changes: Comparison): FieldSet {
  return difference(difference(fields, union(changes.modified, changes.added)), changes.removed);
}
