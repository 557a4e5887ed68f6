import type { ObjectStoreError, ObjectStoreErrorCode } from '../../core/ports/object-store.ts';
import { contentError } from './hashing.ts';

const CODES: ReadonlyMap<string, ObjectStoreErrorCode> = new Map([
  ['ENOENT', 'not-there'],
  ['EEXIST', 'already-there'],
  ['EACCES', 'denied'],
  ['EPERM', 'denied'],
  ['EROFS', 'denied'],
  ['ENOSPC', 'full'],
  ['EDQUOT', 'full'],
  ['EFBIG', 'full'],
  ['ENOTDIR', 'wrong-place'],
  ['EISDIR', 'refused'],
  ['ENAMETOOLONG', 'refused'],
]);

/** What an error of the file system means. `doing`: `stored`, `read` and the like. */
export function fileError(error: unknown, key: string, doing: string, signal?: AbortSignal): ObjectStoreError {
  const what = `${key} could not be ${doing}`;
  if (signal?.aborted === true) return { code: 'cancelled', message: `${what}: it was cancelled` };
  const ofContent = contentError(error, what);
  if (ofContent !== null) return ofContent;
  const errno = error instanceof Error && 'code' in error ? String(error.code) : null;
  const code = CODES.get(errno ?? '') ?? 'away';
  return { code, message: `${what}: ${errno ?? (error instanceof Error ? error.message : 'unknown error')}` };
}
