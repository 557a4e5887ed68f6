import { createHash } from 'node:crypto';
import type { Attempt, Fields } from '../contracts.ts';
import { type Answer, type Core, pageNotFound } from './core.ts';
import type { ReviewKind, ServedKind } from './kinds.ts';
import { done } from './refusals.ts';
import { subresourceOf } from './subresources.ts';

const ALL_VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
const AGGREGATED = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

interface DiscoveryRoute {
  readonly group: string | null;
  readonly version: string | null;
}

/** `/api`, `/apis` and what is below, classic or aggregated as the client accepts it. */
export function discover(
  core: Core,
  { group, version }: DiscoveryRoute,
  request: { readonly accept: string; readonly ifNoneMatch: string; readonly url: URL },
): Attempt<Answer> {
  const core1 = request.url.pathname.startsWith('/api/') || request.url.pathname === '/api';
  if (version !== null) return resourceList(core, group ?? '', version);
  if (group !== null && !core1) return oneGroup(core, group);
  if (wantsAggregated(request.accept)) return aggregated(core, core1, request.ifNoneMatch);
  if (core1) {
    const body = {
      kind: 'APIVersions',
      versions: ['v1'],
      serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: request.url.host }],
    };
    return done({ is: 'object', status: 200, body });
  }
  const groups = namedGroups(core).map((each) => groupOf(each));
  return done({ is: 'object', status: 200, body: { kind: 'APIGroupList', apiVersion: 'v1', groups } });
}

function wantsAggregated(accept: string): boolean {
  const first = accept
    .split(',')
    .find((clause) => !clause.includes('g=apidiscovery.k8s.io') || clause.includes('v=v2;'));
  return first?.includes('g=apidiscovery.k8s.io') === true;
}

function namedGroups(core: Core) {
  return core.kinds.groups().filter(({ group }) => group !== '');
}

function groupOf({ group, versions }: { readonly group: string; readonly versions: readonly string[] }): Fields {
  const named = versions.map((version) => ({ groupVersion: `${group}/${version}`, version }));
  return { name: group, versions: named, preferredVersion: named[0] };
}

function oneGroup(core: Core, group: string): Attempt<Answer> {
  const found = namedGroups(core).find((each) => each.group === group);
  if (found === undefined) return done(pageNotFound);
  return done({ is: 'object', status: 200, body: { kind: 'APIGroup', apiVersion: 'v1', ...groupOf(found) } });
}

function resourceList(core: Core, group: string, version: string): Attempt<Answer> {
  const kinds = core.kinds.kinds(group, version);
  const reviews = core.kinds.reviews(group, version);
  if (kinds.length + reviews.length === 0) return done(pageNotFound);
  const groupVersion = group === '' ? version : `${group}/${version}`;
  const resources = [
    ...kinds.flatMap((kind) => [resource(kind)].concat(kind.subresources.map((name) => subresource(kind, name)))),
    ...reviews.map((review) => reviewResource(review)),
  ];
  const apiVersion = group === '' ? {} : { apiVersion: 'v1' };
  return done({ is: 'object', status: 200, body: { kind: 'APIResourceList', ...apiVersion, groupVersion, resources } });
}

function resource(kind: ServedKind): Fields {
  return {
    name: kind.plural,
    singularName: kind.singular,
    namespaced: kind.namespaced,
    kind: kind.kind,
    verbs: ALL_VERBS,
    ...(kind.shortNames.length === 0 ? {} : { shortNames: kind.shortNames }),
    ...(kind.categories.length === 0 ? {} : { categories: kind.categories }),
    storageVersionHash: createHash('sha256')
      .update(`${kind.group}/${kind.version}/${kind.kind}`)
      .digest('base64')
      .slice(0, 11)
      .concat('='),
  };
}

function subresource(kind: ServedKind, name: string): Fields {
  const about = subresourceOf(kind, name);
  return {
    name: `${kind.plural}/${name}`,
    singularName: '',
    namespaced: kind.namespaced,
    ...(about.group === undefined ? {} : { group: about.group, version: about.version }),
    kind: about.kind,
    verbs: about.verbs,
  };
}

function reviewResource(review: ReviewKind): Fields {
  const { plural, kind, namespaced } = review;
  return { name: plural, singularName: kind.toLowerCase(), namespaced, kind, verbs: ['create'] };
}

function aggregated(core: Core, core1: boolean, known: string): Attempt<Answer> {
  const groups = core1 ? [{ group: '', versions: ['v1'] }] : namedGroups(core);
  const items = groups.map(({ group, versions }) => ({
    metadata: group === '' ? {} : { name: group },
    versions: versions.map((version) => ({
      version,
      resources: [
        ...core.kinds.kinds(group, version).map((kind) => aggregatedResource(kind)),
        ...core.kinds.reviews(group, version).map((review) => aggregatedReview(review)),
      ],
      freshness: 'Current',
    })),
  }));
  const text = JSON.stringify({
    kind: 'APIGroupDiscoveryList',
    apiVersion: 'apidiscovery.k8s.io/v2',
    metadata: {},
    items,
  });
  const etag = `"${createHash('sha512').update(text).digest('hex').toUpperCase()}"`;
  const headers = { 'Cache-Control': 'public', ETag: etag, Vary: 'Accept' };
  if (known === etag) return done({ is: 'text', status: 304, text: '', headers });
  return done({ is: 'text', status: 200, text, headers: { ...headers, 'Content-Type': AGGREGATED } });
}

function aggregatedResource(kind: ServedKind): Fields {
  return {
    resource: kind.plural,
    responseKind: {
      group: kind.definition === null ? '' : kind.group,
      version: kind.definition === null ? '' : kind.version,
      kind: kind.kind,
    },
    scope: kind.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: kind.singular,
    verbs: ALL_VERBS,
    ...(kind.shortNames.length === 0 ? {} : { shortNames: kind.shortNames }),
    ...(kind.categories.length === 0 ? {} : { categories: kind.categories }),
    ...(kind.subresources.length === 0
      ? {}
      : { subresources: kind.subresources.map((name) => aggregatedSubresource(kind, name)).toSorted(byName) }),
  };
}

function byName(a: { readonly subresource: string }, b: { readonly subresource: string }): number {
  return a.subresource < b.subresource ? -1 : 1;
}

function aggregatedSubresource(kind: ServedKind, name: string) {
  const { group = '', version = '', kind: answer, verbs } = subresourceOf(kind, name);
  return { subresource: name, responseKind: { group, version, kind: answer }, verbs };
}

function aggregatedReview(review: ReviewKind): Fields {
  return {
    resource: review.plural,
    responseKind: { group: '', version: '', kind: review.kind },
    scope: review.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: review.kind.toLowerCase(),
    verbs: ['create'],
  };
}
