import { z } from 'zod';
import { KEPT_WITHOUT_END, type ObjectResult } from '../../core/ports/object-store.ts';
import { type Bucket, s3Call } from './s3-call.ts';
import type { S3Access } from './s3-client.ts';
import { s3Error } from './s3-errors.ts';

/** Until when headers of an answer say that an object is kept. A legal hold has no end; a default rule of the bucket is among the times. */
export function keptUntil(answer: {
  readonly ObjectLockMode?: string | undefined;
  readonly ObjectLockRetainUntilDate?: Date | undefined;
  readonly ObjectLockLegalHoldStatus?: string | undefined;
}): string | null {
  if (answer.ObjectLockLegalHoldStatus === 'ON') return KEPT_WITHOUT_END;
  return answer.ObjectLockMode === undefined ? null : (answer.ObjectLockRetainUntilDate?.toISOString() ?? null);
}

/**
 * Asks a bucket expressly whether it keeps an object. In a bucket with versions a plain delete goes through although the object is locked and hides
 * it; and other answers leave the lock out for whoever may not see it. Not being allowed to see it is therefore an error (`denied`); a server
 * or bucket without object lock keeps nothing.
 */
export async function askLock(
  bucket: Bucket,
  key: string,
  signal: AbortSignal | undefined,
): Promise<ObjectResult<string | null>> {
  const place = { Bucket: bucket.name, Key: `${bucket.prefix}${key}` };
  const hold = await asked(bucket, key, 's3:GetObjectLegalHold', signal, async ({ client, sdk }, abortSignal) => {
    const { LegalHold } = await client.send(new sdk.GetObjectLegalHoldCommand(place), { abortSignal });
    return LegalHold?.Status === 'ON' ? KEPT_WITHOUT_END : null;
  });
  if (!hold.ok || hold.value !== null) return hold;
  return await asked(bucket, key, 's3:GetObjectRetention', signal, async ({ client, sdk }, abortSignal) => {
    const { Retention } = await client.send(new sdk.GetObjectRetentionCommand(place), { abortSignal });
    return Retention?.RetainUntilDate?.toISOString() ?? null;
  });
}

async function asked(
  bucket: Bucket,
  key: string,
  right: string,
  signal: AbortSignal | undefined,
  ask: (access: S3Access, signal: AbortSignal) => Promise<string | null>,
): Promise<ObjectResult<string | null>> {
  const what = `whether ${bucket.name} keeps ${key} could not be seen`;
  return await s3Call(bucket, what, signal, async (access, abortSignal) => {
    try {
      return { ok: true, value: await ask(access, abortSignal) };
    } catch (error) {
      if (knowsNoLock(error)) return { ok: true, value: null };
      const failure = s3Error(error, what, signal);
      if (failure.code !== 'denied' && failure.code !== 'retained') return { ok: false, error: failure };
      return { ok: false, error: { code: 'denied', message: `${failure.message}; it needs the right ${right}` } };
    }
  });
}

const Answered = z.object({ name: z.string(), $metadata: z.object({ httpStatusCode: z.number() }) });
const NO_LOCK =
  /^(NoSuchObjectLockConfiguration|ObjectLockConfigurationNotFound(Error)?|NoSuchKey|NotFound|NotImplemented|MethodNotAllowed|InvalidRequest)$/;

/** A server that knows nothing of it answers with the object itself, which cannot be read as an answer. */
function knowsNoLock(error: unknown): boolean {
  const { data } = Answered.safeParse(error);
  if (data === undefined) return false;
  const status = data.$metadata.httpStatusCode;
  return NO_LOCK.test(data.name) || status < 300 || status === 404 || status === 405 || status === 501;
}
