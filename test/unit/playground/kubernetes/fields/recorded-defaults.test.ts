import { expect, test } from 'vitest';
import type { ApiObject } from '../../../../../playground/kubernetes/contracts.ts';
import { createFieldRules } from '../../../../../playground/kubernetes/fields/field-rules.ts';
import { allRecorded, asObject, kindOf, listItems, withoutKey } from '../../../../support/kubernetes-fixtures.ts';

const rules = createFieldRules();

/** Creations whose answer has more than defaults: admission (03, 12), the user of the request (17), the work of a review or of a token (14). */
const addsMore = /^(03-02|12-23|14-|17-01)/;

const created = allRecorded().flatMap(({ name, request, response }) => {
  const sent = asObject(request.body);
  const answer = asObject(response.body);
  const isPlain =
    request.method === 'POST' && response.status === 201 && answer?.kind === sent?.kind && !addsMore.test(name);
  return isPlain && sent !== null && answer !== null ? [{ name, sent, answer }] : [];
});

test('there are recorded creations', () => {
  expect(created.length).toBeGreaterThan(15);
});

test.each(created)('$name: what the server fills in', ({ sent, answer }) => {
  const kind = kindOf(answer);
  const named = { ...sent, metadata: { ...sent.metadata, name: answer.metadata['name'] } };
  const stored = kind.subresources.includes('status') ? objectWithout(named, 'status') : named;
  expect(withoutKey(rules.defaulted(kind, stored), 'metadata')).toEqual(withoutKey(answer, 'metadata'));
});

test('a pod gets requests from its limits, and a class of quality', () => {
  const sent = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p' },
    spec: { containers: [{ name: 'a', image: 'a', resources: { limits: { cpu: '1000m', memory: '1024Mi' } } }] },
  };
  expect(rules.defaulted(kindOf(sent), sent)).toMatchObject({
    spec: { containers: [{ imagePullPolicy: 'Always', resources: { requests: { cpu: '1', memory: '1Gi' } } }] },
    status: { phase: 'Pending', qosClass: 'Guaranteed' },
  });
});

const objects = allRecorded().flatMap(({ name, response }) => {
  const object = asObject(response.body);
  const all = object === null || object.kind === 'Status' ? [] : [object, ...listItems(object)];
  return all.filter(isStored).map((one, place) => ({ name, place, object: one }));
});

/** Lists, tables and the like are no objects of a kind. */
function isStored(object: ApiObject): boolean {
  return !/List$|^Table$|^PartialObjectMetadata/.test(object.kind);
}

test('every recorded object is already complete', () => {
  expect(objects.length).toBeGreaterThan(100);
  for (const { name, place, object } of objects) {
    expect({ name, place, object: rules.defaulted(kindOf(object), object) }).toEqual({ name, place, object });
    expect([name, ...rules.unknownFields(kindOf(object), object)]).toEqual([name]);
  }
});

function objectWithout(object: ApiObject, name: string): ApiObject {
  return { ...withoutKey(object, name), apiVersion: object.apiVersion, kind: object.kind, metadata: object.metadata };
}
