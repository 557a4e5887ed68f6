import { status as Code } from '@grpc/grpc-js';
import type { EtcdError, EtcdErrorCode, EtcdRefusal } from '../../core/ports/etcd.ts';
import { withoutSecrets } from '../../core/secrets.ts';
import { formatSpan } from '../../core/time.ts';

/** What gRPC says of a failed call. */
export interface RpcFailure {
  readonly code: Code;
  readonly details: string;
}

/** What was asked, for the text and for what a failure means. */
export interface RpcAsked {
  /** Completes "… of member m-1 at https://…", for instance `Status of member m-1 at https://10.0.0.11:2379`. */
  readonly what: string;
  /** True: the call changes nothing, so an answer that arrived but cannot be read means that nothing happened. */
  readonly readOnly: boolean;
  /** How long an answer was waited for, ms. Without it a time-out names no figure. */
  readonly withinMs?: number;
}

interface Row {
  readonly codes: readonly Code[];
  readonly text: RegExp;
  readonly is: EtcdErrorCode;
  readonly refusal?: EtcdRefusal;
}

// Order matters: the first row whose text and code fit decides. Texts are etcd's own (api/v3rpc/rpctypes) or grpc-js's.
const ROWS: readonly Row[] = [
  // The strict check of member changes refused: nothing happened, although the code says "unavailable".
  { codes: [Code.UNAVAILABLE], text: /unhealthy cluster/, is: 'refused', refusal: 'unhealthy-cluster' },
  // Measured on 3.4.23 and 3.5.16: learners refuse with "unavailable", not with "failed precondition".
  { codes: [Code.UNAVAILABLE, Code.FAILED_PRECONDITION], text: /not supported for learner/, is: 'refused' },
  {
    codes: [Code.UNAVAILABLE],
    text: /no leader|leader changed|server stopped|request timed out|waiting for the applied index/,
    is: 'unknown-outcome',
  },
  { codes: [Code.FAILED_PRECONDITION], text: /cluster ID mismatch/i, is: 'wrong-member' },
  membership('not-enough-started', /re-configuration failed due to not enough started members/),
  // An id is made of the peer URLs and the second: twice in one second, and the id is the same.
  membership('peer-url-exists', /Peer URLs already exists|member ID already exist/),
  membership('too-many-learners', /too many learner members in cluster/),
  // The longer text first: it begins like the shorter one.
  membership('learner-behind', /can only promote a learner member which is in sync/),
  membership('not-a-learner', /can only promote a learner member/),
  {
    codes: [Code.FAILED_PRECONDITION],
    text: /not leader|bad leader transferee|already exist|re-configuration failed|learner member|authentication is not enabled|not capable|downgrade/i,
    is: 'refused',
  },
  { codes: [Code.NOT_FOUND], text: /member not found/, is: 'refused', refusal: 'no-such-member' },
  {
    codes: [Code.INVALID_ARGUMENT],
    text: /authentication failed|revision of auth store is old/,
    is: 'permission',
  },
  { codes: [Code.INVALID_ARGUMENT], text: /member URLs are invalid|request is too large/, is: 'refused' },
  { codes: [Code.RESOURCE_EXHAUSTED], text: /database space exceeded/, is: 'no-space' },
  { codes: [Code.RESOURCE_EXHAUSTED], text: /too many requests/, is: 'overloaded' },
  { codes: [Code.DATA_LOSS], text: /corrupt cluster/, is: 'corrupt' },
  { codes: [Code.OUT_OF_RANGE], text: /has been compacted/, is: 'compacted' },
  { codes: [Code.OUT_OF_RANGE], text: /future revision/, is: 'refused' },
  {
    codes: [Code.PERMISSION_DENIED, Code.UNAUTHENTICATED],
    text: /permission denied|invalid auth token/,
    is: 'permission',
  },
  {
    codes: [Code.DEADLINE_EXCEEDED, Code.CANCELLED],
    text: /deadline exceeded|request cancell?ed|context cancell?ed/i,
    is: 'unknown-outcome',
  },
];

/** Classes of codes that come with a text of their own. What is not listed is an unknown outcome. */
const BY_CODE: ReadonlyMap<Code, EtcdErrorCode> = new Map<Code, EtcdErrorCode>([
  [Code.INVALID_ARGUMENT, 'refused'],
  [Code.NOT_FOUND, 'refused'],
  [Code.ALREADY_EXISTS, 'refused'],
  [Code.FAILED_PRECONDITION, 'refused'],
  [Code.OUT_OF_RANGE, 'refused'],
  [Code.RESOURCE_EXHAUSTED, 'overloaded'],
  [Code.UNIMPLEMENTED, 'not-available'],
  [Code.DATA_LOSS, 'corrupt'],
  [Code.PERMISSION_DENIED, 'permission'],
  [Code.UNAUTHENTICATED, 'permission'],
]);

/** grpc-js's text for "no connection": the request was certainly not sent. */
const NOT_SENT = /^(?:No connection established|Name resolution failed)/;

/**
 * Classifies a failed call by code and text: older servers and proxies send etcd's text with code `Unknown`.
 * Whatever is not known for certain is `unknown-outcome`.
 *
 * Source: `api/v3rpc/rpctypes/error.go` of etcd.
 */
export function classifyRpcFailure(failure: RpcFailure, asked: RpcAsked): EtcdError {
  if (failure.code === Code.UNAVAILABLE && NOT_SENT.test(failure.details)) {
    return connectionError(failure.details, asked.what);
  }
  if (failure.code === Code.RESOURCE_EXHAUSTED && /message larger than max/.test(failure.details)) {
    return {
      code: asked.readOnly ? 'refused' : 'unknown-outcome',
      message: `${asked.what}: the answer is larger than this client accepts; ask for less at a time`,
    };
  }
  const row = ROWS.find(({ codes, text }) => fits(codes, failure.code) && text.test(failure.details));
  const code = row?.is ?? BY_CODE.get(failure.code) ?? 'unknown-outcome';
  const error = { code, message: `${asked.what}: ${wordsOf(failure, asked)}` };
  return row?.refusal === undefined ? error : { ...error, refusal: row.refusal };
}

/** What etcd answers with "failed precondition" to a change of its member list. */
function membership(refusal: EtcdRefusal, text: RegExp): Row {
  return { codes: [Code.FAILED_PRECONDITION], text, is: 'refused', refusal };
}

function fits(codes: readonly Code[], code: Code): boolean {
  return code === Code.UNKNOWN || codes.includes(code);
}

function wordsOf(failure: RpcFailure, { withinMs }: RpcAsked): string {
  // grpc-js adds where the time went; that helps nobody on call.
  if (failure.code === Code.DEADLINE_EXCEEDED)
    return withinMs === undefined ? 'no answer in time' : `no answer within ${formatSpan(withinMs)}`;
  // A proxy on the way may say anything.
  return failure.details === '' ? Code[failure.code] : withoutSecrets(failure.details);
}

interface TlsRow {
  readonly text: RegExp;
  readonly is: 'access-refused' | 'access-unusable' | 'unreachable';
  readonly words: string;
}

const NOBODY_LISTENS: TlsRow = {
  text: /ECONNREFUSED/,
  is: 'unreachable',
  words: 'it refuses connections; etcd is not running there',
};

const CONNECTION_ROWS: readonly TlsRow[] = [
  {
    text: /alert (?:number )?(?:certificate required|bad certificate|unknown ca|certificate (?:expired|unknown|revoked)|access denied|handshake failure|42|43|44|45|46|48|49|116)/i,
    is: 'access-refused',
    words: 'it refused our client certificate',
  },
  { text: /certificate has expired/i, is: 'access-unusable', words: 'its certificate has expired' },
  {
    text: /certificate is not yet valid/i,
    is: 'access-unusable',
    words: 'its certificate is not valid yet; compare the clocks',
  },
  {
    text: /self.signed certificate|unable to verify|unable to get (?:local )?issuer|invalid CA|signature failure/i,
    is: 'access-unusable',
    words: 'its certificate was not issued by the configured CA',
  },
  {
    text: /does not match certificate's altnames|altname/i,
    is: 'access-unusable',
    words: 'its certificate was issued for other names and addresses',
  },
  {
    text: /wrong version number|packet length too long|record layer failure|http request/i,
    is: 'unreachable',
    words: 'it does not speak TLS there',
  },
  NOBODY_LISTENS,
  { text: /ENOTFOUND|EAI_AGAIN|Name resolution failed/, is: 'unreachable', words: 'its name cannot be resolved' },
  { text: /EHOSTUNREACH|ENETUNREACH/, is: 'unreachable', words: 'there is no route to it' },
  {
    text: /ECONNRESET|EPIPE|socket hang up|Socket closed|Failed to connect|socket disconnected/,
    is: 'unreachable',
    words: 'it closed the connection at once',
  },
];

/** Says in words why no connection came about. Nothing was sent. `reason` is what Node or grpc-js says. */
export function connectionError(reason: string, what: string): EtcdError {
  const row = CONNECTION_ROWS.find(({ text }) => text.test(reason));
  const words = row?.words ?? withoutSecrets(plainReason(reason));
  const error = { code: row?.is ?? ('unreachable' as const), message: `${what}: no connection: ${words}` };
  return row === NOBODY_LISTENS ? { ...error, refusesConnections: true } : error;
}

/** Without grpc-js's frame: `No connection established. Last error: … (time). Resolution note: …`. */
function plainReason(reason: string): string {
  return reason
    .replace(/^No connection established\. Last error: /, '')
    .replace(/\.? Resolution note:.*$/s, '')
    .replace(/ \(\d{4}-\d\d-\d\dT[\d:.]+Z\)$/, '');
}
