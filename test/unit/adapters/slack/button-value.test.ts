import { assert as assertProperty, property, string } from 'fast-check';
import { expect, test } from 'vitest';
import { buttonValue, parseButtonValue } from '../../../../src/adapters/slack/render/button-value.ts';

const HASH = '0123456789abcdef'.repeat(4);

test.each([
  ['defrag-prod-7f3k', 'approve', HASH, 'defrag-prod-7f3k|approve|0123456789abcdef'],
  ['defrag-prod-7f3k', null, HASH, 'defrag-prod-7f3k|-|0123456789abcdef'],
  ['defrag-prod-7f3k', null, null, 'defrag-prod-7f3k|-|-'],
])('%s %s reads back what was written', (run, gate, hash, text) => {
  expect(buttonValue(run, gate, hash)).toBe(text);
  expect(parseButtonValue(text)).toEqual({ run, gate, hash: hash === null ? null : hash.slice(0, 16) });
});

test.each([
  '',
  '|',
  '||',
  'run|approve',
  'run|approve|0123456789abcde',
  'run|approve|0123456789abcdef0',
  'run|approve|0123456789ABCDEF',
  'Run|approve|0123456789abcdef',
  'run|approve|0123456789abcdef|x',
  ' run|approve|0123456789abcdef',
  'run|approve|0123456789abcdef\n',
  '{"run":"x"}',
  `${'r'.repeat(200)}|approve|0123456789abcdef`,
])('%j is not one of ours', (text) => {
  expect(parseButtonValue(text)).toBeNull();
});

test('any text is read or refused, and what is read is written the same', () => {
  assertProperty(
    property(string(), (text) => {
      const value = parseButtonValue(text);

      expect(value === null || buttonValue(value.run, value.gate, value.hash) === text).toBe(true);
    }),
  );
});
