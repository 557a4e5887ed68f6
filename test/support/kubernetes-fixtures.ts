import { readdirSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import type { ApiObject, Refusal, ResourceKind } from '../../playground/kubernetes/contracts.ts';

const directory = new URL('../fixtures/kubernetes-1.36/', import.meta.url);

const metadata = z.record(z.string(), z.unknown());

const exchange = z.object({
  note: z.string(),
  request: z.object({
    method: z.string(),
    path: z.string(),
    headers: z.record(z.string(), z.union([z.string(), z.array(z.string())])),
    body: z.unknown(),
  }),
  response: z.object({
    status: z.number(),
    headers: z.record(z.string(), z.union([z.string(), z.array(z.string())])),
    body: z.unknown(),
  }),
});

const apiObject = z.looseObject({ apiVersion: z.string(), kind: z.string(), metadata: metadata.default({}) });

const cause = z.object({ reason: z.string(), message: z.string(), field: z.string() });

const refusal = z.looseObject({
  reason: z.string(),
  message: z.string(),
  details: z.looseObject({ causes: z.array(cause).optional() }).optional(),
});

const entry = z.looseObject({ manager: z.string(), operation: z.string(), time: z.string().default('') });

/** One recorded request with its answer. */
export type Exchange = z.infer<typeof exchange> & { readonly name: string };

/** The recorded exchange of this name, without `.json`. */
export function recorded(name: string): Exchange {
  return { ...exchange.parse(JSON.parse(readFileSync(new URL(`${name}.json`, directory), 'utf8'))), name };
}

/** Every recorded exchange, in order. */
export function allRecorded(): readonly Exchange[] {
  return readdirSync(directory)
    .filter((file) => file.endsWith('.json'))
    .toSorted()
    .map((file) => recorded(file.slice(0, -'.json'.length)));
}

/** The value as an object of the API; `null`: it is none. */
export function asObject(value: unknown): ApiObject | null {
  return apiObject.safeParse(value).data ?? null;
}

/** The object of a recorded answer. Throws where there is none. */
export function answerOf(name: string): ApiObject {
  return apiObject.parse(recorded(name).response.body);
}

/** The object of a recorded request. */
export function requestOf(name: string): ApiObject {
  return apiObject.parse(recorded(name).request.body);
}

/** A recorded refusal as the field rules give it: without what only the request knows. */
export function refusalOf(name: string): Refusal {
  const { status, body } = recorded(name).response;
  const { reason, message, details } = refusal.parse(body);
  const causes = details?.causes === undefined ? {} : { causes: details.causes };
  const plain = details !== undefined && Object.keys(details).length === 0 ? { details } : {};
  return { status, reason, message, ...causes, ...plain };
}

/** The causes of a recorded refusal. */
export function causesOf(name: string): readonly unknown[] {
  const status = z.looseObject({ details: z.looseObject({ causes: z.array(z.unknown()).default([]) }) });
  return status.parse(recorded(name).response.body).details.causes;
}

/** Entries of `managedFields`. */
export function managersOf(object: ApiObject): readonly z.infer<typeof entry>[] {
  return z.array(entry).parse(object.metadata['managedFields'] ?? []);
}

/** The object without the fields of its metadata that only a store knows. */
export function withoutManagers(object: ApiObject): ApiObject {
  const { managedFields: _, ...rest } = object.metadata;
  return { ...object, metadata: rest };
}

const withoutStatus = new Set(['ConfigMap', 'Secret', 'Lease', 'Event', 'TokenRequest']);

/** The kind of an object, as the served one of that name; `widgets` are the custom kind of the fixtures. */
export function kindOf(object: ApiObject): ResourceKind {
  const [version = '', group = ''] = object.apiVersion.split('/').toReversed();
  const subresources = withoutStatus.has(object.kind) ? [] : ['status'];
  const plural = `${object.kind.toLowerCase()}s`;
  return {
    group,
    version,
    kind: object.kind,
    plural,
    singular: object.kind.toLowerCase(),
    shortNames: [],
    categories: [],
    namespaced: true,
    subresources,
    storagePath: plural,
    hasGeneration: true,
    schema: object.kind === 'Widget' ? widgetSchema() : null,
  };
}

/** The schema of the custom kind of the fixtures. */
export function widgetSchema(): Readonly<Record<string, unknown>> {
  const shape = z.looseObject({
    spec: z.looseObject({
      versions: z.array(
        z.looseObject({ schema: z.looseObject({ openAPIV3Schema: z.record(z.string(), z.unknown()) }) }),
      ),
    }),
  });
  const [version] = shape.parse(recorded('13-01-create').request.body).spec.versions;
  return version?.schema.openAPIV3Schema ?? {};
}

/** The objects of a list; items of a list carry no kind of their own. */
export function listItems(list: ApiObject): readonly ApiObject[] {
  const items = z.array(z.looseObject({ metadata })).safeParse(list['items']).data ?? [];
  const kind = list.kind.replace(/List$/, '');
  return items.map((item) => Object.assign({ apiVersion: list.apiVersion, kind }, item));
}

/** The object without one of its fields. */
export function withoutKey(object: object, name: string): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(object).filter(([key]) => key !== name));
}
