import { objectKeyProblem } from '../../core/object-key.ts';
import { keptWords, type ObjectResult, type ObjectStore } from '../../core/ports/object-store.ts';
import type { S3Place } from '../../core/s3-place.ts';
import { type Bucket, bucketOf, s3Call } from './s3-call.ts';
import type { S3Process } from './s3-client.ts';
import { askLock } from './s3-locks.ts';
import { getObject, headObject, listObjects } from './s3-read.ts';
import { putObject, removeUploads } from './s3-write.ts';

/**
 * A bucket of S3 or of a compatible server. Content in memory goes in one request, streams in parts; each is sent with its SHA-256, which the
 * server compares if it knows how. After a put it is looked whether size and retention are as asked. A call is tried three times.
 */
export function createS3Store(settings: S3Place, process: S3Process): ObjectStore {
  const bucket = bucketOf(settings, process);
  async function withKey<T>(key: string, work: () => Promise<ObjectResult<T>>): Promise<ObjectResult<T>> {
    const problem = objectKeyProblem(`${bucket.prefix}${key}`);
    return problem === null ? await work() : { ok: false, error: { code: 'refused', message: problem } };
  }
  return {
    place: `s3://${bucket.name}/${bucket.prefix}`,
    put: async (key, content, options = {}) =>
      await withKey(key, async () => await putObject(bucket, key, content, options)),
    get: async (key, options = {}) => await withKey(key, async () => await getObject(bucket, key, options)),
    head: async (key, options = {}) => await withKey(key, async () => await headObject(bucket, key, options.signal)),
    list: async (query = {}) => await listObjects(bucket, query),
    delete: async (key, { signal } = {}) => await withKey(key, async () => await remove(bucket, key, signal, process)),
    removeUnfinished: async (begunBefore, options = {}) => await removeUploads(bucket, begunBefore, options),
  };
}

async function remove(
  bucket: Bucket,
  key: string,
  signal: AbortSignal | undefined,
  { nowMs }: S3Process,
): Promise<ObjectResult<null>> {
  const what = `${key} could not be removed`;
  const lock = await askLock(bucket, key, signal);
  if (!lock.ok) return { ok: false, error: { ...lock.error, message: `${what}: ${lock.error.message}` } };
  if (lock.value !== null && Date.parse(lock.value) > nowMs())
    return {
      ok: false,
      error: { code: 'retained', message: `${what}: ${bucket.name} keeps it ${keptWords(lock.value)}` },
    };
  return await s3Call(bucket, what, signal, async ({ client, sdk }, abortSignal) => {
    const command = new sdk.DeleteObjectCommand({ Bucket: bucket.name, Key: `${bucket.prefix}${key}` });
    await client.send(command, { abortSignal });
    return { ok: true, value: null };
  });
}
