import type { Attributes } from '../contracts.ts';

/** What a path means, before anyone knows whether there is such a thing. */
export type Route =
  /** `/api`, `/apis`, `/apis/apps`, `/api/v1`, `/apis/apps/v1`. */
  | { readonly kind: 'discovery'; readonly group: string | null; readonly version: string | null }
  | ResourceRoute
  /** Everything else: `/version`, `/readyz/etcd`, `/nope`. */
  | { readonly kind: 'path' };

/** A path of objects. */
export interface ResourceRoute {
  readonly kind: 'resource';
  readonly group: string;
  readonly version: string;
  /** Empty: none in the path. */
  readonly namespace: string;
  readonly resource: string;
  readonly name: string;
  readonly subresource: string;
  /** What stands behind the subresource (`proxy/…`). */
  readonly rest: readonly string[];
}

const NAMESPACE_SUBRESOURCES = new Set(['status', 'finalize']);

/** Reads a path as the API server does. */
export function routeOf(path: string): Route {
  const parts = path
    .split('/')
    .filter((part) => part !== '')
    .map((part) => decode(part));
  const [root, ...rest] = parts;
  if (root === 'api') return below('', rest[0], rest.slice(1), true);
  if (root === 'apis') return below(rest[0] ?? null, rest[1], rest.slice(2), false);
  return { kind: 'path' };
}

function below(group: string | null, version: string | undefined, rest: readonly string[], core: boolean): Route {
  if (group === null || version === undefined) return { kind: 'discovery', group: core ? '' : group, version: null };
  const [first, ...parts] = rest;
  if (first === undefined) return { kind: 'discovery', group, version };
  const [second, third, ...more] = parts;
  if (first === 'namespaces' && second !== undefined && third !== undefined && !NAMESPACE_SUBRESOURCES.has(third)) {
    const [name = '', subresource = '', ...behind] = more;
    return { kind: 'resource', group, version, namespace: second, resource: third, name, subresource, rest: behind };
  }
  return {
    kind: 'resource',
    group,
    version,
    // A namespace is asked about as an object within itself.
    namespace: first === 'namespaces' && group === '' ? (second ?? '') : '',
    resource: first,
    name: second ?? '',
    subresource: third ?? '',
    rest: more,
  };
}

const VERBS: Readonly<Record<string, string>> = { POST: 'create', PUT: 'update', PATCH: 'patch' };

/** What the request asks for, in the words of RBAC. */
export function attributesOf(method: string, route: Route, url: URL): Attributes {
  const blank = { group: '', version: '', resource: '', subresource: '', namespace: '', name: '' };
  if (route.kind !== 'resource') return { ...blank, verb: method.toLowerCase(), path: url.pathname };
  const { group, version, resource, subresource, namespace, name } = route;
  return {
    verb: verbOf(method, route, url),
    group,
    version,
    resource,
    subresource,
    namespace,
    name: name === '' ? nameSelected(url) : name,
    path: url.pathname,
  };
}

/** Whether it asks for a stream of changes. */
export function isWatch(method: string, route: ResourceRoute, url: URL): boolean {
  return method === 'GET' && route.name === '' && ['true', '1'].includes(url.searchParams.get('watch') ?? '');
}

function verbOf(method: string, route: ResourceRoute, url: URL): string {
  if (method === 'GET' || method === 'HEAD') {
    if (route.name !== '') return 'get';
    return isWatch(method, route, url) ? 'watch' : 'list';
  }
  if (method === 'DELETE') return route.name === '' ? 'deletecollection' : 'delete';
  return VERBS[method] ?? method.toLowerCase();
}

function nameSelected(url: URL): string {
  return /^metadata\.name==?([^,!=]+)$/.exec(url.searchParams.get('fieldSelector') ?? '')?.[1] ?? '';
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
