import type { ApiObject, Fields } from '../contracts.ts';
import { type FieldSet, fromFieldsV1, isEmptySet, toFieldsV1, union } from './field-set.ts';
import { at, isFields, isList, omit, put, textOf } from './json.ts';

/** What one manager owns by one kind of operation. */
export interface Owner {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  readonly subresource: string;
  /** RFC 3339 with seconds; empty: not known. */
  readonly time: string;
  readonly fields: FieldSet;
}

/** Owners by their identity. */
export type Owners = ReadonlyMap<string, Owner>;

/** What tells owners apart: an apply is one whatever the version, an update is one for each version. */
export function ownerKey(owner: Omit<Owner, 'fields' | 'time'>): string {
  const { manager, operation, apiVersion, subresource } = owner;
  return JSON.stringify([manager, operation, operation === 'Apply' ? '' : apiVersion, subresource]);
}

/** Reads `metadata.managedFields`. `null`: some entry cannot be read; then a real server starts afresh. */
export function readOwners(object: ApiObject | null): Owners | null {
  const entries = at(object, 'metadata', 'managedFields');
  const owners = new Map<string, Owner>();
  for (const entry of isList(entries) ? entries : []) {
    const owner = isFields(entry) ? readOwner(entry) : null;
    if (owner === null) return null;
    owners.set(ownerKey(owner), owner);
  }
  return owners;
}

function readOwner(entry: Fields): Owner | null {
  const { operation } = entry;
  const fields = fromFieldsV1(entry['fieldsV1'] ?? {});
  if ((operation !== 'Apply' && operation !== 'Update') || fields === null) return null;
  return {
    manager: textOf(entry['manager']),
    operation,
    apiVersion: textOf(entry['apiVersion']),
    subresource: textOf(entry['subresource']),
    time: textOf(entry['time']),
    fields,
  };
}

/** Whether the request asks to forget who owns what: a list of one empty entry. */
export function asksForReset(object: ApiObject): boolean {
  const entries = at(object, 'metadata', 'managedFields');
  return isList(entries) && entries.length === 1 && isFields(entries[0]) && Object.keys(entries[0]).length === 0;
}

/** The object with these owners in `metadata.managedFields`, in the order of the API server; without any, the field is left out. */
export function withOwners(object: ApiObject, owners: Owners): ApiObject {
  const entries = [...owners.values()].toSorted(compareOwners).map(writeOwner);
  const metadata = omit(object.metadata, 'managedFields');
  return { ...object, metadata: entries.length === 0 ? metadata : put(metadata, ['managedFields'], entries) };
}

function compareOwners(left: Owner, right: Owner): number {
  return (
    compareTexts(left.operation, right.operation) ||
    compareTexts(left.time, right.time) ||
    compareTexts(left.manager, right.manager) ||
    compareTexts(left.apiVersion, right.apiVersion) ||
    compareTexts(left.subresource, right.subresource)
  );
}

function compareTexts(left: string, right: string): number {
  return left < right ? -1 : Number(left > right);
}

function writeOwner(owner: Owner): Fields {
  return {
    manager: owner.manager,
    operation: owner.operation,
    apiVersion: owner.apiVersion,
    ...(owner.time === '' ? {} : { time: owner.time }),
    fieldsType: 'FieldsV1',
    fieldsV1: toFieldsV1(owner.fields),
    ...(owner.subresource === '' ? {} : { subresource: owner.subresource }),
  };
}

/** Each owner with other fields; those that own nothing any more are left out. */
export function eachOwner(owners: Owners, next: (owner: Owner, key: string) => FieldSet): Map<string, Owner> {
  const kept = new Map<string, Owner>();
  for (const [key, owner] of owners) {
    const fields = next(owner, key);
    if (!isEmptySet(fields)) kept.set(key, { ...owner, fields });
  }
  return kept;
}

const maxUpdaters = 10;

/** At most ten owners by Update: the oldest of a version are merged into `ancient-changes`. */
export function capped(owners: Owners): Owners {
  const updaters = [...owners]
    .filter(([, owner]) => owner.operation === 'Update')
    .toSorted(
      ([leftKey, left], [rightKey, right]) => compareTexts(left.time, right.time) || compareTexts(leftKey, rightKey),
    );
  const kept = new Map(owners);
  const firstOfVersion = new Map<string, string>();
  let count = updaters.length;
  for (const [key, owner] of updaters) {
    if (count <= maxUpdaters) break;
    const first = firstOfVersion.get(owner.apiVersion);
    if (first === undefined) {
      firstOfVersion.set(owner.apiVersion, key);
      continue;
    }
    const bucket = {
      manager: 'ancient-changes',
      operation: 'Update' as const,
      apiVersion: owner.apiVersion,
      subresource: '',
    };
    const bucketKey = ownerKey(bucket);
    const merged = kept.get(bucketKey) ?? kept.get(first);
    kept.delete(first);
    kept.delete(key);
    const fields = merged === undefined ? owner.fields : union(merged.fields, owner.fields);
    kept.set(bucketKey, { ...bucket, time: owner.time, fields });
    count -= 1;
  }
  return kept;
}
