import type { PutObjectCommandInput, ServerSideEncryption } from '@aws-sdk/client-s3';
import type {
  ObjectPut,
  ObjectResult,
  ObjectStoreError,
  ObjectSweep,
  StoredObject,
} from '../../core/ports/object-store.ts';
import type { S3Place } from '../../core/s3-place.ts';
import { sha256Of } from './hashing.ts';
import { type Bucket, s3Call } from './s3-call.ts';
import { headObject, lookAt, type SeenObject, SHA_METADATA } from './s3-read.ts';
import { abortUpload, putStream } from './s3-stream.ts';

/** What was sent. */
export interface Sent {
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
  const found = await lookAt(bucket, key, signal);
  if (!found.ok) return found;
  const { size, retainedUntil } = found.value.object;
  if (size !== sent.value.size)
    return failed('checksum-differs', `${key} has ${size} bytes in ${bucket.name} instead of ${sent.value.size}`);
  if (retainUntil !== undefined && (retainedUntil === null || Date.parse(retainedUntil) < wholeSecond(retainUntil)))
    return failed(
      'no-retention',
      `${key} was stored, and ${bucket.name} does not show that it is kept until ${retainUntil}`,
    );
  const clear = encryptionFault(bucket, found.value);
  if (clear !== null) return failed('no-encryption', `${key} was stored, and ${bucket.name} ${clear}`);
  return { ok: true, value: { ...found.value.object, sha256: sent.value.sha256 } };
}

/** What is wrong with the encryption that the bucket was asked for; `null`: nothing. An alias of a key, or its bare id, cannot be compared. */
function encryptionFault({ settings }: Bucket, seen: SeenObject): string | null {
  const { encryption } = settings;
  if (encryption === null) return null;
  const wanted = algorithmOf(encryption);
  if (seen.encryption === null) return `does not show that it is encrypted (${wanted})`;
  if (seen.encryption !== wanted) return `encrypted it with ${seen.encryption} instead of ${wanted}`;
  const key = encryption.kind === 'kms' ? encryption.key : null;
  const isOther = key !== null && /^arn:.*:key\//.test(key) && seen.key !== key;
  return isOther ? `encrypted it with the key ${seen.key ?? '(it does not say which)'} instead of ${key}` : null;
}

function algorithmOf({ kind }: NonNullable<S3Place['encryption']>): ServerSideEncryption {
  return kind === 'kms' ? 'aws:kms' : 'AES256';
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
  return {
    Bucket: bucket.name,
    Key: `${bucket.prefix}${key}`,
    // The server compares what arrives with it.
    ChecksumAlgorithm: 'SHA256',
    ...(createOnly === true ? { IfNoneMatch: '*' } : {}),
    ...(encryption === null ? {} : { ServerSideEncryption: algorithmOf(encryption) }),
    ...(encryption?.kind === 'kms' && encryption.key !== null ? { SSEKMSKeyId: encryption.key } : {}),
    ...(retainUntil === undefined
      ? {}
      : {
          ObjectLockMode: retentionMode === 'compliance' ? 'COMPLIANCE' : 'GOVERNANCE',
          ObjectLockRetainUntilDate: new Date(retainUntil),
        }),
  };
}

/** What is asked of the bucket, and what the caller wants. */
export interface PutInput extends PutObjectCommandInput {
  readonly signal: AbortSignal | undefined;
  readonly sha256: string | undefined;
  readonly hashed?: (() => string) | undefined;
}

async function putBytes(
  bucket: Bucket,
  key: string,
  content: Uint8Array,
  { signal, sha256, ...input }: PutInput,
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
