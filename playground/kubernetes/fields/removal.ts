import { fieldStep, itemStep } from './field-path.ts';
import { type FieldSet, isEmptySet, noFields } from './field-set.ts';
import { isFields, isList } from './json.ts';
import { itemShape, type Shape, shapeOf } from './shape.ts';

/** The value without the paths of the set. `undefined`: nothing is left of it. */
export function withoutFields(shape: Shape, value: unknown, set: FieldSet): unknown {
  if (isList(value)) {
    if (shape.type !== 'list' || shape.how === 'atomic') return undefined;
    const kept = value.flatMap((item) => {
      const below = set.children.get(itemStep(shape, item)) ?? noFields;
      if (below.member) return [];
      return [isEmptySet(below) ? item : (withoutFields(itemShape(shape), item, below) ?? {})];
    });
    return kept.length === 0 ? undefined : kept;
  }
  if (!isFields(value) || shape.type === 'list' || shape.type === 'scalar' || shape.atomic) return undefined;
  const entries = Object.entries(value).flatMap(([name, inner]): [string, unknown][] => {
    const below = set.children.get(fieldStep(name)) ?? noFields;
    if (below.member) return [];
    const left = isEmptySet(below) ? inner : withoutFields(shapeOf(shape, name), inner, below);
    return left === undefined ? [] : [[name, left]];
  });
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}
