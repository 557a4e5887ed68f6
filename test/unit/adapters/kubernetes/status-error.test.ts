import { expect, test } from 'vitest';
import type { Attributes } from '../../../../src/adapters/kubernetes/attributes.ts';
import { createRedact } from '../../../../src/adapters/kubernetes/redact.ts';
import { errorOfRefusal } from '../../../../src/adapters/kubernetes/status-error.ts';
import { allRecorded, type Exchange, recorded } from '../../../support/kubernetes-fixtures.ts';
import { EXPECTED } from './recorded-refusals.ts';

const expectations = Object.entries(EXPECTED).flatMap(([code, names]) =>
  names.split(/\s+/).map((name): [string, string] => [name, code]),
);
const refusals = allRecorded().filter(({ response }) => response.status >= 400);

const VERBS: Readonly<Record<string, string>> = { POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' };

/** What a recorded request asked for, read from its path. */
function attributesOf({ request }: Exchange): Attributes {
  const { pathname, searchParams } = new URL(request.path, 'http://api');
  const isCore = pathname.startsWith('/api/');
  const parts = pathname.split('/').slice(1);
  if (!isCore && !pathname.startsWith('/apis/')) {
    return { verb: 'get', group: '', resource: '', subresource: '', namespace: null, name: null, path: pathname };
  }
  const rest = parts.slice(isCore ? 2 : 3);
  const namespaced = rest[0] === 'namespaces' && rest.length > 2;
  const [resource = '', name = null, subresource = ''] = namespaced ? rest.slice(2) : rest;
  const read = searchParams.get('watch') === 'true' ? 'watch' : name === null ? 'list' : 'get';
  const group = isCore ? '' : (parts[1] ?? '');
  const namespace = namespaced ? (rest[1] ?? null) : null;
  return { verb: VERBS[request.method] ?? read, group, resource, subresource, namespace, name };
}

function errorOf(exchange: Exchange) {
  const { status, headers, body } = exchange.response;
  const refusal = {
    status,
    contentType: String(headers['Content-Type'] ?? ''),
    retryAfter: headers['Retry-After'] === undefined ? null : String(headers['Retry-After']),
    body: typeof body === 'string' ? body : JSON.stringify(body),
  };
  const operations: unknown[] = Array.isArray(exchange.request.body) ? exchange.request.body : [];
  const patchTests = operations.some((each) => JSON.stringify(each).includes('"op":"test"'));
  return errorOfRefusal(refusal, { what: attributesOf(exchange), patchTests }, createRedact());
}

test('every recorded refusal has an expectation, and only those', () => {
  expect(refusals.length).toBe(174);
  expect(expectations.map(([name]) => name).toSorted()).toEqual(refusals.map(({ name }) => name));
});

test.each(expectations)('%s is %s', (name, code) => {
  const exchange = recorded(name);
  const error = errorOf(exchange);

  expect(error.code).toBe(code);
  expect(error.status).toBe(exchange.response.status);
  expect(error.message).toMatch(/^(get|list|watch|create|update|patch|delete) /);
  expect(error.message.length).toBeLessThan(1100);
});

test.each([
  ['09-20-budget-lagging', 10_000],
  ['13-02-too-early', 1000],
  ['19-04-too-many-requests-eviction', 1000],
  ['03-13-list-rv-future', 1000],
])('%s says when to come back', (name, ms) => {
  expect(errorOf(recorded(name)).retryAfterMs).toBe(ms);
});

test.each(['09-12-budget-refused', '09-21-two-budgets', '05-05-conflict'])('%s says no time to come back', (name) => {
  expect(errorOf(recorded(name)).retryAfterMs).toBeUndefined();
});

test('a refused eviction names the budget', () => {
  const error = errorOf(recorded('09-12-budget-refused'));

  expect(error.message).toBe(
    "create pods/eviction db-1 in namespace fx-evict: Cannot evict pod as it would violate the pod's disruption budget. The disruption budget db needs 3 healthy pods and has 3 currently",
  );
  expect(error.causes).toEqual([
    {
      reason: 'DisruptionBudget',
      message: 'The disruption budget db needs 3 healthy pods and has 3 currently',
      field: '',
    },
  ]);
});

test.each([
  [
    '14-05-forbidden-list',
    'list pods in namespace fx-auth is not allowed for system:serviceaccount:fx-auth:viewer; add `list` on `pods` in namespace fx-auth to the role of system:serviceaccount:fx-auth:viewer',
  ],
  [
    '14-07-forbidden-cluster',
    'get nodes node-1 is not allowed for system:serviceaccount:fx-auth:viewer; add `get` on `nodes` to a ClusterRole of system:serviceaccount:fx-auth:viewer',
  ],
  [
    '14-09-forbidden-subresource',
    'create pods/eviction p in namespace fx-auth is not allowed for system:serviceaccount:fx-auth:viewer; add `create` on `pods/eviction` in namespace fx-auth to the role of system:serviceaccount:fx-auth:viewer',
  ],
  [
    '14-11-forbidden-path',
    'get /metrics is not allowed for system:serviceaccount:fx-auth:viewer; add get on the path /metrics (nonResourceURLs) to a ClusterRole of system:serviceaccount:fx-auth:viewer',
  ],
])('%s: the message names who, what, where and the rule', (name, message) => {
  expect(errorOf(recorded(name)).message).toBe(message);
});

test('a refusal that is only negative is blocked for good when a pod was to be evicted', () => {
  const what = attributesOf(recorded('09-12-budget-refused'));
  const body = JSON.stringify({
    kind: 'Status',
    message: 'pdb disruptions allowed is negative',
    reason: 'Forbidden',
    code: 403,
  });
  const error = errorOfRefusal(
    { status: 403, contentType: 'application/json', retryAfter: null, body },
    { what },
    createRedact(),
  );

  expect(error.code).toBe('blocked-for-good');
});

test.each([
  [500, 'etcdserver: request timed out', 'unknown-outcome'],
  [500, 'etcdserver: leader changed', 'unknown-outcome'],
  [503, 'the server is currently unable to handle the request', 'server-error'],
  [502, 'bad gateway', 'server-error'],
  [422, "pods 'x' is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no", 'refused'],
  [403, 'pods "x" is forbidden: violates PodSecurity "restricted:latest": privileged', 'refused'],
  [302, '', 'refused'],
])('%i %s is %s', (status, message, code) => {
  const what = attributesOf(recorded('05-05-conflict'));
  const body = JSON.stringify({ kind: 'Status', status: 'Failure', message, code: status });

  expect(errorOfRefusal({ status, contentType: '', retryAfter: null, body }, { what }, createRedact()).code).toBe(code);
});

test('a refusal about a Secret shows fields, not values', () => {
  const what = { verb: 'patch', group: '', resource: 'secrets', subresource: '', namespace: 'a', name: 'etcd-ca' };
  const body = JSON.stringify({
    message: 'Secret "etcd-ca" is invalid: data: Invalid value: "c2VjcmV0LXZhbHVl"',
    reason: 'Invalid',
    details: { causes: [{ reason: 'FieldValueInvalid', message: 'Invalid value: "c2VjcmV0LXZhbHVl"', field: 'data' }] },
  });
  const error = errorOfRefusal({ status: 422, contentType: '', retryAfter: null, body }, { what }, createRedact());

  expect(JSON.stringify(error)).not.toContain('c2VjcmV0');
  expect(error.message).toBe('patch secrets etcd-ca in namespace a: Invalid (data)');
});

test('a page of a proxy is not quoted', () => {
  const what = attributesOf(recorded('05-05-conflict'));
  const refusal = { status: 502, contentType: 'text/html', retryAfter: null, body: '<html>Bad gateway</html>' };

  expect(errorOfRefusal(refusal, { what }, createRedact()).message).toMatch(/the server answered with status 502$/);
});
