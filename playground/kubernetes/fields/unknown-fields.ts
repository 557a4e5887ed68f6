import type { ApiObject, ResourceKind } from '../contracts.ts';
import { kindShape } from './custom-shape.ts';
import { isFields, isList } from './json.ts';
import { itemShape, type Shape, shapeOf } from './shape.ts';

/** Each field that the kind does not know, as a strict decoding error names it: `unknown field "spec.foo"`. */
export function unknownFields(kind: ResourceKind, object: ApiObject): readonly string[] {
  return find(kindShape(kind), object, '').map((path) => `unknown field "${path}"`);
}

function find(shape: Shape, value: unknown, path: string): readonly string[] {
  if (isList(value)) return value.flatMap((item, place) => find(itemShape(shape), item, `${path}[${place}]`));
  if (!isFields(value) || shape.type === 'any' || shape.type === 'scalar') return [];
  return Object.entries(value).flatMap(([name, inner]) => {
    const here = path === '' ? name : `${path}.${name}`;
    const isKnown = shape.type !== 'struct' || shape.others !== null || shape.fields().has(name);
    return isKnown ? find(shapeOf(shape, name), inner, here) : [here];
  });
}
