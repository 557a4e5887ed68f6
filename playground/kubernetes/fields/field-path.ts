import { isFields, own } from './json.ts';
import type { ListShape } from './shape.ts';

/*
 * Steps of a path are kept as FieldsV1 writes them: `f:name` a field, `k:{"name":"a"}` an element by its keys, `v:"x"` an element by its value,
 * `i:0` an element by its place. Keys inside `k:` are in alphabetical order, so equal steps are equal texts.
 */

/** One step of a path, as above. */
export type Step = string;

/** A path from the top of an object. */
export type Path = readonly Step[];

/** The step to a field. */
export function fieldStep(name: string): Step {
  return `f:${name}`;
}

/** The step to an element of a list that is owned by value or by keys. */
export function itemStep(shape: ListShape, item: unknown): Step {
  if (shape.how === 'set' || !isFields(item)) return `v:${JSON.stringify(item)}`;
  const keys = shape.keys.toSorted().flatMap((key) => {
    const value = own(item, key) ?? own(shape.keyDefaults, key);
    return value === undefined ? [] : [[key, value] as const];
  });
  return `k:${JSON.stringify(Object.fromEntries(keys))}`;
}

/** Fields before elements by key, those before values, those before places; each alphabetically. */
export function compareSteps(left: Step, right: Step): number {
  const order = 'fkvi';
  const kinds = order.indexOf(left.charAt(0)) - order.indexOf(right.charAt(0));
  if (kinds !== 0) return kinds;
  return left < right ? -1 : Number(left > right);
}

/** As the API server names a path in a conflict: `.spec.containers[name="a"].image`. */
export function printPath(path: Path): string {
  return path.map(printStep).join('');
}

function printStep(step: Step): string {
  const rest = step.slice(2);
  if (step.startsWith('f:')) return `.${rest}`;
  if (step.startsWith('v:')) return `[=${rest}]`;
  if (step.startsWith('i:')) return `[${rest}]`;
  const keys: unknown = JSON.parse(rest);
  const pairs = isFields(keys) ? Object.entries(keys) : [];
  return `[${pairs.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(',')}]`;
}
