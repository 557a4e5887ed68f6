import type { ApiObject } from '../contracts.ts';
import { since } from './durations.ts';
import { at, fieldsOf } from './reading.ts';

/** One cell of a custom kind. Paths may name fields, list places and `[?(@.type=="Ready")]`; anything else prints nothing. */
export function customCell(object: ApiObject, path: string, type: string, now: number): unknown {
  const value = valuesAt(object, path)[0];
  if (value === undefined || value === null) return null;
  if (type === 'date') return typeof value === 'string' ? since(value, now) : null;
  if (type === 'string') return typeof value === 'string' ? value : JSON.stringify(value);
  return value;
}

const STEP =
  /\.?((?:[\w/-]|\\\.)+|\*)|\.?\["([^"]+)"\]|\['([^']+)'\]|\[(\d+|\*)\]|\[\?\(@\.([\w.]+)\s*==\s*["']([^"']*)["']\)\]/y;

function valuesAt(object: ApiObject, path: string): readonly unknown[] {
  let found: readonly unknown[] = [object];
  STEP.lastIndex = 0;
  while (STEP.lastIndex < path.length) {
    const match = STEP.exec(path);
    if (match === null) return [];
    const [, plain, quoted, single, place, filtered, wanted] = match;
    const name = (plain ?? quoted ?? single)?.replaceAll('\\.', '.');
    if (place === '*') found = found.flatMap(asList);
    else if (place !== undefined) found = found.flatMap((each) => asList(each).slice(Number(place), Number(place) + 1));
    else if (filtered !== undefined)
      found = found.flatMap((each) =>
        asList(each).filter((item) => String(at(item, ...filtered.split('.'))) === wanted),
      );
    else if (name === '*') found = found.flatMap(asList);
    else found = found.map((each) => fieldsOf(each)[name ?? '']).filter((each) => each !== undefined);
  }
  return found;
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
