import type { ApiObject } from '../contracts.ts';
import { compared } from './compare.ts';
import { difference, type FieldSet, noFields } from './field-set.ts';
import { at, fieldsOf, isFields, isList, omit, put, textOf } from './json.ts';
import { claimedFields } from './owned-fields.ts';
import type { Shape } from './shape.ts';

/*
 * `kubectl apply` without `--server-side` keeps its configuration in an annotation. When kubectl comes back with server-side apply, the server
 * takes what that annotation has, and nobody changed since, as kubectl's own; and it keeps the annotation up to date.
 */

const annotation = 'kubectl.kubernetes.io/last-applied-configuration';

function lastApplied(object: ApiObject | null): string {
  return textOf(at(object, 'metadata', 'annotations', annotation));
}

/** Fields that kubectl may take from others without force: as it applied them by itself before, and as they still are. */
export function takenWithoutForce(shape: Shape, live: ApiObject | null, manager: string): FieldSet {
  const text = manager === 'kubectl' ? lastApplied(live) : '';
  const before = text === '' ? null : parsed(text);
  if (live === null || !isFields(before) || before['apiVersion'] !== live.apiVersion) return noFields;
  const changes = compared(shape, before, { ...live, metadata: omit(live.metadata, 'managedFields') });
  const own = claimedFields(shape, before);
  return [changes.modified, changes.added, changes.removed].reduce(difference, own);
}

function parsed(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    return null;
  }
}

/** The applied object with the annotation of its configuration, where kubectl had left one. */
export function withLastApplied(object: ApiObject, configuration: ApiObject, manager: string): ApiObject {
  if (manager !== 'kubectl' || lastApplied(object) === '') return object;
  const annotations = omit(fieldsOf(configuration.metadata['annotations']), annotation);
  const metadata = {
    ...configuration.metadata,
    ...(configuration.metadata['annotations'] === undefined ? {} : { annotations }),
  };
  const text = `${JSON.stringify(sorted({ ...configuration, metadata }))}\n`;
  return { ...object, metadata: put(object.metadata, ['annotations', annotation], text) };
}

function sorted(value: unknown): unknown {
  if (isList(value)) return value.map(sorted);
  if (!isFields(value)) return value;
  const entries = Object.entries(value).toSorted(([left], [right]) => (left < right ? -1 : 1));
  return Object.fromEntries(entries.map(([name, inner]) => [name, sorted(inner)]));
}
