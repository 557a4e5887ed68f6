import { expect, test } from 'vitest';
import { brokenRules, ruleProblem } from '../../../../../playground/kubernetes/fields/validation/rules.ts';

const self = {
  size: 3,
  name: 'red-one',
  tags: ['a', 'b'],
  ports: [{ number: 80, name: 'web' }],
  deep: { on: true },
  free: 1.5,
};

function check(rule: string, old?: unknown): readonly string[] {
  return brokenRules({ 'x-kubernetes-validations': [{ rule, message: 'broken' }] }, self, old, 'spec').map(
    ({ message }) => message,
  );
}

test.each([
  'self.size < 5 && self.size >= 3',
  "self.name != 'blue' || self.size > 100",
  '!(self.size == 4) && -self.size == 0 - 3',
  'self.size * 2 + 1 == 7 && self.size / 2 == 1 && self.size % 2 == 1',
  "self.name.startsWith('red') && self.name.endsWith(\"one\") && self.name.contains('-') && self.name.matches('^[a-z-]+$')",
  "size(self.tags) == 2 && self.tags.size() == 2 && 'a' in self.tags && self.tags[1] == 'b'",
  'self.tags.all(t, t.size() == 1) && self.tags.exists(t, t == "b") && self.tags.exists_one(t, t == "a")',
  'self.ports.filter(p, p.number < 100).map(p, p.name) == ["web"]',
  'has(self.deep.on) && !has(self.deep.off) && (self.deep.on ? true : false)',
  'self.missing == 1 || true',
  "'size' in self && self.free > 1.0 && self.free < 2",
])('%s holds', (rule) => {
  expect(check(rule)).toEqual([]);
});

test.each(['self.size > 5', "self.name == 'blue'", 'self.tags.all(t, t == "a")', 'self.deep.on && self.size == 0'])(
  '%s does not hold',
  (rule) => {
    expect(check(rule)).toEqual(['Invalid value: broken']);
  },
);

test('a rule about the old value is checked when there is one', () => {
  expect(check('self.size >= oldSelf.size')).toEqual([]);
  expect(check('self.size >= oldSelf.size', { size: 2 })).toEqual([]);
  expect(check('self.size >= oldSelf.size', { size: 4 })).toEqual(['Invalid value: broken']);
});

test('a rule that goes wrong says so', () => {
  expect(check('self.missing == 1')).toEqual([
    'Invalid value: rule: self.missing == 1: evaluation error: no such key: missing',
  ]);
  expect(check('self.size / 0 == 1')).toEqual([
    'Invalid value: rule: self.size / 0 == 1: evaluation error: division by zero',
  ]);
});

test.each([
  ["quantity(self.size).isGreaterThan(quantity('1'))", 'the function isGreaterThan, quantity, quantity'],
  ['self.?size.hasValue()', 'a name is missing after the dot'],
  ['self.size ==', 'the rule ends too early'],
  ["self.name == 'open", `cannot read "'open"`],
  ['self.tags.map(t, t == "a", t)', 'map in this form'],
])('%s cannot be checked, and is never ignored', (rule, why) => {
  const said = [ruleProblem(rule) ?? '', ...check(rule)].join(' ');
  expect(said).toContain(why);
  expect(check(rule)).toHaveLength(1);
});

test('rules are found wherever they stand, and name the place', () => {
  const schema = {
    type: 'object',
    properties: {
      list: { type: 'array', items: { type: 'integer', 'x-kubernetes-validations': [{ rule: 'self > 1' }] } },
      map: {
        type: 'object',
        additionalProperties: {
          'x-kubernetes-validations': [{ rule: 'self == "a"', reason: 'FieldValueForbidden', message: 'no' }],
        },
      },
    },
  };
  expect(brokenRules(schema, { list: [1, 2], map: { x: 'b' } }, undefined, '')).toEqual([
    { reason: 'FieldValueInvalid', message: 'Invalid value: failed rule: self > 1', field: 'list[0]' },
    { reason: 'FieldValueForbidden', message: 'Forbidden: no', field: 'map.x' },
  ]);
});

test('a message may be an expression; one that goes wrong falls back to the message', () => {
  const rule = { rule: 'self.size > 5', message: 'plain' };
  const said = (messageExpression: string) =>
    brokenRules({ 'x-kubernetes-validations': [{ ...rule, messageExpression }] }, self, undefined, 'spec')[0]?.message;
  expect(said("'size is ' + string(self.size)")).toBe('Invalid value: size is 3');
  expect(said('self.missing')).toBe('Invalid value: plain');
});
