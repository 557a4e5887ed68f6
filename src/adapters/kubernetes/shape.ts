import { z } from 'zod';
import type { KubernetesObject, KubernetesResult } from '../../core/ports/kubernetes.ts';
import type { Served } from './catalog.ts';
import { apiVersionOf } from './catalog.ts';
import { answered, failed } from './outcome.ts';

/** Looks at what every object has and hands the object on as it is. Copying thousands of pods would double their memory. */
const Looked = z.custom<KubernetesObject>(isObject);

function isObject(value: unknown): boolean {
  if (!isRecord(value) || typeof value['apiVersion'] !== 'string' || typeof value['kind'] !== 'string') return false;
  const { metadata } = value;
  if (!isRecord(metadata)) return false;
  return ['name', 'uid', 'resourceVersion'].every((field) => typeof metadata[field] === 'string');
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An object of an answer. What a dry run leaves out (`uid`, `resourceVersion`) reads as empty. */
export function readObject(value: unknown): KubernetesResult<KubernetesObject> {
  if (!isRecord(value) || !isRecord(value['metadata'])) return strange();
  const { metadata } = value;
  metadata['uid'] ??= '';
  metadata['resourceVersion'] ??= '';
  const looked = Looked.safeParse(value);
  return looked.success ? answered(looked.data) : strange();
}

const Page = z.object({
  metadata: z.object({ resourceVersion: z.string(), continue: z.string().default('') }),
  items: z.array(z.unknown()).nullable(),
});

/** One page of a list. `next` empty: the last one. */
export interface ObjectPage {
  readonly items: readonly KubernetesObject[];
  readonly resourceVersion: string;
  readonly next: string;
}

/** A page of a list. Items of built-in kinds come without their kind: it is filled in. */
export function readPage(served: Served, value: unknown): KubernetesResult<ObjectPage> {
  const page = Page.safeParse(value);
  if (!page.success) return strange();
  const apiVersion = apiVersionOf(served.group, served.version);
  const items: KubernetesObject[] = [];
  for (const item of page.data.items ?? []) {
    if (!isRecord(item)) return strange();
    const looked = Looked.safeParse({ ...item, apiVersion, kind: served.kind });
    if (!looked.success) return strange();
    items.push(looked.data);
  }
  const { metadata } = page.data;
  return answered({ items, resourceVersion: metadata.resourceVersion, next: metadata.continue });
}

/**
 * A page of a list of which only metadata was asked for. Whatever else came is not handed on, and a list of whole objects is no answer:
 * something between here and the server did not pass on what was asked for.
 */
export function readMetadataPage(served: Served, value: unknown): KubernetesResult<ObjectPage> {
  if (!isRecord(value) || value['kind'] !== 'PartialObjectMetadataList')
    return failed('server-error', 'only metadata was asked for, and the answer is another kind of list');
  const page = readPage(served, value);
  if (!page.ok) return page;
  const items = page.value.items.map(({ apiVersion, kind, metadata }) => ({ apiVersion, kind, metadata }));
  return answered({ ...page.value, items });
}

/** What a deletion left: an object that waits for its end, or nothing. */
export function readDeletion(value: unknown): KubernetesResult<KubernetesObject | null> {
  if (isRecord(value) && value['kind'] === 'Status' && value['apiVersion'] === 'v1') return answered(null);
  const object = readObject(value);
  if (!object.ok) return object;
  const { deletionTimestamp, finalizers, deletionGracePeriodSeconds: grace } = object.value.metadata;
  // A pod that goes at once is still shown, with its last state.
  const waits = (finalizers?.length ?? 0) > 0 || (typeof grace === 'number' && grace > 0);
  return answered(deletionTimestamp !== undefined && !waits ? null : object.value);
}

function strange() {
  return failed(
    'server-error',
    'the answer is no Kubernetes object; something between here and the API server may have answered',
  );
}
