import type { KubernetesCall, KubernetesResult } from '../../core/ports/kubernetes.ts';
import { type Attributes, describe } from './attributes.ts';
import { limitedText, type ReadBody } from './body.ts';
import type { CredentialSource, Credentials } from './credentials.ts';
import { type Deadline, withDeadline } from './deadline.ts';
import { failed } from './outcome.ts';
import type { Redact } from './redact.ts';
import { CHANGE_PATIENCE_MS, repeatAsAsked } from './retry-after.ts';
import { type Asked, errorOfRefusal } from './status-error.ts';
import { type Lost, lostBy, type Transport, type WireAnswer, type WireRequest } from './transport.ts';

/** One request to the API. */
export interface ApiRequest extends Asked {
  readonly method: WireRequest['method'];
  readonly path: string;
  /** Query parameters; those of `undefined` are left out. */
  readonly query?: Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;
  readonly body?: unknown;
  readonly contentType?: string;
  readonly accept?: string;
  readonly etag?: string | null;
  readonly what: Attributes;
  /** A stream that cannot begin anew in the middle: never tried again. */
  readonly isStream?: boolean;
}

/** What requests share: one port, one cluster. */
export interface Link {
  readonly credentials: CredentialSource;
  readonly transport: Transport;
  readonly redact: Redact;
  readonly userAgent: string;
  /** Told before each request. */
  readonly onRequest: (what: Attributes) => void;
  /** Told of the server's `Warning` headers. */
  readonly onWarning: (text: string, what: Attributes) => void;
  /** Fires when the port is closed. */
  readonly closed: AbortSignal;
}

/** Reads are tried this often in all when the connection is refused or breaks. */
const READ_ATTEMPTS = 3;
/** Most bytes of a refusal that are read. */
const MOST_REFUSAL = 1 << 20;

/** Does a call of this port within its limits. `patienceMs`: how long the server may make it wait in all, see {@link repeatAsAsked}. */
export function within<T>(
  link: Link,
  call: KubernetesCall,
  work: (deadline: Deadline) => Promise<T>,
  patienceMs: number = CHANGE_PATIENCE_MS,
): Promise<T> {
  return withDeadline(call, link.closed, patienceMs, work);
}

/**
 * Sends a request and reads its answer. A `GET` is tried again inside the deadline when the connection was refused or broke; what may
 * change something is sent at most once. Refused credentials (401, or certificates that do not fit) are made anew once; with the new ones
 * a change goes again only after a 401, or if no byte of it went out. What the server refused to do for now goes again when it says;
 * streams have pauses of their own.
 */
export async function perform<T>(
  link: Link,
  request: ApiRequest,
  deadline: Deadline,
  read: ReadBody<T>,
): Promise<KubernetesResult<T>> {
  if (request.isStream === true) return sendUntilAnswered(link, request, deadline, read);
  return repeatAsAsked(deadline, request.what, () => sendUntilAnswered(link, request, deadline, read));
}

async function sendUntilAnswered<T>(
  link: Link,
  request: ApiRequest,
  deadline: Deadline,
  read: ReadBody<T>,
): Promise<KubernetesResult<T>> {
  const attempts = request.method === 'GET' && request.isStream !== true ? READ_ATTEMPTS : 1;
  let credentials = await credentialsBefore(deadline, request, (signal) => link.credentials.current(signal));
  let renewed = false;
  for (let attempt = 1; ; attempt += 1) {
    if (!credentials.ok) return credentials;
    link.onRequest(request.what);
    const result = await once(link, request, credentials.value, deadline, read);
    if (result.kind === 'answer') return result.value;
    if (result.kind === 'renew' && !renewed) {
      const refused = credentials.value;
      renewed = true;
      credentials = await credentialsBefore(deadline, request, (signal) => link.credentials.renew(refused, signal));
      if (result.sendAgain) continue;
      // The next call has the new ones.
      return result.value;
    }
    if (result.kind === 'again' && attempt < attempts && deadline.leftMs() > 0) {
      await deadline.pause(100 * 2 ** attempt);
      if (!deadline.signal.aborted) continue;
    }
    return result.value;
  }
}

/** Credentials, or why there are none; a plug-in that outlives the call counts as not answering. */
export async function credentialsBefore(
  deadline: Deadline,
  request: { readonly what: Attributes },
  get: (signal: AbortSignal) => Promise<KubernetesResult<Credentials>>,
): Promise<KubernetesResult<Credentials>> {
  const result = await get(deadline.signal);
  const over = deadline.over(false);
  if (over?.code === 'cancelled') return failed('cancelled', `${describe(request.what)}: ${over.message}`);
  return result;
}

/** What one sending came to. `renew` and `again` carry the answer that holds if nothing more is tried. */
type Once<T> =
  | { readonly kind: 'answer'; readonly value: KubernetesResult<T> }
  | { readonly kind: 'renew'; readonly sendAgain: boolean; readonly value: KubernetesResult<T> }
  | { readonly kind: 'again'; readonly value: KubernetesResult<T> };

async function once<T>(
  link: Link,
  request: ApiRequest,
  credentials: Credentials,
  deadline: Deadline,
  read: ReadBody<T>,
): Promise<Once<T>> {
  const answer = await link.transport.send(credentials, wire(link, request, credentials), deadline.signal);
  if ('sent' in answer) return lost(link, request, deadline, answer);
  warn(link, request, answer);
  try {
    if (answer.status < 300 || answer.status === 304) return { kind: 'answer', value: await read(answer) };
    const body = await limitedText(answer.body, MOST_REFUSAL);
    const refusal = {
      status: answer.status,
      contentType: String(answer.headers['content-type'] ?? ''),
      retryAfter: one(answer.headers['retry-after']),
      body: body.text,
    };
    const error = errorOfRefusal(refusal, request, link.redact);
    if (error.code !== 'unauthorized') return { kind: 'answer', value: { ok: false, error } };
    const message = unauthorized(request, credentials);
    return { kind: 'renew', sendAgain: true, value: { ok: false, error: { ...error, message } } };
  } catch (error) {
    answer.body.destroy();
    return lost(link, request, deadline, lostBy(error, true));
  }
}

function lost<T>(link: Link, request: ApiRequest, deadline: Deadline, why: Lost): Once<T> {
  const error = lostError(link, request.what, deadline, why);
  const sendAgain = !why.sent || request.method === 'GET';
  if (why.kind === 'untrusted') return { kind: 'renew', sendAgain, value: { ok: false, error } };
  const isOver = deadline.signal.aborted || why.kind === 'failed';
  return { kind: isOver ? 'answer' : 'again', value: { ok: false, error } };
}

/** The error of a request without an answer. */
export function lostError(link: Link, what: Attributes, deadline: Deadline, why: Lost) {
  const over = deadline.over(why.sent);
  if (over !== null) return { ...over, message: `${describe(what)}: ${over.message}` };
  const message = `${describe(what)}: ${link.redact(why.message)}`;
  if (why.kind === 'untrusted') return { code: 'not-configured', message } as const;
  if (!why.sent) return { code: 'unreachable', message: `${message}; nothing was sent` } as const;
  return { code: 'unknown-outcome', message: `${message} before an answer came` } as const;
}

/** Words for credentials that were refused. */
export function unauthorized(request: { readonly what: Attributes }, credentials: Credentials): string {
  const { certificateEnds: end, source } = credentials;
  const ended =
    end !== null && end.getTime() < Date.now() ? `; its client certificate ended on ${end.toISOString()}` : '';
  return `${describe(request.what)}: the server does not accept the credentials of ${source}, also after they were made anew${ended}`;
}

function wire(link: Link, request: ApiRequest, credentials: Credentials): WireRequest {
  return {
    method: request.method,
    path: `${request.path}${queryOf(request.query ?? {})}`,
    headers: {
      accept: request.accept ?? 'application/json',
      'user-agent': link.userAgent,
      ...credentials.headers,
      ...(request.body === undefined ? {} : { 'content-type': request.contentType ?? 'application/json' }),
      ...(typeof request.etag !== 'string' ? {} : { 'if-none-match': request.etag }),
    },
    body: request.body === undefined ? null : JSON.stringify(request.body),
  };
}

/** `?a=1&b=2`; empty: there are no parameters. */
export function queryOf(query: NonNullable<ApiRequest['query']>): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) continue;
    for (const each of Array.isArray(value) ? value : [value]) parameters.append(name, String(each));
  }
  const text = parameters.toString();
  return text === '' ? '' : `?${text}`;
}

function warn(link: Link, request: ApiRequest, answer: WireAnswer): void {
  const { warning } = answer.headers;
  if (warning === undefined) return;
  for (const each of [warning].flat()) {
    const text = /^\d{3} \S+ "(.*)"$/.exec(each)?.[1]?.replace(/\\(.)/g, '$1') ?? each;
    link.onWarning(link.redact(text), request.what);
  }
}

function one(header: string | string[] | undefined): string | null {
  return [header].flat()[0] ?? null;
}
