import { z } from 'zod';
import type { KubernetesError, KubernetesErrorCode } from '../../core/ports/kubernetes.ts';
import { type Attributes, describe, missingRule } from './attributes.ts';
import type { Redact } from './redact.ts';

/** A refusal as it came: status, headers that matter, body. */
export interface Refusal {
  readonly status: number;
  readonly contentType: string;
  /** Header `retry-after`; `null`: none. */
  readonly retryAfter: string | null;
  readonly body: string;
}

/** What was asked, as far as it decides what a refusal means. */
export interface Asked {
  readonly what: Attributes;
  /** A JSON patch with a `test` operation: its failure looks like an invalid patch. */
  readonly patchTests?: boolean;
}

const Cause = z.object({
  reason: z.string().catch(''),
  message: z.string().catch(''),
  field: z.string().catch(''),
});

/** The `Status` of a refusal. A 504 has no `kind`; text bodies have none of it. */
const Status = z.object({
  status: z.literal('Failure').optional(),
  message: z.string().catch(''),
  reason: z.string().catch(''),
  code: z.number().optional(),
  details: z
    .object({
      name: z.string().catch(''),
      kind: z.string().catch(''),
      causes: z.array(Cause).catch([]),
      retryAfterSeconds: z.number().catch(0),
    })
    .catch({ name: '', kind: '', causes: [], retryAfterSeconds: 0 }),
});
type Status = z.infer<typeof Status>;

/** Messages are shown up to this length; what is left out is counted. */
const MOST_MESSAGE = 700;

/**
 * What a refusal means. Decided by status, reason and causes; by the message only where the server gives nothing else (two budgets,
 * quota, webhooks, etcd). Source: answers of kube-apiserver 1.36.
 */
export function errorOfRefusal(refusal: Refusal, asked: Asked, redact: Redact): KubernetesError {
  const status = statusOf(refusal);
  const code = codeFor(refusal, status, asked);
  const { causes, retryAfterSeconds } = status.details;
  const seconds = Number(refusal.retryAfter ?? '') || retryAfterSeconds;
  const isSecret = asked.what.resource === 'secrets';
  return {
    code,
    message: messageFor(code, refusal, status, asked, redact),
    status: refusal.status,
    ...(seconds > 0 ? { retryAfterMs: seconds * 1000 } : {}),
    ...(causes.length === 0
      ? {}
      : {
          causes: causes.map(({ reason, field, message }) => ({
            reason,
            field,
            message: isSecret ? '' : cut(redact(message)),
          })),
        }),
  };
}

function statusOf(refusal: Refusal): Status {
  try {
    const parsed = Status.safeParse(JSON.parse(refusal.body));
    if (parsed.success && (parsed.data.message !== '' || parsed.data.reason !== '')) return parsed.data;
  } catch {
    // Plain text: the 404 of an unknown path, the 429 of priority and fairness, pages of proxies.
  }
  const text = /html/i.test(refusal.contentType) ? '' : refusal.body.trim();
  return { message: text, reason: '', details: { name: '', kind: '', causes: [], retryAfterSeconds: 0 } };
}

function codeFor(refusal: Refusal, status: Status, asked: Asked): KubernetesErrorCode {
  if (isDenied(status)) return 'refused';
  switch (refusal.status) {
    case 400:
    case 405:
    case 406:
    case 413:
    case 415:
      return 'invalid';
    case 401:
      return 'unauthorized';
    case 403:
      return codeFor403(status, asked);
    case 404:
      return status.reason === 'NotFound' && status.details.name !== '' ? 'not-found' : 'no-such-kind';
    case 409:
      return status.reason === 'AlreadyExists' ? 'already-exists' : 'conflict';
    case 410:
      return 'expired';
    case 412:
      return 'conflict';
    case 422:
      return codeFor422(status, asked);
    case 429:
      return status.details.causes.some((each) => each.reason === 'DisruptionBudget') ? 'budget' : 'throttled';
    case 500:
      return codeFor500(status, asked);
    case 504:
      return 'unknown-outcome';
    default:
      return refusal.status >= 500 || refusal.status === 408 ? 'server-error' : 'refused';
  }
}

/** A webhook or admission policy said no. It may choose any code, also a 409 that has nothing to do with revisions. */
function isDenied({ message }: Status): boolean {
  return (
    /^admission webhook ".*" denied the request/.test(message) ||
    /ValidatingAdmissionPolicy '.*denied request/.test(message)
  );
}

function codeFor403(status: Status, asked: Asked): KubernetesErrorCode {
  const { message } = status;
  if (status.details.causes.some((each) => each.reason === 'NamespaceTerminating')) return 'terminating';
  if (/\bexceeded quota: /.test(message)) return 'quota';
  if (/\bUser "[^"]*" cannot /.test(message) || /is attempting to grant RBAC permissions/.test(message))
    return 'forbidden';
  if (asked.what.subresource === 'eviction') return 'blocked-for-good';
  return 'refused';
}

function codeFor422(status: Status, asked: Asked): KubernetesErrorCode {
  const { causes } = status.details;
  if (causes.some((each) => each.field === 'metadata.uid' && each.reason === 'FieldValueInvalid')) return 'conflict';
  if (asked.patchTests === true && causes.length === 0) return 'conflict';
  return 'invalid';
}

function codeFor500(status: Status, asked: Asked): KubernetesErrorCode {
  if (asked.what.subresource === 'eviction' && /more than one PodDisruptionBudget/.test(status.message))
    return 'blocked-for-good';
  if (status.message.startsWith('etcdserver: mvcc: database space exceeded')) return 'no-space';
  if (/^etcdserver: (request timed out|leader changed)|^context (deadline exceeded|canceled)/.test(status.message))
    return 'unknown-outcome';
  return 'server-error';
}

function messageFor(code: KubernetesErrorCode, refusal: Refusal, status: Status, asked: Asked, redact: Redact): string {
  const said = saidBy(refusal, status, asked, redact);
  if (code !== 'forbidden') return `${describe(asked.what)}: ${said}`;
  const { user, verb } = whoAndVerb(status.message);
  if (user === null) return `${describe(asked.what)}: ${said}`;
  const rule = verb === null || verb.startsWith('impersonate') ? '' : `; ${missingRule(asked.what, verb, user)}`;
  return `${describe(asked.what)} is not allowed for ${user}${rule === '' ? `: ${said}` : rule}`;
}

function whoAndVerb(message: string): { readonly user: string | null; readonly verb: string | null } {
  const found = /\bUser "([^"]*)" cannot (\S+) (?:resource|path)/.exec(message);
  return { user: found?.[1] ?? null, verb: found?.[2] ?? null };
}

/** The server's words. A refusal about a Secret may quote it: then only the reason and the fields. */
function saidBy(refusal: Refusal, status: Status, asked: Asked, redact: Redact): string {
  if (asked.what.resource === 'secrets') {
    const fields = status.details.causes.map((each) => each.field).filter((field) => field !== '');
    return `${status.reason || `status ${refusal.status}`}${fields.length === 0 ? '' : ` (${fields.join(', ')})`}`;
  }
  const { causes } = status.details;
  const budgets = causes.filter((each) => each.reason === 'DisruptionBudget').map((each) => each.message);
  const text = [status.message, ...budgets].filter((each) => each !== '').join(' ');
  if (text !== '') return cut(redact(text.replace(/\s+/g, ' ').trim()));
  return `the server answered with status ${refusal.status}${status.reason === '' ? '' : ` (${status.reason})`}`;
}

function cut(text: string): string {
  if (text.length <= MOST_MESSAGE) return text;
  return `${text.slice(0, MOST_MESSAGE)} … (${text.length - MOST_MESSAGE} characters more)`;
}
