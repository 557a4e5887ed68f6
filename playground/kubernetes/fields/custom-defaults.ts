import type { ApiObject, Fields } from '../contracts.ts';
import { builtInTypes } from './built-in.ts';
import { asSent } from './empty-values.ts';
import { fieldsOf, isFields, isList, own } from './json.ts';
import { anything } from './shape.ts';

/** A custom object as the server keeps it: without fields that the schema does not know, with the defaults of the schema. */
export function customDefaulted(schema: Fields, object: ApiObject): ApiObject {
  const pruned = prune(schema, object, true);
  const filled = fieldsOf(fill(schema, pruned));
  return { ...filled, apiVersion: object.apiVersion, kind: object.kind, metadata: fieldsOf(filled['metadata']) };
}

/** Takes away what the schema does not know. `isResource`: it has `apiVersion`, `kind` and `metadata` besides its properties. */
function prune(schema: Fields, value: unknown, isResource: boolean): unknown {
  if (isList(value)) {
    const items = fieldsOf(schema['items']);
    return value.map((item) => prune(items, item, items['x-kubernetes-embedded-resource'] === true));
  }
  if (!isFields(value)) return value;
  const properties = fieldsOf(schema['properties']);
  const more = schema['additionalProperties'];
  const keeps = schema['x-kubernetes-preserve-unknown-fields'] === true || more === true;
  const entries = Object.entries(value).flatMap(([name, inner]): [string, unknown][] => {
    if (isResource && (name === 'apiVersion' || name === 'kind')) return [[name, inner]];
    if (isResource && name === 'metadata') {
      return [[name, asSent(builtInTypes.get('ObjectMeta') ?? anything, inner)]];
    }
    const known = own(properties, name) ?? (isFields(more) ? more : undefined);
    if (isFields(known)) return [[name, prune(known, inner, known['x-kubernetes-embedded-resource'] === true)]];
    return keeps ? [[name, inner]] : [];
  });
  return Object.fromEntries(entries);
}

/** Fills in defaults. A null where none may be counts as not given. */
function fill(schema: Fields, value: unknown): unknown {
  if (isList(value)) {
    const items = schema['items'];
    return isFields(items) ? value.map((item) => fill(items, item)) : value;
  }
  if (!isFields(value)) return value;
  const filled = new Map(Object.entries(value));
  const more = schema['additionalProperties'];
  for (const [name, property] of Object.entries(fieldsOf(schema['properties']))) {
    if (!isFields(property)) continue;
    if (filled.get(name) === null && property['nullable'] !== true) filled.delete(name);
    if (!filled.has(name) && property['default'] !== undefined) {
      filled.set(name, structuredClone(property['default']));
    }
  }
  for (const [name, inner] of filled) {
    const known = own(fieldsOf(schema['properties']), name) ?? more;
    if (isFields(known)) filled.set(name, fill(known, inner));
  }
  return Object.fromEntries(filled);
}
