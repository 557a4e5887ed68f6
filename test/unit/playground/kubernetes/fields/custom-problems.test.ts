import { expect, test } from 'vitest';
import type { ApiObject, StatusCause } from '../../../../../playground/kubernetes/contracts.ts';
import { createFieldRules } from '../../../../../playground/kubernetes/fields/field-rules.ts';
import { thing } from '../../../../support/field-arbitraries.ts';

const rules = createFieldRules();

function objectOf(v: unknown): ApiObject {
  return { apiVersion: 'example.com/v1', kind: 'Thing', metadata: { name: 'a' }, v };
}

function problems(schema: unknown, value: unknown, old?: unknown): readonly StatusCause[] {
  const kind = { ...thing, schema: { type: 'object', properties: { v: schema } } };
  return rules.problems(kind, objectOf(value), old === undefined ? null : objectOf(old), '');
}

const text = { type: 'string' };
const list = { type: 'array', items: text };
const keyed = {
  type: 'array',
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-list-map-keys': ['name'],
  items: {
    type: 'object',
    properties: {
      name: text,
      size: { type: 'integer', maximum: 5, 'x-kubernetes-validations': [{ rule: 'self >= oldSelf' }] },
    },
  },
};

test.each([
  [{ type: 'integer', minimum: 3 }, 2, 'Invalid value: 2: v in body should be greater than or equal to 3'],
  [{ type: 'integer', minimum: 3, exclusiveMinimum: true }, 3, 'Invalid value: 3: v in body should be greater than 3'],
  [
    { type: 'number', maximum: 1.5, exclusiveMaximum: true },
    1.5,
    'Invalid value: 1.5: v in body should be less than 1.5',
  ],
  [{ type: 'integer', multipleOf: 2 }, 3, 'Invalid value: 3: v in body should be a multiple of 2'],
  [{ type: 'integer' }, 1.5, 'Invalid value: "number": v in body must be of type integer: "number"'],
  [{ type: 'string', minLength: 2 }, 'a', 'Invalid value: "a": v in body should be at least 2 chars long'],
  [{ type: 'string', maxLength: 2 }, 'abc', 'Too long: may not be more than 2 bytes'],
  [{ type: 'string', pattern: '^a+$' }, 'b', `Invalid value: "b": v in body should match '^a+$'`],
  [{ type: 'string', pattern: '(?P<x>a)' }, 'a', `Invalid value: "a": this server cannot check the pattern '(?P<x>a)'`],
  [{ type: 'string', format: 'date-time' }, 'now', 'Invalid value: "now": v in body must be of type date-time: "now"'],
  [text, null, 'Invalid value: "null": v in body must be of type string: "null"'],
  [{ ...list, maxItems: 1 }, ['a', 'b'], 'Too many: 2: must have at most 1 items'],
  [{ ...list, minItems: 1 }, [], 'Invalid value: 0: v in body should have at least 1 items'],
  [{ ...list, 'x-kubernetes-list-type': 'set' }, ['a', 'a'], 'Duplicate value: "a"'],
  [keyed, [{ name: 'a' }, { name: 'a' }], 'Duplicate value: {"name":"a"}'],
  [
    { type: 'object', additionalProperties: text, maxProperties: 1 },
    { a: '', b: '' },
    'Too many: 2: must have at most 1 items',
  ],
  [
    { type: 'object', additionalProperties: text },
    { a: 1 },
    'Invalid value: "integer": v.a in body must be of type string: "integer"',
  ],
  [
    { anyOf: [text, { type: 'integer' }], 'x-kubernetes-preserve-unknown-fields': true },
    true,
    'Invalid value: "": "v" must validate at least one schema (anyOf)',
  ],
  [
    { type: 'integer', oneOf: [{ minimum: 1 }, { minimum: 2 }] },
    3,
    'Invalid value: "": "v" must validate one and only one schema (oneOf). Found 2 valid alternatives',
  ],
  [{ type: 'integer', not: { minimum: 1 } }, 3, 'Invalid value: "": "v" must not validate the schema (not)'],
])('%j does not take %j', (schema, value, message) => {
  expect(problems(schema, value).map((cause) => cause.message)).toEqual([message]);
});

test.each([
  [{ ...text, nullable: true }, null],
  [{ 'x-kubernetes-int-or-string': true }, '5%'],
  [{ 'x-kubernetes-int-or-string': true }, 5],
  [{ type: 'number' }, 5],
  [{ type: 'string', pattern: '(?i)^A+$' }, 'a'],
  [{ type: 'string', format: 'of-somebody-else' }, 'x'],
  [{ type: 'object', 'x-kubernetes-preserve-unknown-fields': true }, { a: [1, { b: null }] }],
])('%j takes %j', (schema, value) => {
  expect(problems(schema, value)).toEqual([]);
});

test('what is as it was is not looked at again', () => {
  const before = [
    { name: 'a', size: 9 },
    { name: 'b', size: 1 },
  ];
  expect(problems(keyed, before).map(({ field }) => field)).toEqual(['v[0].size']);
  expect(
    problems(
      keyed,
      [
        { name: 'b', size: 2 },
        { name: 'a', size: 9 },
      ],
      before,
    ),
  ).toEqual([]);
  expect(
    problems(
      keyed,
      [
        { name: 'b', size: 7 },
        { name: 'a', size: 9 },
      ],
      before,
    ).map(({ field }) => field),
  ).toEqual(['v[0].size']);
});

test('a rule about the old value follows elements by their keys', () => {
  const before = [
    { name: 'a', size: 3 },
    { name: 'b', size: 1 },
  ];
  expect(
    problems(
      keyed,
      [
        { name: 'b', size: 0 },
        { name: 'a', size: 3 },
      ],
      before,
    ),
  ).toEqual([
    { reason: 'FieldValueInvalid', message: 'Invalid value: failed rule: self >= oldSelf', field: 'v[0].size' },
  ]);
});

test('unknown fields go, unless the schema keeps them; nulls that may not be go too', () => {
  const kind = {
    ...thing,
    schema: {
      type: 'object',
      properties: {
        v: { type: 'object', properties: { a: text, b: { ...text, default: 'x' }, c: { ...text, nullable: true } } },
      },
    },
  };
  const object = {
    apiVersion: 'example.com/v1',
    kind: 'Thing',
    metadata: { name: 'a', foo: 1 },
    w: 1,
    v: { a: null, b: null, c: null, d: 1 },
  };
  expect(rules.defaulted(kind, object)).toEqual({
    apiVersion: 'example.com/v1',
    kind: 'Thing',
    metadata: { name: 'a' },
    v: { b: 'x', c: null },
  });
  expect(rules.unknownFields(kind, object)).toEqual([
    'unknown field "metadata.foo"',
    'unknown field "w"',
    'unknown field "v.d"',
  ]);
});
