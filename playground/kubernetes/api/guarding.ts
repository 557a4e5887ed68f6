import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import type { Attempt, Attributes, Guard, Refusal, User } from '../contracts.ts';
import { details, done, qualified, refused } from './refusals.ts';

const MASTERS = 'system:masters';
const OPEN_PATHS = new Set(['/version', '/healthz', '/livez', '/readyz']);

/** The guard when no other is given: client certificates only, and only `system:masters` may do anything. */
export const certificateGuard: Guard = {
  authenticate: (request) =>
    Promise.resolve(request.headers.authorization === undefined ? certificateUser(request) : null),
  authorize: (user, what) =>
    Promise.resolve({
      allowed: user.groups.includes(MASTERS) || (what.verb === 'get' && OPEN_PATHS.has(what.path)),
      reason: '',
    }),
};

/** Whom a client certificate names; `system:anonymous` without one. */
export function certificateUser(request: IncomingMessage): User {
  const known = users.get(request.socket);
  if (known !== undefined) return known;
  const user = readUser(request);
  users.set(request.socket, user);
  return user;
}

/** A connection keeps its certificate; reading it is dear. */
const users = new WeakMap<object, User>();

function readUser(request: IncomingMessage): User {
  const subject =
    request.socket instanceof TLSSocket && request.socket.authorized
      ? request.socket.getPeerCertificate().subject
      : undefined;
  // Node gives no subject where there is no certificate, whatever its types say.
  const name = firstOf(subject?.CN);
  if (name === '') return { name: 'system:anonymous', uid: '', groups: ['system:unauthenticated'], extra: {} };
  const groups: unknown = subject?.O;
  const named = Array.isArray(groups) ? groups.map(String) : typeof groups === 'string' ? [groups] : [];
  return { name, uid: '', groups: [...named, 'system:authenticated'], extra: {} };
}

function firstOf(value: unknown): string {
  if (Array.isArray(value)) return String(value[0] ?? '');
  return typeof value === 'string' ? value : '';
}

/** Asks the guard whether a user may do this; 403 in the words of a real server. */
export async function permitted(guard: Guard, user: User, what: Attributes): Promise<Attempt<null>> {
  const { allowed, reason } = await guard.authorize(user, what);
  return allowed ? done(null) : refused(notPermitted(user, what, reason));
}

/** 403 for want of a right. */
export function notPermitted(user: User, what: Attributes, reason: string): Refusal {
  const because = reason === '' ? '' : `: ${reason}`;
  if (what.resource === '') {
    const message = `forbidden: User "${user.name}" cannot ${what.verb} path "${what.path}"${because}`;
    return { status: 403, reason: 'Forbidden', message, details: {} };
  }
  const subject = `${qualified(what.resource, what.group)}${what.name === '' ? '' : ` "${what.name}"`}`;
  const resource = what.subresource === '' ? what.resource : `${what.resource}/${what.subresource}`;
  const where =
    what.namespace === '' || what.resource === 'namespaces'
      ? 'at the cluster scope'
      : `in the namespace "${what.namespace}"`;
  return {
    status: 403,
    reason: 'Forbidden',
    message: `${subject} is forbidden: User "${user.name}" cannot ${what.verb} resource "${resource}" in API group "${what.group}" ${where}${because}`,
    details: details({ name: what.name, group: what.group, kind: what.resource }),
  };
}

/** 401. */
export const unauthorized: Refusal = { status: 401, reason: 'Unauthorized', message: 'Unauthorized' };
