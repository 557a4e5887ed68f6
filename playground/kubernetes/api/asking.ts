import type { Attempt, Attributes, User } from '../contracts.ts';
import { StoreError } from '../store/store-error.ts';
import { type Answer, type Call, type Core, pageNotFound } from './core.ts';
import { discover } from './discovery.ts';
import { dispatch } from './dispatch.ts';
import { answerPath } from './paths.ts';
import { badRequest, done, methodNotAllowed, noSuchResource, refused, serverError } from './refusals.ts';
import { review } from './reviewing.ts';
import { attributesOf, isWatch, type ResourceRoute, routeOf } from './routes.ts';

/** One request, after whoever asks was recognised. */
export interface Ask {
  readonly method: string;
  readonly url: URL;
  readonly body: Buffer;
  readonly contentType: string;
  readonly accept: string;
  readonly ifNoneMatch: string;
  readonly agent: string;
  readonly user: User;
  warn(text: string): void;
}

/** How long the server works for one request when it does not say. */
const DEFAULT_LIMIT_MS = 60_000;
/** The bound for writes. */
const WRITE_LIMIT_MS = 34_000;
const MAX_BODY = 3_145_728;

/** An answer, a refusal, or that the time is over: which has a form of its own. */
export type Outcome = Attempt<Answer> | 'out-of-time';

/** What a request asks for, in the words of RBAC. */
export function attributes(method: string, url: URL): Attributes {
  return attributesOf(method, routeOf(url.pathname), url);
}

/** Answers a request whose asker may ask it. Never throws for what etcd does. */
export async function ask(core: Core, request: Ask): Promise<Outcome> {
  const limit = limitOf(request.url);
  if (!limit.ok) return limit;
  if (request.body.length > MAX_BODY) {
    const message = `Request entity too large: limit is ${MAX_BODY}`;
    return refused({ status: 413, reason: 'RequestEntityTooLarge', message });
  }
  if (limit.value < 1) return 'out-of-time';
  const { promise, resolve } = Promise.withResolvers<Outcome>();
  const timer = setTimeout(() => resolve('out-of-time'), limit.value);
  try {
    return await Promise.race([answered(core, request, limit.value), promise]);
  } finally {
    clearTimeout(timer);
  }
}

async function answered(core: Core, request: Ask, limitMs: number): Promise<Outcome> {
  const writes = !['GET', 'HEAD'].includes(request.method);
  const ownLimit = writes && limitMs > WRITE_LIMIT_MS;
  const deadline = Date.now() + (ownLimit ? WRITE_LIMIT_MS : limitMs);
  try {
    return await routed(core, request, () => Math.max(1, deadline - Date.now()));
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    if (error.code !== 'deadline') return refused(serverError(error.message));
    if (!ownLimit) return 'out-of-time';
    const message = `Timeout: request did not complete within requested timeout - ${error.message}`;
    return refused({ status: 504, reason: 'Timeout', message, details: {} });
  }
}

function routed(core: Core, request: Ask, left: () => number): Promise<Attempt<Answer>> {
  const { method, url } = request;
  const route = routeOf(url.pathname);
  if (route.kind === 'path') return answerPath(core, url, left);
  if (route.kind === 'discovery') return Promise.resolve(discover(core, route, request));
  const { group, version, resource } = route;
  const served = core.kinds.groups().some((each) => each.group === group && each.versions.includes(version));
  const kind = core.kinds.find(group, version, resource);
  if (!served && kind === undefined) {
    return Promise.resolve(done(pageNotFound));
  }
  const asked = core.kinds.findReview(group, version, resource);
  const verb = isWatch(method, route, url) ? 'watch' : attributesOf(method, route, url).verb;
  const call = { ...partsOf(route), core, verb, query: url.searchParams, left, ...bodyOf(request) };
  if (asked !== undefined) return review({ ...call, kind: asked });
  if (kind === undefined) return Promise.resolve(refused(noSuchResource));
  if (!kind.namespaced && url.pathname.includes('/namespaces/') && kind.plural !== 'namespaces')
    return Promise.resolve(refused(noSuchResource));
  if (verb === 'post' || verb === 'head') return Promise.resolve(refused(methodNotAllowed));
  const deprecated = DEPRECATED[`${group}/${version}/${resource}`];
  if (deprecated !== undefined) request.warn(deprecated);
  return dispatch({ ...call, kind });
}

const DEPRECATED: Readonly<Record<string, string>> = {
  '/v1/endpoints': 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice',
};

function partsOf(route: ResourceRoute): Pick<Call, 'namespace' | 'name' | 'subresource'> {
  const { namespace, name, subresource } = route;
  return { namespace, name, subresource };
}

function bodyOf(request: Ask): Pick<Call, 'body' | 'contentType' | 'user' | 'agent' | 'warn'> {
  const { body, contentType, user, agent } = request;
  return { body, contentType, user, agent, warn: (text) => request.warn(text) };
}

const UNITS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
};

function limitOf(url: URL): Attempt<number> {
  const text = url.searchParams.get('timeout') ?? '';
  if (text === '') return done(DEFAULT_LIMIT_MS);
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/gy)];
  const whole = parts.map(([part]) => part).join('') === text;
  if (!whole)
    return refused(badRequest(`invalid timeout specified in the request URL - time: invalid duration "${text}"`));
  const asked = parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (UNITS[unit ?? ''] ?? 0), 0);
  return done(asked === 0 ? DEFAULT_LIMIT_MS : Math.min(asked, DEFAULT_LIMIT_MS));
}
