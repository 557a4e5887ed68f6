import {
  type VaultError,
  type VaultErrorCode,
  VaultReadFailed,
  type VaultResult,
} from '../../core/ports/backup-vault.ts';
import { ObjectReadFailed, type ObjectStore, type ObjectStoreError } from '../../core/ports/object-store.ts';

/** A failed call. */
export interface Failed {
  readonly ok: false;
  readonly error: VaultError;
}

/** The answer of a call that went well. */
export function done<T>(value: T): VaultResult<T> {
  return { ok: true, value };
}

/** The answer of a call that did not. */
export function failed(code: Exclude<VaultErrorCode, 'store'>, message: string): Failed {
  return { ok: false, error: { code, message } };
}

/** The answer where the store, or the vault before it, does not do what is asked. */
export function storeFailed({ code, message }: ObjectStoreError): Failed {
  return code === 'cancelled'
    ? failed('cancelled', message)
    : { ok: false, error: { code: 'store', message, store: code } };
}

/** A failure after which something could not be taken away again. `left`: why, without a period; `null`: it is gone. */
export function withRest({ error }: Failed, left: string | null): Failed {
  return left === null
    ? { ok: false, error }
    : { ok: false, error: { ...error, message: `${error.message}. It is still in the store: ${left}` } };
}

/** Takes something away again, also when the caller gave up. Why not, without a period; `null`: it is gone. */
export async function removed(store: ObjectStore, key: string): Promise<string | null> {
  const gone = await store.delete(key);
  return gone.ok ? null : gone.error.message;
}

/** What a failure to read an object means for the backup it belongs to. */
export function readFailed(error: ObjectStoreError): Failed {
  return error.code === 'checksum-differs' || error.code === 'not-there'
    ? failed('damaged', error.message)
    : storeFailed(error);
}

/** What was thrown while content passed. `what`: `x could not be read`. An error that nobody explained is one of the content. */
export function thrown(error: unknown, what: string, signal: AbortSignal): Failed {
  if (signal.aborted) return failed('cancelled', `${what}: it was cancelled`);
  if (error instanceof VaultReadFailed) return { ok: false, error: error.error };
  if (error instanceof ObjectReadFailed) return readFailed(error.error);
  const words = error instanceof Error ? error.message : 'unknown error';
  return failed('damaged', `${what}: what lies in the store is not what was written (${words})`);
}
