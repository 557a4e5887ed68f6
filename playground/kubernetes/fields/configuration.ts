import { itemStep, printPath } from './field-path.ts';
import { isFields, isList, own } from './json.ts';
import { itemShape, type ListShape, type Shape, shapeOf } from './shape.ts';

/**
 * Why a configuration cannot be applied: fields that the kind does not have, elements without their keys, or twice the same. In the words of the
 * server; empty: it can.
 */
export function configurationProblems(shape: Shape, value: unknown, path = ''): readonly string[] {
  if (value === null || value === undefined) return [];
  if (shape.type === 'list') {
    if (!isList(value)) return [`${path}: expected list, got ${describe(value)}`];
    return [...keyProblems(shape, value, path), ...itemProblems(shape, value, path)];
  }
  if (shape.type === 'scalar') {
    const isPlain = !isList(value) && !isFields(value);
    return isPlain ? [] : [`${path}: expected ${shape.scalar}, got ${describe(value)}`];
  }
  if (shape.type === 'any') return [];
  if (!isFields(value)) return [`${path}: expected map, got ${describe(value)}`];
  return Object.entries(value).flatMap(([name, inner]) => {
    const here = `${path}.${name}`;
    const isKnown = shape.type === 'map' || shape.others !== null || shape.fields().has(name);
    return isKnown
      ? configurationProblems(shapeOf(shape, name), inner, here)
      : [`${here}: field not declared in schema`];
  });
}

function describe(value: unknown): string {
  if (isList(value)) return 'list';
  return isFields(value) ? 'map' : `&{${String(value)}}`;
}

function itemProblems(shape: ListShape, value: readonly unknown[], path: string): readonly string[] {
  return value.flatMap((item, place) => {
    const step = shape.how === 'atomic' ? `i:${place}` : itemStep(shape, item);
    return configurationProblems(itemShape(shape), item, `${path}${printPath([step])}`);
  });
}

function keyProblems(shape: ListShape, value: readonly unknown[], path: string): readonly string[] {
  if (shape.how === 'atomic') return [];
  const seen = new Set<string>();
  return value.flatMap((item, place) => {
    const missing = shape.keys.find(
      (key) => isFields(item) && own(item, key) === undefined && own(shape.keyDefaults, key) === undefined,
    );
    if (missing !== undefined) {
      const what = `associative list with keys has an element that omits key field "${missing}" (and doesn't have default value)`;
      return [`${path}: element ${place}: ${what}`];
    }
    const step = itemStep(shape, item);
    const isAgain = seen.has(step);
    seen.add(step);
    return isAgain ? [`${path}: duplicate entries for key ${printPath([step])}`] : [];
  });
}
