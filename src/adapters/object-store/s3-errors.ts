import { z } from 'zod';
import type { ObjectStoreError, ObjectStoreErrorCode } from '../../core/ports/object-store.ts';
import { withoutSecrets } from '../../core/secrets.ts';
import { contentError } from './hashing.ts';

/** Names of errors, as S3, compatible servers and the SDK give them. */
const NAMES: readonly (readonly [ObjectStoreErrorCode, RegExp])[] = [
  ['not-there', /^(NoSuchKey|NotFound|NoSuchVersion|NoSuchUpload)$/],
  ['already-there', /^(PreconditionFailed|ConditionalRequestConflict|OperationAborted)$/],
  ['clock-skew', /^(RequestTimeTooSkewed|RequestExpired|RequestInTheFuture)$/],
  ['checksum-differs', /^(BadDigest|InvalidDigest|XAmzContent(SHA256|Checksum)Mismatch|BadChecksum)$/],
  ['wrong-place', /^(NoSuchBucket|PermanentRedirect|TemporaryRedirect|AuthorizationHeaderMalformed)$/],
  ['wrong-place', /^(IllegalLocationConstraintException|InvalidBucketName|BucketRegionError|Redirect)$/],
  ['full', /^(QuotaExceeded|InsufficientStorage|.*StorageFull|.*QuotaExceeded|InsufficientCapacity)$/],
  ['retained', /^(ObjectLocked|WORMProtected)$/],
  ['denied', /^(AccessDenied|AllAccessDisabled|AccountProblem|InvalidAccessKeyId|SignatureDoesNotMatch|NotSignedUp)$/],
  ['denied', /^(ExpiredToken|InvalidToken|InvalidSecurity|TokenRefreshRequired|Unauthorized|Forbidden|KMS\..*)$/],
  ['denied', /^(CredentialsProviderError|CredentialsFileError|TokenProviderError|ProviderError)$/],
  ['away', /^(SlowDown|ServiceUnavailable|InternalError|RequestTimeout|Throttling.*|TooManyRequests.*|TimeoutError)$/],
];

const Failure = z.object({
  name: z.string().catch('unknown error'),
  message: z.string().catch(''),
  code: z.string().optional().catch(undefined),
  $metadata: z.object({ httpStatusCode: z.number().optional() }).optional().catch(undefined),
});

/** No region can be found out: the SDK says this and nothing else. */
const NO_REGION = /^Region is missing/;
const LOCKED = /object.?lock|worm.?protected|retention/i;
const SAID_CHARS = 300;

/** What an error of the SDK, or of the connection below it, means. `what`: `x could not be stored` and the like. */
export function s3Error(error: unknown, what: string, signal?: AbortSignal): ObjectStoreError {
  if (signal?.aborted === true) return { code: 'cancelled', message: `${what}: it was cancelled` };
  const ofContent = contentError(error, what);
  if (ofContent !== null) return ofContent;
  const failure = Failure.safeParse(error).data ?? { name: 'unknown error', message: '' };
  const { name, message } = failure;
  const status = failure.$metadata?.httpStatusCode;
  // The whole answer may repeat signed headers, so only these of it are told.
  const said = withoutSecrets(message).slice(0, SAID_CHARS);
  const where = [failure.code ?? name, ...(status === undefined ? [] : [String(status)])].join(', ');
  return { code: codeOf(name, message, status), message: `${what}: ${said === '' ? where : `${said} (${where})`}` };
}

function codeOf(name: string, message: string, status: number | undefined): ObjectStoreErrorCode {
  if (NO_REGION.test(message)) return 'wrong-place';
  const named = NAMES.find(([, names]) => names.test(name))?.[0] ?? ofStatus(status);
  if (!LOCKED.test(message)) return named;
  if (named === 'denied') return 'retained';
  return named === 'refused' ? 'no-retention' : named;
}

const STATUSES: ReadonlyMap<number, ObjectStoreErrorCode> = new Map([
  [301, 'wrong-place'],
  [307, 'wrong-place'],
  [401, 'denied'],
  [403, 'denied'],
  [404, 'not-there'],
  [408, 'away'],
  [409, 'already-there'],
  [412, 'already-there'],
  [429, 'away'],
  [507, 'full'],
]);

/** Without a status there was no answer. */
function ofStatus(status: number | undefined): ObjectStoreErrorCode {
  if (status === undefined || status < 300) return 'away';
  return STATUSES.get(status) ?? (status >= 500 ? 'away' : 'refused');
}
