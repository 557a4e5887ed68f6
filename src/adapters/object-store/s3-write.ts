import { Readable } from 'node:stream';
import type { PutObjectCommandInput } from '@aws-sdk/client-s3';
import type {
  ObjectPut,
  ObjectResult,
  ObjectStoreError,
  ObjectSweep,
  StoredObject,
} from '../../core/ports/object-store.ts';
import { hashing, sha256Of } from './hashing.ts';
import { type Bucket, s3Call } from './s3-call.ts';
import type { S3Access } from './s3-client.ts';
import { s3Error } from './s3-errors.ts';
import { headObject, SHA_METADATA } from './s3-read.ts';

/** Parts of a stream: 10,000 at most, so an object of 78 GiB; four at a time are in memory. */
const PART_BYTES = 8 * 1024 * 1024;
const PARTS_AT_ONCE = 4;

/** What was sent. */
interface Sent {
  readonly size: number;
  readonly sha256: string;
}

/** Stores an object, then looks whether it is there as it was asked for. */
export async function putObject(
  bucket: Bucket,
  key: string,
  content: Uint8Array | AsyncIterable<Uint8Array>,
  options: ObjectPut,
): Promise<ObjectResult<StoredObject>> {
  const { createOnly = false, sha256, hashed, retainUntil, signal } = options;
  if (createOnly) {
    // Servers that do not know the condition below would replace it.
    const there = await headObject(bucket, key, signal);
    if (there.ok) return failed('already-there', `${key} is already in ${bucket.name}`);
    if (there.error.code !== 'not-there') return there;
  }
  const input = inputOf(bucket, key, options);
  const sent =
    content instanceof Uint8Array
      ? await putBytes(bucket, key, content, { ...input, signal, sha256 })
      : await putStream(bucket, key, content, { ...input, signal, sha256, hashed });
  if (!sent.ok) return sent;
  const found = await headObject(bucket, key, signal);
  if (!found.ok) return found;
  const { size, retainedUntil } = found.value;
  if (size !== sent.value.size)
    return failed('checksum-differs', `${key} has ${size} bytes in ${bucket.name} instead of ${sent.value.size}`);
  if (retainUntil !== undefined && (retainedUntil === null || Date.parse(retainedUntil) < wholeSecond(retainUntil)))
    return failed(
      'no-retention',
      `${key} was stored, and ${bucket.name} does not show that it is kept until ${retainUntil}`,
    );
  return { ok: true, value: { ...found.value, sha256: sent.value.sha256 } };
}

function failed(
  code: ObjectStoreError['code'],
  message: string,
): { readonly ok: false; readonly error: ObjectStoreError } {
  return { ok: false, error: { code, message } };
}

/** Stores keep times in seconds. */
function wholeSecond(iso: string): number {
  return Math.floor(Date.parse(iso) / 1000) * 1000;
}

function inputOf(bucket: Bucket, key: string, { createOnly, retainUntil }: ObjectPut): PutObjectCommandInput {
  const { encryption, retentionMode } = bucket.settings;
  const algorithm = encryption?.kind === 'kms' ? 'aws:kms' : 'AES256';
  return {
    Bucket: bucket.name,
    Key: `${bucket.prefix}${key}`,
    // The server compares what arrives with it.
    ChecksumAlgorithm: 'SHA256',
    ...(createOnly === true ? { IfNoneMatch: '*' } : {}),
    ...(encryption === null ? {} : { ServerSideEncryption: algorithm }),
    ...(encryption?.kind === 'kms' && encryption.key !== null ? { SSEKMSKeyId: encryption.key } : {}),
    ...(retainUntil === undefined
      ? {}
      : {
          ObjectLockMode: retentionMode === 'compliance' ? 'COMPLIANCE' : 'GOVERNANCE',
          ObjectLockRetainUntilDate: new Date(retainUntil),
        }),
  };
}

interface Input extends PutObjectCommandInput {
  readonly signal: AbortSignal | undefined;
  readonly sha256: string | undefined;
  readonly hashed?: (() => string) | undefined;
}

async function putBytes(
  bucket: Bucket,
  key: string,
  content: Uint8Array,
  { signal, sha256, ...input }: Input,
): Promise<ObjectResult<Sent>> {
  const what = `${key} could not be stored`;
  const found = sha256Of(content);
  if (sha256 !== undefined && sha256 !== found)
    return failed('checksum-differs', `${what}: its SHA-256 is ${found} instead of ${sha256}`);
  return await s3Call(bucket, what, signal, async ({ client, sdk }, abortSignal) => {
    const Metadata = { [SHA_METADATA]: found };
    await client.send(new sdk.PutObjectCommand({ ...input, Metadata, Body: content }), { abortSignal });
    return { ok: true, value: { size: content.length, sha256: found } };
  });
}

async function putStream(
  bucket: Bucket,
  key: string,
  content: AsyncIterable<Uint8Array>,
  { signal, sha256, hashed, ...input }: Input,
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
  signal?.addEventListener('abort', end, { once: true });
  try {
    if (signal?.aborted === true) end();
    await upload.done();
    return { ok: true, value: passing.passed() };
  } catch (error) {
    const { code, message } = s3Error(error, what, signal);
    const left = await abortUpload(bucket, access, input.Key ?? '', upload.uploadId);
    return failed(code, left === null ? message : `${message}. Parts of it are left in ${bucket.name}: ${left}`);
  } finally {
    signal?.removeEventListener('abort', end);
    body.destroy();
  }
}

/** `null`: nothing is left. */
async function abortUpload(
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

/** Removes uploads in parts that were begun before this time and not finished. Answers how many. */
export async function removeUploads(
  bucket: Bucket,
  begunBefore: string,
  { signal, prefix = '' }: ObjectSweep,
): Promise<ObjectResult<number>> {
  const Prefix = `${bucket.prefix}${prefix}`;
  const what = `unfinished uploads of s3://${bucket.name}/${Prefix} could not be removed`;
  let removed = 0;
  let from: { KeyMarker?: string; UploadIdMarker?: string } | null = {};
  while (from !== null) {
    const markers: { KeyMarker?: string; UploadIdMarker?: string } = from;
    const page = await s3Call(bucket, what, signal, async ({ client, sdk }, abortSignal) => {
      const command = new sdk.ListMultipartUploadsCommand({ Bucket: bucket.name, Prefix, ...markers });
      return { ok: true, value: await client.send(command, { abortSignal }) };
    });
    if (!page.ok) return page;
    const { Uploads = [], IsTruncated = false, NextKeyMarker, NextUploadIdMarker } = page.value;
    for (const { Key = '', UploadId, Initiated } of Uploads) {
      // Not every server keeps to the prefix, and what is another's must not be touched.
      if (!Key.startsWith(Prefix) || Initiated === undefined || Initiated.getTime() >= Date.parse(begunBefore))
        continue;
      const left = await abortUpload(bucket, await bucket.access(), Key, UploadId);
      if (left !== null) return failed('away', `${what}: ${left}`);
      removed += 1;
    }
    if (IsTruncated && NextKeyMarker === markers.KeyMarker && NextUploadIdMarker === markers.UploadIdMarker)
      return failed('refused', `${what}: the server gives the same page again and again`);
    from =
      IsTruncated && NextKeyMarker !== undefined && NextUploadIdMarker !== undefined
        ? { KeyMarker: NextKeyMarker, UploadIdMarker: NextUploadIdMarker }
        : null;
  }
  return { ok: true, value: removed };
}
