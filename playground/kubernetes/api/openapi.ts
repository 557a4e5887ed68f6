import { createHash } from 'node:crypto';
import type { Attempt, Fields } from '../contracts.ts';
import { type Answer, apiVersionOf, type Core, pageNotFound } from './core.ts';
import type { ServedKind } from './kinds.ts';
import { done } from './refusals.ts';

/** `/openapi/v3` and one document a group version: just enough for a client to see that writes know `fieldValidation`. */
export function openApiPath(core: Core, rest: readonly string[]): Promise<Attempt<Answer>> {
  const [form, ...path] = rest;
  if (form !== 'v3') return Promise.resolve(done(pageNotFound));
  const groups = core.kinds.groups().flatMap(({ group, versions }) => versions.map((version) => ({ group, version })));
  if (path.length === 0) {
    const paths = Object.fromEntries(
      groups.map(({ group, version }) => {
        const place = placeOf(group, version);
        const text = JSON.stringify(documentOf(core.kinds.kinds(group, version)));
        const hash = createHash('sha512').update(text).digest('hex').toUpperCase();
        return [place, { serverRelativeURL: `/openapi/v3/${place}?hash=${hash}` }];
      }),
    );
    return Promise.resolve(done({ is: 'object', status: 200, body: { paths } }));
  }
  const found = groups.find(({ group, version }) => placeOf(group, version) === path.join('/'));
  if (found === undefined) return Promise.resolve(done(pageNotFound));
  const body = documentOf(core.kinds.kinds(found.group, found.version));
  return Promise.resolve(done({ is: 'object', status: 200, body }));
}

function placeOf(group: string, version: string): string {
  return group === '' ? `api/${version}` : `apis/${group}/${version}`;
}

const WRITE_PARAMETERS = ['dryRun', 'fieldManager', 'fieldValidation'].map((name) => ({
  name,
  in: 'query',
  schema: { type: 'string', uniqueItems: true },
}));

function documentOf(kinds: readonly ServedKind[]): Fields {
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: 'v1.36.2' },
    paths: Object.fromEntries(kinds.map((kind) => [pathOf(kind), operationsOf(kind)])),
    components: { schemas: Object.fromEntries(kinds.map((kind) => [schemaName(kind), schemaOf(kind)])) },
  };
}

function pathOf(kind: ServedKind): string {
  const root = kind.group === '' ? '/api/v1' : `/apis/${apiVersionOf(kind)}`;
  return `${root}${kind.namespaced ? '/namespaces/{namespace}' : ''}/${kind.plural}/{name}`;
}

function operationsOf(kind: ServedKind): Fields {
  const named = { 'x-kubernetes-group-version-kind': gvkOf(kind) };
  const media = { schema: { $ref: `#/components/schemas/${schemaName(kind)}` } };
  const responses = { 200: { description: 'OK', content: { 'application/json': media } } };
  const write = { ...named, parameters: WRITE_PARAMETERS, responses };
  return {
    get: { ...named, 'x-kubernetes-action': 'get', responses },
    put: { ...write, 'x-kubernetes-action': 'put' },
    patch: { ...write, 'x-kubernetes-action': 'patch' },
  };
}

function gvkOf({ group, version, kind }: ServedKind): Fields {
  return { group, version, kind };
}

function schemaName(kind: ServedKind): string {
  return `playground.${kind.group}.${kind.version}.${kind.kind}`;
}

function schemaOf(kind: ServedKind): Fields {
  const known = kind.schema ?? { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  return { ...known, 'x-kubernetes-group-version-kind': [gvkOf(kind)] };
}
