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

/** What a person would call it. */
const WORDS: ReadonlyMap<string, string> = new Map([
  ['EACCES', 'the worker may not'],
  ['EPERM', 'the worker may not'],
  ['EROFS', 'the disk can only be read'],
  ['ENOSPC', 'the disk is full'],
  ['EDQUOT', 'the quota of the disk is used up'],
  ['EFBIG', 'the worker may write no file of that size'],
]);

/** What an error of the file system means. `doing`: `stored`, `read` and the like. */
export function fileError(error: unknown, key: string, doing: string, signal?: AbortSignal): ObjectStoreError {
  const what = `${key} could not be ${doing}`;
  if (signal?.aborted === true) return { code: 'cancelled', message: `${what}: it was cancelled` };
  const ofContent = contentError(error, what);
  if (ofContent !== null) return ofContent;
  const errno = error instanceof Error && 'code' in error ? String(error.code) : null;
  const code = CODES.get(errno ?? '') ?? 'away';
  // What cannot be listed is the folder of the store itself.
  if (doing === 'listed' && (code === 'not-there' || code === 'wrong-place'))
    return {
      code,
      message: `there is no folder ${key} (${errno}): mount its disk, or make it and let the worker write to it`,
    };
  const words = WORDS.get(errno ?? '');
  const cause = errno ?? (error instanceof Error ? error.message : 'unknown error');
  return { code, message: `${what}: ${words === undefined ? cause : `${words} (${cause})`}` };
}
