import { fieldsOf, isFields, own } from './json.ts';

/** Applies a JSON merge patch (RFC 7386): objects are merged, null takes a field away, everything else replaces. */
export function mergePatched(target: unknown, patch: unknown): unknown {
  if (!isFields(patch)) return patch;
  const before = fieldsOf(target);
  const after = new Map<string, unknown>(Object.entries(before));
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) after.delete(name);
    else after.set(name, mergePatched(own(before, name), value));
  }
  return Object.fromEntries(after);
}
