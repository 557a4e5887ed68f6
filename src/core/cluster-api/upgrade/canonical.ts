import type { Json, JsonObject } from '../../json.ts';

/** JSON with the members of objects in the order of their names: the same for values that say the same. */
export function canonical(value: Json): string {
  if (isList(value)) return `[${value.map(canonical).join(',')}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const members = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, each]) => `${JSON.stringify(name)}:${canonical(each)}`).join(',')}}`;
}

/** Whether a value has all that another one has: a server may add defaults to objects. Lists must be equal. */
export function covers(value: Json | undefined, wanted: Json): boolean {
  if (value === undefined) return false;
  if (!isObject(wanted)) return canonical(value) === canonical(wanted);
  return isObject(value) && Object.entries(wanted).every(([name, each]) => covers(value[name], each));
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
