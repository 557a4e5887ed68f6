import { z } from 'zod';
import { type Json, JsonObject } from '../../json.ts';
import { RUN_LABEL } from '../../kubernetes/node-shell.ts';
import type { KubernetesObject } from '../../ports/kubernetes.ts';
import { canonical } from './canonical.ts';
import type { ImageField } from './image.ts';
import { shortHash } from './short-hash.ts';

/** Annotation of a copy: the template that people made, from which the first copy was taken. */
export const COPY_OF = 'drydock.dev/copy-of';

const LONGEST = 63;
const SUFFIX = 9;

/**
 * Labels and annotations that say who made or keeps an object. On a copy they would be lies: a topology controller would delete it as
 * superfluous, Argo CD and Flux would take it for theirs and prune it.
 */
const OTHERS: readonly RegExp[] = [
  /^cluster\.x-k8s\.io\/cloned-from-/,
  /^topology\.cluster\.x-k8s\.io\//,
  /^kubectl\.kubernetes\.io\/last-applied-configuration$/,
  /^argocd\.argoproj\.io\//,
  /^app\.kubernetes\.io\/(?:instance|managed-by)$/,
  /toolkit\.fluxcd\.io\//,
  /^meta\.helm\.sh\//,
  /^helm\.sh\//,
  /^drydock\.dev\//,
];

/** What the copy is for. */
export interface CopyOrder {
  readonly version: string;
  readonly images: readonly ImageField[];
}

const WithSpec = z.object({ spec: JsonObject });
const Nested = z.object({ template: z.object({ spec: JsonObject.default({}) }).prefault({}) }).prefault({});

/** What a template gives its machines: its `spec.template.spec`. Empty: nothing. */
export function machineSpecOf(template: KubernetesObject): JsonObject {
  const read = z.object({ spec: Nested }).safeParse(template);
  return read.success ? read.data.spec.template.spec : {};
}

/** Content of a copy, and the name that goes with it: the same content for the same version has the same name. */
export function copyName(template: KubernetesObject, order: CopyOrder): string {
  const base = template.metadata.annotations?.[COPY_OF] ?? template.metadata.name;
  const kept = base.slice(0, LONGEST - SUFFIX).replace(/[^a-z0-9]+$/, '');
  return `${kept}-${hashOf(template, order)}`;
}

function hashOf(template: KubernetesObject, order: CopyOrder): string {
  const { apiVersion, kind } = template;
  return shortHash(canonical({ apiVersion, kind, version: order.version, spec: copySpec(template, order) }));
}

/** The `spec` of a copy: the template's, with other images. @throws ZodError when the template has no `spec`. */
export function copySpec(template: KubernetesObject, { images }: Pick<CopyOrder, 'images'>): JsonObject {
  const { spec } = WithSpec.parse(template);
  let next: Json = spec;
  for (const { path, to } of images) next = withValue(next, ['template', 'spec', ...path], to);
  return JsonObject.parse(next);
}

/**
 * A copy of a template under another name, as it is sent to the server: nothing that the server or another controller wrote. Templates
 * cannot be changed, so a new one stands beside the old one.
 *
 * @param run who makes it; `null`: people do, from Git
 */
export function copyTemplate(template: KubernetesObject, order: CopyOrder, run: string | null): JsonObject {
  const { metadata } = template;
  const base = metadata.annotations?.[COPY_OF] ?? metadata.name;
  return {
    apiVersion: template.apiVersion,
    kind: template.kind,
    metadata: {
      name: copyName(template, order),
      ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
      labels: { ...own(metadata.labels), ...(run === null ? {} : { [RUN_LABEL]: run }) },
      annotations: { ...own(metadata.annotations), [COPY_OF]: base },
    },
    spec: copySpec(template, order),
  };
}

function own(names: Readonly<Record<string, string>> = {}): JsonObject {
  return Object.fromEntries(Object.entries(names).filter(([name]) => !OTHERS.some((each) => each.test(name))));
}

function withValue(value: Json, path: readonly string[], to: string): Json {
  const [name, ...rest] = path;
  if (name === undefined) return typeof value === 'number' && /^\d+$/.test(to) ? Number(to) : to;
  if (Array.isArray(value))
    return value.map((each: Json, index) => (String(index) === name ? withValue(each, rest, to) : each));
  const object = typeof value === 'object' && value !== null && !Array.isArray(value) ? JsonObject.parse(value) : {};
  return { ...object, [name]: withValue(object[name] ?? null, rest, to) };
}
