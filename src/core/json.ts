import { z } from 'zod';

/** A value that JSON can carry. Everything stored, hashed or sent is of this type. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

/** A JSON object. Members are never `undefined`: absent is absent, unknown is `null`. */
export interface JsonObject {
  readonly [key: string]: Json;
}

/** Parses untrusted data as JSON; refuses `undefined`, functions, `NaN` and infinities. */
export const Json: z.ZodType<Json> = z.lazy(() =>
  z.union([z.null(), z.boolean(), z.number(), z.string(), z.array(Json), z.record(z.string(), Json)]),
);

/** Parses untrusted data as a JSON object. */
export const JsonObject: z.ZodType<JsonObject> = z.record(z.string(), Json);

/** Whether two values say the same, in whatever order their members stand. */
export function sameJson(a: Json, b: Json): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  const [one, other] = [Object.entries(a), Object.entries(b)];
  if (Array.isArray(a) !== Array.isArray(b) || one.length !== other.length) return false;
  const found = new Map<string, Json>(other);
  return one.every(([name, value]) => {
    const there = found.get(name);
    return there !== undefined && sameJson(value, there);
  });
}
