import { isFields, isList } from './json.ts';

/** JSON as Go prints it (`%v`): `map[a:1 b:[x y]]`, names in alphabetical order. */
export function goValue(value: unknown): string {
  if (isList(value)) return `[${value.map(goValue).join(' ')}]`;
  if (value === null) return '<nil>';
  if (!isFields(value)) return typeof value === 'string' ? value : JSON.stringify(value);
  const entries = Object.entries(value).toSorted(([left], [right]) => (left < right ? -1 : 1));
  return `map[${entries.map(([name, inner]) => `${name}:${goValue(inner)}`).join(' ')}]`;
}
