import type { Fields } from '../contracts.ts';
import { isFields, isList, own } from './json.ts';
import { canonicalQuantity } from './quantity.ts';
import { type Field, itemShape, type Shape, type StructShape } from './shape.ts';

/**
 * The value as the API server sends it: without fields that the type does not have, without empty fields that are only sent when filled,
 * and with the empty value of those that are always sent. Values of a wrong type stay as they are.
 */
export function asSent(shape: Shape, value: unknown): unknown {
  if (isList(value)) return value.map((item) => asSent(itemShape(shape), item));
  if (shape.type === 'scalar' && shape.scalar === 'quantity') return canonicalQuantity(value);
  if (!isFields(value)) return value;
  if (shape.type === 'map') {
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, asSent(shape.values, inner)]));
  }
  return shape.type === 'struct' && shape.others === null ? structAsSent(shape, value) : value;
}

function structAsSent(shape: StructShape, value: Fields): Fields {
  const entries: [string, unknown][] = [];
  for (const field of shape.fields().values()) {
    const given = own(value, field.name);
    const sent = given === undefined || given === null ? emptyOf(field) : asSent(field.shape, given);
    if (sent === undefined || (field.presence === 'filled' && isEmpty(field.shape, sent))) continue;
    entries.push([field.name, sent]);
  }
  return Object.fromEntries(entries);
}

function isEmpty(shape: Shape, value: unknown): boolean {
  if (shape.type === 'struct' || shape.type === 'any') return false;
  if (isList(value)) return value.length === 0;
  if (isFields(value)) return Object.keys(value).length === 0;
  return value === '' || value === 0 || value === false;
}

function emptyOf(field: Field): unknown {
  const { shape, presence } = field;
  if (presence === 'null') return null;
  if (presence !== 'always') return undefined;
  if (shape.type === 'struct') return structAsSent(shape, {});
  if (shape.type !== 'scalar') return null;
  switch (shape.scalar) {
    case 'string':
      return '';
    case 'integer':
    case 'number':
    case 'int-or-string':
      return 0;
    case 'boolean':
      return false;
    case 'quantity':
      return '0';
    case 'time':
    case 'micro-time':
    case 'bytes':
      return null;
  }
}
