import { Readable } from 'node:stream';
import type { GetObjectCommandOutput, HeadObjectCommandOutput } from '@aws-sdk/client-s3';
import type {
  ObjectContent,
  ObjectGet,
  ObjectPage,
  ObjectQuery,
  ObjectResult,
  StoredObject,
} from '../../core/ports/object-store.ts';
import { checked } from './hashing.ts';
import { type Bucket, s3Call } from './s3-call.ts';
import { s3Error } from './s3-errors.ts';
import { keptUntil } from './s3-locks.ts';

/** Name of the metadata with the SHA-256 of the content, where it was known before the content was sent. */
export const SHA_METADATA = 'sha256';

/** Looks at an object without its content. */
export async function headObject(
  bucket: Bucket,
  key: string,
  signal: AbortSignal | undefined,
): Promise<ObjectResult<StoredObject>> {
  const seen = await lookAt(bucket, key, signal);
  return seen.ok ? { ok: true, value: seen.value.object } : seen;
}

/** An object, and how the server says that it encrypted it. */
export interface SeenObject {
  readonly object: StoredObject;
  /** `AES256`, `aws:kms` or what else there is; `null`: it does not say. */
  readonly encryption: string | null;
  /** Key of the key service; `null`: it does not say. */
  readonly key: string | null;
}

/** Looks at an object, and at how it is encrypted there. */
export async function lookAt(
  bucket: Bucket,
  key: string,
  signal: AbortSignal | undefined,
): Promise<ObjectResult<SeenObject>> {
  const what = `${key} could not be found`;
  const place = { Bucket: bucket.name, Key: `${bucket.prefix}${key}` };
  return await s3Call(bucket, what, signal, async ({ client, sdk }, abortSignal) => {
    try {
      const head = await client.send(new sdk.HeadObjectCommand(place), { abortSignal });
      return { ok: true, value: seenOf(key, head) };
    } catch (error) {
      if (!isNameless(error)) throw error;
      // An answer to HEAD has no body, so nothing in it says why. One to GET does.
      const got = await client.send(new sdk.GetObjectCommand(place), { abortSignal });
      if (got.Body instanceof Readable) got.Body.destroy();
      return { ok: true, value: seenOf(key, got) };
    }
  });
}

function isNameless(error: unknown): boolean {
  return error instanceof Error && '$metadata' in error && !/^(NoSuch|Access|Request|Expired)/.test(error.name);
}

function seenOf(key: string, answer: GetObjectCommandOutput | HeadObjectCommandOutput): SeenObject {
  const { ServerSideEncryption: encryption = null, SSEKMSKeyId = null } = answer;
  return { object: objectOf(key, answer), encryption, key: SSEKMSKeyId };
}

function objectOf(key: string, answer: GetObjectCommandOutput | HeadObjectCommandOutput): StoredObject {
  const { ContentLength: size = 0, LastModified, Metadata } = answer;
  return {
    key,
    size,
    storedAt: (LastModified ?? new Date(0)).toISOString(),
    sha256: Metadata?.[SHA_METADATA] ?? null,
    retainedUntil: keptUntil(answer),
  };
}

/** Opens an object. */
export async function getObject(bucket: Bucket, key: string, options: ObjectGet): Promise<ObjectResult<ObjectContent>> {
  const { signal, sha256 } = options;
  const what = `${key} could not be read`;
  const place = { Bucket: bucket.name, Key: `${bucket.prefix}${key}` };
  // The content outlives the call, and with it the signal of its request.
  const reading = new AbortController();
  const end = (): void => reading.abort();
  signal?.addEventListener('abort', end, { once: true });
  const got = await s3Call(bucket, what, signal, async ({ client, sdk }, abortSignal) => {
    abortSignal.addEventListener('abort', end, { once: true });
    const answer = await client.send(new sdk.GetObjectCommand(place), { abortSignal: reading.signal });
    abortSignal.removeEventListener('abort', end);
    return { ok: true, value: answer };
  });
  if (!got.ok) return got;
  const { Body } = got.value;
  if (!(Body instanceof Readable))
    return { ok: false, error: { code: 'away', message: `${what}: there was no content` } };
  const object = objectOf(key, got.value);
  const expected = { what: `${key} in ${bucket.name}`, size: object.size, sha256: sha256 ?? object.sha256 };
  const failed = (error: unknown): ReturnType<typeof s3Error> => s3Error(error, what, signal);
  return { ok: true, value: { object, bytes: checked(flowing(Body, bucket.patienceMs), expected, failed) } };
}

/** Passes a body on, and breaks it off when nothing comes for so long, ms. */
async function* flowing(body: Readable, patienceMs: number): AsyncGenerator<Uint8Array> {
  const stalled = (): void => void body.destroy(new Error(`nothing came for ${patienceMs} ms`));
  let timer = setTimeout(stalled, patienceMs);
  try {
    for await (const chunk of body) {
      clearTimeout(timer);
      if (chunk instanceof Uint8Array) yield chunk;
      timer = setTimeout(stalled, patienceMs);
    }
  } finally {
    clearTimeout(timer);
    body.destroy();
  }
}

/** Lists objects. */
export async function listObjects(bucket: Bucket, query: ObjectQuery): Promise<ObjectResult<ObjectPage>> {
  const { prefix = '', after, limit = 1000, signal } = query;
  const what = `s3://${bucket.name}/${bucket.prefix}${prefix} could not be listed`;
  return await s3Call(bucket, what, signal, async ({ client, sdk }, abortSignal) => {
    const command = new sdk.ListObjectsV2Command({
      Bucket: bucket.name,
      Prefix: `${bucket.prefix}${prefix}`,
      MaxKeys: limit,
      ...(after === undefined ? {} : { StartAfter: `${bucket.prefix}${after}` }),
    });
    const { Contents = [], IsTruncated = false } = await client.send(command, { abortSignal });
    const objects = Contents.map(({ Key = '', Size = 0, LastModified }) => ({
      key: Key.slice(bucket.prefix.length),
      size: Size,
      storedAt: (LastModified ?? new Date(0)).toISOString(),
      sha256: null,
      retainedUntil: null,
    }));
    const next = IsTruncated ? (objects.at(-1)?.key ?? null) : null;
    // Whoever goes on from there would never come to an end, or stop too early.
    if (IsTruncated && (next === null || (after !== undefined && next <= after)))
      return { ok: false, error: { code: 'refused', message: `${what}: the server passes over where to go on` } };
    return { ok: true, value: { objects, next } };
  });
}
