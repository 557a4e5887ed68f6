import { assert, integer, json, property, string, stringMatching } from 'fast-check';
import { expect, test } from 'vitest';
import { continueToken, readContinueToken } from '../../../../../playground/kubernetes/api/continue-token.ts';
import { duplicateFields } from '../../../../../playground/kubernetes/api/duplicates.ts';
import { acceptedForm } from '../../../../../playground/kubernetes/api/media.ts';
import { attributesOf, routeOf } from '../../../../../playground/kubernetes/api/routes.ts';

function asked(method: string, path: string): string {
  const url = new URL(path, 'https://localhost');
  const { verb, group, resource, subresource, namespace, name } = attributesOf(method, routeOf(url.pathname), url);
  return [verb, group, resource, subresource, namespace, name].join('|');
}

test.each([
  ['GET', '/api/v1/pods', 'list||pods|||'],
  ['GET', '/api/v1/namespaces/a/pods?watch=true', 'watch||pods||a|'],
  ['GET', '/api/v1/namespaces/a/pods/b', 'get||pods||a|b'],
  ['GET', '/api/v1/namespaces/a/pods?fieldSelector=metadata.name%3Db', 'list||pods||a|b'],
  ['POST', '/api/v1/namespaces/a/pods/b/eviction', 'create||pods|eviction|a|b'],
  ['PATCH', '/apis/apps/v1/namespaces/a/deployments/b/status', 'patch|apps|deployments|status|a|b'],
  ['DELETE', '/api/v1/namespaces/a/pods', 'deletecollection||pods||a|'],
  ['GET', '/api/v1/namespaces/a', 'get||namespaces||a|a'],
  ['PUT', '/api/v1/namespaces/a/finalize', 'update||namespaces|finalize|a|a'],
  ['GET', '/api/v1/namespaces', 'list||namespaces|||'],
  ['GET', '/apis/example.com/v1/gears/one', 'get|example.com|gears|||one'],
  ['GET', '/readyz/etcd', 'get|||||'],
])('%s %s asks %s', (method, path, expected) => {
  expect(asked(method, path)).toBe(expected);
});

test('a continue token is read as it was written', () => {
  assert(
    property(integer({ min: 1, max: 2 ** 48 }), stringMatching(/^[a-z0-9-]{1,20}$/), (revision, name) => {
      const read = readContinueToken(continueToken({ revision, start: `/${name}\0` }));
      expect(read).toEqual({ ok: true, value: { revision, start: `${name}\0` } });
    }),
  );
});

test('what is no continue token is refused, also one that leaves its list', () => {
  const outside = continueToken({ revision: 5, start: '../secrets/' });

  assert(
    property(string(), (text) => {
      expect(readContinueToken(text).ok).toBe(false);
    }),
  );
  expect(readContinueToken(outside).ok).toBe(false);
});

test.each([
  ['{"a":1,"b":{"a":2}}', []],
  ['{"a":1,"a":2}', ['duplicate field "a"']],
  ['{"a":[{"b":1},{"b":1,"b":2}]}', ['duplicate field "a[1].b"']],
  ['{"a":"{\\"x\\":1,\\"x\\":2}"}', []],
])('duplicates of %s', (text, expected) => {
  expect(duplicateFields(text)).toEqual(expected);
});

test('JSON that was written by a machine names no field twice', () => {
  assert(
    property(json(), (text) => {
      expect(duplicateFields(text)).toEqual([]);
    }),
  );
});

test.each([
  ['', 'object json'],
  ['*/*', 'object json'],
  ['application/yaml', 'object yaml'],
  ['application/vnd.kubernetes.protobuf,application/json', 'object json'],
  ['application/json;as=Table;v=v1;g=meta.k8s.io,application/json', 'table json'],
  ['application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json', 'object json'],
  ['application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io', 'partial json'],
  ['text/html', '406'],
])('Accept %j is answered as %s', (accept, expected) => {
  const form = acceptedForm(accept);
  expect(form.ok ? `${form.value.as} ${form.value.media}` : String(form.refusal.status)).toBe(expected);
});
