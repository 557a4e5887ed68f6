import { array, assert, boolean, constantFrom, dictionary, property, record, string } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fitsTerms, readEqualitySelector, termsInWords } from '../../../../src/core/kubernetes/equality-selector.ts';

describe('a selector by equality', () => {
  test.each([
    ['pool=blue', 'pool=blue'],
    ['pool==blue', 'pool=blue'],
    [' zone != a , pool=blue', 'pool=blue,zone!=a'],
    ['pool=blue,pool=blue', 'pool=blue'],
    ['node-role.kubernetes.io/worker=', 'node-role.kubernetes.io/worker='],
  ])('%s is read as %s', (text, words) => {
    const read = readEqualitySelector(text);
    expect(read.ok ? termsInWords(read.terms) : read.why).toBe(words);
  });

  test.each([
    '',
    'pool',
    '!pool',
    '=blue',
    'pool in (a,b)',
    'pool=blue,',
    'pool=a b',
    'pool=-a',
    'a/b/c=d',
    'Upper.example/x=y',
    'pool>=3',
    `pool=${'x'.repeat(64)}`,
    `pool=${'x,pool='.repeat(200)}y`,
  ])('%s is none', (text) => {
    expect(readEqualitySelector(text).ok).toBe(false);
  });

  test('what is wrong is named', () => {
    expect(readEqualitySelector('pool=blue,zone')).toEqual({
      ok: false,
      why: '"zone" is neither key=value nor key!=value; several are joined by commas',
    });
  });

  test('any text is read or refused, and what is read reads the same again', () => {
    assert(
      property(string({ unit: constantFrom('a', 'B', '=', '!', ',', '/', '.', '-', ' ') }), (text) => {
        const read = readEqualitySelector(text);
        const again = read.ok ? readEqualitySelector(termsInWords(read.terms)) : read;
        expect(again).toEqual(read);
      }),
    );
  });

  test('fits when every term does; what has no such label fits "!="', () => {
    const key = constantFrom('a', 'b', 'toString');
    const value = constantFrom('', '1', '2');
    const terms = array(record({ key, value, is: boolean() }), { minLength: 1, maxLength: 4 });
    assert(
      property(terms, dictionary(key, value), (wanted, labels) => {
        const every = wanted.every((term) => {
          const has = new Map(Object.entries(labels)).get(term.key) === term.value;
          return term.is ? has : !has;
        });
        expect(fitsTerms(wanted, labels)).toBe(every);
      }),
    );
  });
});
