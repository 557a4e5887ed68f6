import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  canonicalQuantity,
  compareQuantities,
  quantityNanos,
} from '../../../../../playground/kubernetes/fields/quantity.ts';

test.each([
  ['1000m', '1'],
  ['1024Mi', '1Gi'],
  ['0.5', '500m'],
  ['1500m', '1500m'],
  ['1e3', '1e3'],
  ['12e6', '12e6'],
  ['1000', '1k'],
  ['0Mi', '0'],
  ['-1', '-1'],
  ['1.5Gi', '1536Mi'],
  ['100M', '100M'],
  ['3840Mi', '3840Mi'],
  [2, '2'],
])('%j is written %j', (given, written) => {
  expect(canonicalQuantity(given)).toBe(written);
});

test.each(['', 'x', '1 Gi', '1.2.3', 'Mi', '1KiB', '--1', '.', null, {}])('%j is no quantity', (value) => {
  expect(quantityNanos(value)).toBeNull();
});

test('the written form is the same amount, and is written the same', () => {
  const suffix = fc.constantFrom('', 'm', 'k', 'M', 'Ki', 'Mi', 'Gi', 'e2', 'e-2', 'n', 'u');
  fc.assert(
    fc.property(fc.integer({ min: -5000, max: 5000 }), fc.integer({ min: 0, max: 99 }), suffix, (whole, part, name) => {
      const given = `${whole}.${part}${name}`;
      const written = canonicalQuantity(given);
      expect(compareQuantities(written, given)).toBe(0);
      expect(canonicalQuantity(written)).toBe(written);
    }),
  );
});

test('amounts are compared, not texts', () => {
  expect(compareQuantities('1Gi', '1G')).toBe(1);
  expect(compareQuantities('500m', '0.5')).toBe(0);
  expect(compareQuantities('1', '2')).toBe(-1);
});
