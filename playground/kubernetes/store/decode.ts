import { z } from 'zod';
import type { ApiObject } from '../contracts.ts';
import type { StoredValue } from './object-store.ts';
import { StoreError } from './store-error.ts';

const Stored = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.record(z.string(), z.unknown()),
});

/**
 * The object of a stored value, with its revision in `metadata.resourceVersion`.
 *
 * @throws StoreError `garbage`
 */
export function decodeStored({ key, value, revision }: StoredValue): ApiObject {
  const stored = Stored.safeParse(parse(key, value));
  if (!stored.success) throw new StoreError('garbage', `no object is stored at ${key}`);
  return atRevision(stored.data, revision);
}

/** The object as of another revision. */
export function atRevision(object: ApiObject, revision: number): ApiObject {
  return { ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } };
}

/** What is stored of an object: everything but its revision. */
export function encodeStored(object: ApiObject): Buffer {
  const { resourceVersion: _, ...metadata } = object.metadata;
  return Buffer.from(JSON.stringify({ ...object, metadata }));
}

function parse(key: string, value: Buffer): unknown {
  try {
    return JSON.parse(value.toString());
  } catch {
    throw new StoreError('garbage', `no JSON is stored at ${key}`);
  }
}
