import { Readable } from 'node:stream';
import type { ObjectResult } from '../../core/ports/object-store.ts';
import { hashing } from './hashing.ts';
import { type Bucket, s3Call } from './s3-call.ts';
import type { S3Access } from './s3-client.ts';
import { s3Error } from './s3-errors.ts';
import { headObject, SHA_METADATA } from './s3-read.ts';
import type { PutInput, Sent } from './s3-write.ts';

/** Parts of a stream: 10,000 at most, so an object of 78 GiB; four at a time are in memory. */
const PART_BYTES = 8 * 1024 * 1024;
const PARTS_AT_ONCE = 4;

/**
 * Sends a stream in parts. The first part that fails ends it, whatever its source does meanwhile. When the answer to the end of an upload got lost, the
 * object is looked for.
 */
export async function putStream(
  bucket: Bucket,
  key: string,
  content: AsyncIterable<Uint8Array>,
  { signal, sha256, hashed, ...input }: PutInput,
): Promise<ObjectResult<Sent>> {
  const what = `${key} could not be stored`;
  const { Upload } = await import('@aws-sdk/lib-storage');
  const access = await bucket.access();
  const passing = hashing(content, sha256, hashed);
  const body = Readable.from(passing.bytes);
  const upload = new Upload({
    client: access.client,
    params: { ...input, Body: body, ...(sha256 === undefined ? {} : { Metadata: { [SHA_METADATA]: sha256 } }) },
    partSize: PART_BYTES,
    queueSize: PARTS_AT_ONCE,
    // What is left of it is removed below, so that an error on the way there does not hide the first one.
    leavePartsOnError: true,
  });
  const end = (): void => void upload.abort();
  const parts = watchParts(access, () => upload.uploadId, end);
  signal?.addEventListener('abort', end, { once: true });
  try {
    if (signal?.aborted === true) end();
    await upload.done();
    return { ok: true, value: passing.passed() };
  } catch (error) {
    const sent = passing.passed();
    const { code, message } = s3Error(parts.failure()?.cause ?? error, what, signal);
    const isLost = sent.sha256 !== '' && parts.failure() === null && (code === 'away' || code === 'not-there');
    if (isLost && input.IfNoneMatch !== undefined && (await isThere(bucket, key, sent, signal)))
      return { ok: true, value: sent };
    const left = await abortUpload(bucket, access, input.Key ?? '', upload.uploadId);
    return {
      ok: false,
      // The upload is gone, not the object that was to be stored.
      error: {
        code: code === 'not-there' ? 'away' : code,
        message: left === null ? message : `${message}. Parts of it are left in ${bucket.name}: ${left}`,
      },
    };
  } finally {
    parts.stop();
    signal?.removeEventListener('abort', end);
    body.destroy();
  }
}

let uploads = 0;

/** The library waits for the source before it tells of a part that failed. `end` is called with the first. */
function watchParts(
  { client }: S3Access,
  uploadId: () => string | undefined,
  end: () => void,
): { failure(): { readonly cause: unknown } | null; stop(): void } {
  uploads += 1;
  const name = `drydock-parts-${uploads}`;
  let failure: { readonly cause: unknown } | null = null;
  client.middlewareStack.add(
    (next) => async (call) => {
      try {
        return await next(call);
      } catch (error) {
        const { input } = call;
        const isOurs = 'PartNumber' in input && 'UploadId' in input && input.UploadId === uploadId();
        if (isOurs && failure === null) {
          failure = { cause: error };
          end();
        }
        throw error;
      }
    },
    { step: 'initialize', name },
  );
  return { failure: () => failure, stop: () => void client.middlewareStack.remove(name) };
}

/** There was none before, so one of this length is this one; its content is compared by whoever reads it back. */
async function isThere(bucket: Bucket, key: string, sent: Sent, signal: AbortSignal | undefined): Promise<boolean> {
  if (signal?.aborted === true) return false;
  const found = await headObject(bucket, key, signal);
  return found.ok && found.value.size === sent.size;
}

/** Removes the parts of an upload. `null`: nothing is left; otherwise why not. */
export async function abortUpload(
  bucket: Bucket,
  { client, sdk }: S3Access,
  key: string,
  uploadId: string | undefined,
): Promise<string | null> {
  if (uploadId === undefined) return null;
  const aborted = await s3Call(bucket, 'they could not be removed', undefined, async (_access, abortSignal) => {
    const command = new sdk.AbortMultipartUploadCommand({ Bucket: bucket.name, Key: key, UploadId: uploadId });
    await client.send(command, { abortSignal });
    return { ok: true, value: null };
  });
  return aborted.ok || aborted.error.code === 'not-there' ? null : aborted.error.message;
}
