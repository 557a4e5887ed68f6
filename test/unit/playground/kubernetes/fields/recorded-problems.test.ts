import { expect, test } from 'vitest';
import type { ApiObject } from '../../../../../playground/kubernetes/contracts.ts';
import { createFieldRules } from '../../../../../playground/kubernetes/fields/field-rules.ts';
import { put } from '../../../../../playground/kubernetes/fields/json.ts';
import {
  allRecorded,
  answerOf,
  asObject,
  causesOf,
  kindOf,
  listItems,
  recorded,
  requestOf,
} from '../../../../support/kubernetes-fixtures.ts';

const rules = createFieldRules();

test.each([
  '05-18-invalid-causes',
  '10-04-both-fields',
  '13-04-invalid',
  '13-07-cr-invalid',
  '13-08-cr-invalid-missing',
  '13-09-cr-invalid-type',
  '13-10-cr-invalid-cel',
  '14-21-sar-invalid',
  '14-24-token-request-short',
  '17-02-invalid',
])('%s: the causes of a refused creation', (name) => {
  const sent = requestOf(name);
  const kind = kindOf(sent);
  expect(rules.problems(kind, rules.defaulted(kind, sent), null, '')).toEqual(causesOf(name));
});

test.each([
  ['16-03-create-v1-invalid', 'p-nwwrr'],
  ['16-04-namespace-mismatch', 'n.z5wmx'],
])('%s: the causes of a refused event', (name, given) => {
  const sent = requestOf(name);
  const placed = { ...sent, metadata: { ...sent.metadata, name: given, namespace: 'fx-events' } };
  expect(rules.problems(kindOf(sent), rules.defaulted(kindOf(sent), placed), null, '')).toEqual(causesOf(name));
});

test('17-03: an unknown usage', () => {
  const sent = requestOf('17-03-invalid-usage');
  const pem = '-----BEGIN CERTIFICATE REQUEST-----\n-----END CERTIFICATE REQUEST-----\n';
  const request = Buffer.from(pem).toString('base64');
  const whole = { ...sent, spec: put(sent['spec'], ['request'], request) };
  expect(rules.problems(kindOf(sent), whole, null, '')).toEqual(causesOf('17-03-invalid-usage'));
});

test.each([
  ['06-09-merge-uid-mismatch', '06-07-merge-no-change', 'merge'],
  ['06-12-merge-list-replaced', '06-13-strategic-list-merged', 'merge'],
  ['08-08-finalizer-add', '08-06-finalizer-get', 'merge'],
  ['12-09-taint-invalid', '12-05-uncordon', 'merge'],
  ['12-11-label-invalid', '12-05-uncordon', 'merge'],
  ['15-14-invalid', '15-06-take-over', 'merge'],
] as const)('%s: the causes of a refused patch', (name, before, type) => {
  expect(changed(name, answerOf(before), type, '')).toEqual(causesOf(name));
});

test('17-06: an approval cannot be taken back', () => {
  expect(changed('17-06-approve-removed', answerOf('17-04-approve'), 'merge', 'approval')).toEqual(
    causesOf('17-06-approve-removed'),
  );
});

test('05-21: a selector is immutable', () => {
  const sent = requestOf('05-31-field-validation-strict');
  const kind = kindOf(sent);
  const name = { ...sent.metadata, name: 'd1', labels: { app: 'd1' } };
  const spec = put(
    put(sent['spec'], ['selector', 'matchLabels', 'app'], 'd1'),
    ['template', 'metadata', 'labels', 'app'],
    'd1',
  );
  const live = rules.defaulted(kind, { ...sent, metadata: name, spec });
  expect(changed('05-21-immutable-selector', live, 'merge', '')).toEqual(causesOf('05-21-immutable-selector'));
});

test('05-20: a pod keeps its hostname; the difference is shown without its surroundings', () => {
  const [cause] = changed('05-20-immutable', answerOf('03-02-create'), 'merge', '');
  const [real] = causesOf('05-20-immutable');
  expect(cause).toMatchObject({ reason: 'FieldValueForbidden', field: 'spec' });
  expect(real).toMatchObject({ reason: 'FieldValueForbidden', field: 'spec' });
  expect(JSON.stringify(real)).toContain(JSON.stringify(cause?.message.split('\n')[0]).slice(1, -1));
  expect(cause?.message).toContain('- "Hostname": "",\n+ "Hostname": "x",\n');
});

test('05-43: an object may have 1 MiB', () => {
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'big' }, data: { a: 'x'.repeat(1_100_000) } };
  expect(rules.problems(kindOf(object), object, null, '')).toEqual(causesOf('05-43-too-large-object'));
});

test('11-15: a scale cannot be negative', () => {
  const live = answerOf('11-14-scale-patch');
  expect(changed('11-15-scale-invalid', live, 'merge', '')).toEqual(causesOf('11-15-scale-invalid'));
});

const stored = allRecorded()
  .filter(({ request }) => request.method === 'GET')
  .flatMap(({ name, response }) => {
    const object = asObject(response.body);
    return (object === null ? [] : [object, ...listItems(object)]).map((one) => ({ name, object: one }));
  })
  .filter(({ object }) => !/List$|^Table$|^PartialObjectMetadata|^Status$|Discovery$|^APIGroup/.test(object.kind));

test('every recorded object that was stored is valid, and can be decoded', () => {
  expect(stored.length).toBeGreaterThan(60);
  for (const { name, object } of stored) {
    const kind = kindOf(object);
    expect([name, ...rules.problems(kind, object, object, '')]).toEqual([name]);
    expect([name, rules.decodingProblem?.(kind, object)]).toEqual([name, null]);
  }
});

function changed(name: string, live: ApiObject, type: 'merge', subresource: string): ReturnType<typeof rules.problems> {
  const kind = kindOf(live);
  const outcome = rules.patched(kind, type, live, recorded(name).request.body);
  return outcome.ok
    ? rules.problems(kind, rules.defaulted(kind, outcome.value), live, subresource)
    : (outcome.refusal.causes ?? []);
}
