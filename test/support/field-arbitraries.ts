import * as fc from 'fast-check';
import type { ApiObject, ResourceKind } from '../../playground/kubernetes/contracts.ts';

const text = { type: 'string' };

/** A custom kind with one field of each way to be owned. */
export const thing: ResourceKind = {
  group: 'example.com',
  version: 'v1',
  kind: 'Thing',
  plural: 'things',
  singular: 'thing',
  shortNames: [],
  categories: [],
  namespaced: true,
  subresources: ['status'],
  storagePath: 'example.com/things',
  hasGeneration: true,
  schema: {
    type: 'object',
    properties: {
      spec: {
        type: 'object',
        properties: {
          text,
          size: { type: 'integer' },
          names: { type: 'object', additionalProperties: text },
          tags: { type: 'array', items: text, 'x-kubernetes-list-type': 'set' },
          items: {
            type: 'array',
            items: {
              type: 'object',
              properties: { name: text, value: text, deep: { type: 'object', properties: { a: text, b: text } } },
            },
            'x-kubernetes-list-type': 'map',
            'x-kubernetes-list-map-keys': ['name'],
          },
          order: { type: 'array', items: text },
          whole: { type: 'object', additionalProperties: text, 'x-kubernetes-map-type': 'atomic' },
          free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
        },
      },
      status: { type: 'object', properties: { phase: text } },
    },
  },
};

const word = fc.constantFrom('a', 'b', 'c', 'd');

const item = fc.record(
  { name: word, value: word, deep: fc.record({ a: word, b: word }, { requiredKeys: [] }) },
  { requiredKeys: ['name'] },
);

/** The spec of a thing; lists have no element twice. */
export const thingSpec = fc.record(
  {
    text: word,
    size: fc.integer({ min: 0, max: 9 }),
    names: fc.dictionary(word, word, { maxKeys: 3, noNullPrototype: true }),
    tags: fc.uniqueArray(word),
    items: fc.uniqueArray(item, { selector: ({ name }) => name, maxLength: 4 }),
    order: fc.array(word, { maxLength: 3 }),
    whole: fc.dictionary(word, word, { maxKeys: 2, noNullPrototype: true }),
    free: fc.dictionary(word, fc.oneof(word, fc.dictionary(word, word, { maxKeys: 2, noNullPrototype: true })), {
      maxKeys: 3,
      noNullPrototype: true,
    }),
  },
  { requiredKeys: [] },
);

/** A thing with this spec. */
export function thingOf(spec: unknown): ApiObject {
  return { apiVersion: 'example.com/v1', kind: 'Thing', metadata: { name: 'one' }, spec };
}

/** Any JSON value; names that objects inherit are among those it uses. */
export const json = fc.jsonValue({ maxDepth: 3 }).map((value): unknown => structuredClone(value));

/** JSON objects of few names, so that two of them often meet. */
export const smallObject = fc.letrec<{ value: unknown; object: Record<string, unknown> }>((tie) => ({
  object: fc.dictionary(fc.constantFrom('a', 'b', 'c', 'constructor'), tie('value'), {
    maxKeys: 3,
    noNullPrototype: true,
  }),
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom<unknown>(1, 'x', true),
    fc.array(fc.constantFrom<unknown>(1, 'x'), { maxLength: 2 }),
    tie('object'),
  ),
})).object;
