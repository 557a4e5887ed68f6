import type { ObjectResult } from '../../core/ports/object-store.ts';
import type { S3Place } from '../../core/s3-place.ts';
import { openS3, PATIENCE_MS, type S3Access, type S3Process } from './s3-client.ts';
import { s3Error } from './s3-errors.ts';

/** What every call on a bucket needs. */
export interface Bucket {
  readonly name: string;
  /** Empty, or ends with `/`. */
  readonly prefix: string;
  readonly settings: S3Place;
  readonly patienceMs: number;
  access(): Promise<S3Access>;
}

/** Makes the bucket of a store. The SDK is loaded with the first call. */
export function bucketOf(settings: S3Place, process: S3Process): Bucket {
  const prefix = (settings.prefix ?? '').replace(/^\/+|\/+$/g, '');
  let opening: Promise<S3Access> | null = null;
  return {
    name: settings.bucket,
    prefix: prefix === '' ? '' : `${prefix}/`,
    settings,
    patienceMs: process.patienceMs ?? PATIENCE_MS,
    access: async () => {
      opening ??= openS3(settings, process);
      return await opening;
    },
  };
}

/** A limit that can be lifted: what a call waits for is its answer, not the content behind it. */
export interface Limit {
  readonly signal: AbortSignal;
  /** From here on only the caller's signal ends it. */
  lift(): void;
}

/** Ends a call that has no answer after so long, ms, or when the caller says so. */
export function limitOf(ms: number, signal: AbortSignal | undefined): Limit {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), ms);
  return {
    signal: signal === undefined ? late.signal : AbortSignal.any([late.signal, signal]),
    lift: () => clearTimeout(timer),
  };
}

/** Makes a call and says in words what went wrong. `what`: `x could not be stored`. */
export async function s3Call<T>(
  bucket: Bucket,
  what: string,
  signal: AbortSignal | undefined,
  call: (access: S3Access, signal: AbortSignal) => Promise<ObjectResult<T>>,
): Promise<ObjectResult<T>> {
  const limit = limitOf(bucket.patienceMs, signal);
  try {
    return await call(await bucket.access(), limit.signal);
  } catch (error) {
    if (limit.signal.aborted && signal?.aborted !== true)
      return { ok: false, error: { code: 'away', message: `${what}: no answer within ${bucket.patienceMs} ms` } };
    return { ok: false, error: s3Error(error, what, signal) };
  } finally {
    limit.lift();
  }
}
