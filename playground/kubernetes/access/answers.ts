import { z } from 'zod';
import type { Attempt, Refusal, ResourceKind } from '../contracts.ts';

const StatusBody = z.looseObject({
  code: z.number().optional(),
  reason: z.string().default(''),
  message: z.string().default(''),
  details: z
    .looseObject({
      causes: z.array(z.object({ reason: z.string(), message: z.string(), field: z.string().default('') })).optional(),
      retryAfterSeconds: z.number().optional(),
    })
    .optional(),
});

/** The refusal that an answer of the API server from inside says. */
export function refusalOf(answer: { readonly status: number; readonly body: unknown }): Refusal {
  const { reason, message, details } = StatusBody.catch({ reason: '', message: String(answer.body) }).parse(
    answer.body,
  );
  const { causes, retryAfterSeconds, ...rest } = details ?? {};
  return {
    status: answer.status,
    reason,
    message,
    ...(details === undefined ? {} : { details: rest }),
    ...(causes === undefined ? {} : { causes }),
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  };
}

/** A successful answer of a handler. */
export function created(body: object): Attempt<{ readonly status: number; readonly body: unknown }> {
  return { ok: true, value: { status: 201, body } };
}

/** A kind that is asked and answered, as the field rules want it. */
export function askedKind(group: string, kind: string): ResourceKind {
  const plural = `${kind.toLowerCase()}s`;
  return {
    group,
    version: 'v1',
    kind,
    plural,
    singular: kind.toLowerCase(),
    shortNames: [],
    categories: [],
    namespaced: false,
    subresources: [],
    storagePath: plural,
    hasGeneration: false,
    schema: null,
  };
}
