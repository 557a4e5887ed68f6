import type { Fields, ResourceKind } from '../contracts.ts';
import { builtInShape, builtInTypes } from './built-in.ts';
import { fieldsOf, isFields, listOf, textOf } from './json.ts';
import { anything, type Field, type Shape } from './shape.ts';

const known = new WeakMap<Fields, Shape>();

/** The shape of a kind: from the table of built-in ones, or from the schema of its definition. */
export function kindShape(kind: ResourceKind): Shape {
  if (kind.schema === null) return builtInShape(kind);
  const shape = known.get(kind.schema) ?? schemaShape({ ...kind.schema, 'x-kubernetes-embedded-resource': true });
  known.set(kind.schema, shape);
  return shape;
}

/** The shape that a structural schema (`openAPIV3Schema`) describes. */
export function schemaShape(schema: Fields): Shape {
  if (schema['x-kubernetes-int-or-string'] === true) return { type: 'scalar', scalar: 'int-or-string' };
  switch (schema['type']) {
    case 'object':
      return objectShape(schema);
    case 'array':
      return arrayShape(schema);
    case 'string':
    case 'boolean':
    case 'integer':
    case 'number':
      return { type: 'scalar', scalar: schema['type'] };
    default:
      return anything;
  }
}

function objectShape(schema: Fields): Shape {
  const preserves = schema['x-kubernetes-preserve-unknown-fields'] === true;
  const more = schema['additionalProperties'];
  const others = isFields(more) ? schemaShape(more) : preserves || more === true ? anything : null;
  const properties = Object.entries(fieldsOf(schema['properties']));
  const embedded = schema['x-kubernetes-embedded-resource'] === true;
  const atomic = schema['x-kubernetes-map-type'] === 'atomic';
  if (properties.length === 0 && !embedded && others !== null) {
    return others.type === 'any' ? { type: 'any', atomic } : { type: 'map', values: others, atomic };
  }
  const fields = new Map<string, Field>(embedded ? resourceFields() : []);
  for (const [name, inner] of properties) {
    if (embedded && fields.has(name)) continue;
    fields.set(name, { name, presence: 'pointer', shape: schemaShape(fieldsOf(inner)) });
  }
  return { type: 'struct', name: '', fields: () => fields, atomic, others, retainKeys: false };
}

function resourceFields(): readonly [string, Field][] {
  const text: Shape = { type: 'scalar', scalar: 'string' };
  const metadata = builtInTypes.get('ObjectMeta') ?? anything;
  return [
    ['apiVersion', { name: 'apiVersion', presence: 'pointer', shape: text }],
    ['kind', { name: 'kind', presence: 'pointer', shape: text }],
    ['metadata', { name: 'metadata', presence: 'pointer', shape: metadata }],
  ];
}

function arrayShape(schema: Fields): Shape {
  const items = fieldsOf(schema['items']);
  const how = schema['x-kubernetes-list-type'];
  const keys = listOf(schema['x-kubernetes-list-map-keys']).map(textOf);
  const defaults = keys.flatMap((key): [string, unknown][] => {
    const value = fieldsOf(fieldsOf(items['properties'])[key])['default'];
    return value === undefined ? [] : [[key, value]];
  });
  return {
    type: 'list',
    items: schemaShape(items),
    how: how === 'set' || how === 'map' ? how : 'atomic',
    keys,
    keyDefaults: Object.fromEntries(defaults),
    merge: null,
  };
}
