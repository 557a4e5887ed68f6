import type { Attempt, Fields, Refusal, ResourceKind, StatusCause } from '../contracts.ts';

/** What a refusal about a kind has to know of it. */
type Named = Pick<ResourceKind, 'group' | 'plural' | 'kind'>;

/** A refused attempt. */
export function refused(refusal: Refusal): { readonly ok: false; readonly refusal: Refusal } {
  return { ok: false, refusal };
}

/** A successful attempt. */
export function done<T>(value: T): Attempt<T> {
  return { ok: true, value };
}

/** `leases.coordination.k8s.io`, or `pods`. */
export function qualified(name: string, group: string): string {
  return group === '' ? name : `${name}.${group}`;
}

function about(kind: Named, name: string): Fields {
  return details({ name, group: kind.group, kind: kind.plural });
}

/** Details without what is empty, as the API leaves it out. */
export function details(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== '' && value !== undefined));
}

/** 400. */
export function badRequest(message: string): Refusal {
  return { status: 400, reason: 'BadRequest', message };
}

/** 404 for an object. */
export function notFound(kind: Named, name: string): Refusal {
  const message = `${qualified(kind.plural, kind.group)} "${name}" not found`;
  return { status: 404, reason: 'NotFound', message, details: about(kind, name) };
}

/** 404 for a path that is no resource of a version that exists. */
export const noSuchResource: Refusal = {
  status: 404,
  reason: 'NotFound',
  message: 'the server could not find the requested resource',
  details: {},
};

/** 405. */
export const methodNotAllowed: Refusal = {
  status: 405,
  reason: 'MethodNotAllowed',
  message: 'the server does not allow this method on the requested resource',
  details: {},
};

/** 409 for a name that is taken. */
export function alreadyExists(kind: Named, name: string): Refusal {
  const message = `${qualified(kind.plural, kind.group)} "${name}" already exists`;
  return { status: 409, reason: 'AlreadyExists', message, details: about(kind, name) };
}

/** 409 for a revision or identity that does not hold. */
export function conflict(kind: Named, name: string, why: string): Refusal {
  const message = `Operation cannot be fulfilled on ${qualified(kind.plural, kind.group)} "${name}": ${why}`;
  return { status: 409, reason: 'Conflict', message, details: about(kind, name) };
}

/** 409 for a stale revision. */
export function modified(kind: Named, name: string): Refusal {
  const why = 'the object has been modified; please apply your changes to the latest version and try again';
  return conflict(kind, name, why);
}

/** 403 by a rule of the server, not for want of a right. */
export function forbidden(kind: Named, name: string, why: string, causes: readonly StatusCause[] = []): Refusal {
  const subject = name === '' ? qualified(kind.plural, kind.group) : `${qualified(kind.plural, kind.group)} "${name}"`;
  const message = `${subject} is forbidden: ${why}`;
  return { status: 403, reason: 'Forbidden', message, details: about(kind, name), ...causesOf(causes) };
}

/** 422 with its causes; `kind` in the words of the refusal: `Pod`, `Deployment` with `apps`. */
export function invalid(kind: Pick<Named, 'group' | 'kind'>, name: string, causes: readonly StatusCause[]): Refusal {
  // A cause that came twice is said once.
  const said = [...new Set(causes.map((cause) => `${cause.field}: ${cause.message}`))];
  const why = said.length === 1 ? said[0] : `[${said.join(', ')}]`;
  return {
    status: 422,
    reason: 'Invalid',
    message: `${qualified(kind.kind, kind.group)} "${name}" is invalid: ${why}`,
    details: details({ name, group: kind.group, kind: kind.kind }),
    causes,
  };
}

/** 422 for options of a request: `PatchOptions`, `DeleteOptions`, `ListOptions`. */
export function invalidOptions(kind: string, cause: StatusCause): Refusal {
  return invalid({ group: 'meta.k8s.io', kind }, '', [cause]);
}

/** 415. */
export function unsupportedMedia(accepted: readonly string[]): Refusal {
  const message = `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`;
  return { status: 415, reason: 'UnsupportedMediaType', message };
}

/** 410 for a list. */
export function expired(message: string): Refusal {
  return { status: 410, reason: 'Expired', message };
}

/** 429 while a custom kind's storage begins to work. */
export const initializing: Refusal = {
  status: 429,
  reason: 'TooManyRequests',
  message: 'storage is (re)initializing',
  retryAfterSeconds: 1,
};

/** 500 in the server's words, without a reason. */
export function serverError(message: string): Refusal {
  return { status: 500, reason: '', message };
}

function causesOf(causes: readonly StatusCause[]): { readonly causes?: readonly StatusCause[] } {
  return causes.length === 0 ? {} : { causes };
}

function saidCause({ reason, message, field }: StatusCause): Fields {
  return { reason, message, ...(field === '' ? {} : { field }) };
}

/** The `Status` object of a refusal. */
export function statusOf(refusal: Refusal): Fields {
  const { status, reason, message, causes, retryAfterSeconds } = refusal;
  const extra = {
    ...refusal.details,
    ...(causes === undefined ? {} : { causes: causes.map(saidCause) }),
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  };
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: refusal.metadata ?? {},
    status: 'Failure',
    message,
    ...(reason === '' ? {} : { reason }),
    ...(refusal.details === undefined && Object.keys(extra).length === 0 ? {} : { details: extra }),
    code: status,
  };
}
