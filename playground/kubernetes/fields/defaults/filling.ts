import type { Fields } from '../../contracts.ts';
import { isFields, isList, own } from '../json.ts';

/** One step of filling in. */
export type Filling = (value: Fields) => Fields;

/** The object with these values where it has none. */
export function filled(value: Fields, defaults: Fields): Fields {
  const missing = Object.entries(defaults).filter(([name]) => (own(value, name) ?? null) === null);
  return missing.length === 0 ? value : { ...value, ...Object.fromEntries(missing) };
}

/** The object with the inner objects at a path filled in, where they are. `*` in the path stands for each element of a list. */
export function inside(value: Fields, path: string, filling: Filling): Fields {
  return deep(value, path.split('.'), filling);
}

function deep(value: Fields, path: readonly string[], filling: Filling): Fields {
  const [name, ...rest] = path;
  if (name === undefined) return filling(value);
  const inner = own(value, name);
  if (isList(inner) && rest[0] === '*') {
    const below = rest.slice(1);
    return { ...value, [name]: inner.map((item) => (isFields(item) ? deep(item, below, filling) : item)) };
  }
  return isFields(inner) ? { ...value, [name]: deep(inner, rest, filling) } : value;
}

/** One after the other. */
export function inTurn(...fillings: readonly Filling[]): Filling {
  return (value) => fillings.reduce((before, filling) => filling(before), value);
}
