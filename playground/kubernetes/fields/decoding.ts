import type { ApiObject, ResourceKind } from '../contracts.ts';
import { kindShape } from './custom-shape.ts';
import { timeProblem } from './go-time.ts';
import { isFields, isList } from './json.ts';
import { quantityNanos } from './quantity.ts';
import { itemShape, type Scalar, type Shape, shapeOf } from './shape.ts';

/** Where a value stands: the struct it is a field of, and the names that lead there. */
interface Place {
  readonly struct: string;
  readonly path: readonly string[];
}

/** Why a built-in object cannot be decoded, in Go's words; `null`: it can. Custom objects are checked against their schema instead. */
export function decodingProblem(kind: ResourceKind, object: ApiObject): string | null {
  return kind.schema === null ? check(kindShape(kind), object, { struct: kind.kind, path: [] }) : null;
}

function check(shape: Shape, value: unknown, place: Place): string | null {
  if (value === null || value === undefined || shape.type === 'any') return null;
  if (shape.type === 'scalar') return scalarProblem(shape.scalar, value, place);
  if (shape.type === 'list') {
    if (!isList(value)) return mismatch(shape, value, place);
    return first(value, (item) => check(itemShape(shape), item, place));
  }
  if (!isFields(value)) return mismatch(shape, value, place);
  return first(Object.entries(value), ([name, inner]) => {
    if (shape.type === 'struct' && !shape.fields().has(name)) return null;
    const struct = shape.type === 'struct' ? shape.name : place.struct;
    const below = shape.type === 'struct' ? { struct, path: [...place.path, name] } : place;
    return check(shapeOf(shape, name), inner, below);
  });
}

function first<T>(items: readonly T[], look: (item: T) => string | null): string | null {
  for (const item of items) {
    const problem = look(item);
    if (problem !== null) return problem;
  }
  return null;
}

const notQuantity = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

function scalarProblem(scalar: Scalar, value: unknown, place: Place): string | null {
  switch (scalar) {
    case 'string':
      return typeof value === 'string' ? null : mismatch(scalar, value, place);
    case 'boolean':
      return typeof value === 'boolean' ? null : mismatch(scalar, value, place);
    case 'integer':
      return Number.isInteger(value) ? null : mismatch(scalar, value, place);
    case 'number':
      return typeof value === 'number' ? null : mismatch(scalar, value, place);
    case 'int-or-string':
      return typeof value === 'string' || Number.isInteger(value) ? null : mismatch(scalar, value, place);
    case 'quantity':
      return quantityNanos(value) === null ? notQuantity : null;
    case 'bytes':
      if (typeof value !== 'string') return mismatch(scalar, value, place);
      return base64Problem(value);
    case 'time':
    case 'micro-time':
      return typeof value === 'string' ? timeProblem(value, scalar) : mismatch(scalar, value, place);
  }
}

function base64Problem(text: string): string | null {
  const wrong = /[^A-Za-z0-9+/=\r\n]/.exec(text);
  if (wrong !== null) return `illegal base64 data at input byte ${wrong.index}`;
  const plain = text.replaceAll(/[\r\n]/g, '');
  const fits = plain.length % 4 === 0 && /^[^=]*={0,2}$/.test(plain);
  return fits ? null : `illegal base64 data at input byte ${Math.max(0, plain.replace(/=+$/, '').length)}`;
}

function mismatch(shape: Shape | Scalar, value: unknown, place: Place): string {
  const type = typeof shape === 'string' ? goScalars[shape] : goType(shape);
  const given = typeof value === 'number' && type !== 'string' ? `number ${value}` : jsonType(value);
  return `json: cannot unmarshal ${given} into Go struct field ${place.struct}.${place.path.join('.')} of type ${type}`;
}

function jsonType(value: unknown): string {
  if (isList(value)) return 'array';
  if (isFields(value)) return 'object';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

const goScalars: Readonly<Record<Scalar, string>> = {
  string: 'string',
  integer: 'int32',
  number: 'float64',
  boolean: 'bool',
  quantity: 'resource.Quantity',
  'int-or-string': 'intstr.IntOrString',
  time: 'string',
  'micro-time': 'string',
  bytes: '[]uint8',
};

function goType(shape: Shape): string {
  switch (shape.type) {
    case 'scalar':
      return goScalars[shape.scalar];
    case 'list':
      return `[]${goType(shape.items)}`;
    case 'map':
      return `map[string]${goType(shape.values)}`;
    case 'struct':
      return `v1.${shape.name}`;
    case 'any':
      return 'runtime.RawExtension';
  }
}
