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
