import { describe, expect, test } from 'vitest';
import { REASONS } from '../../src/core/reasons.ts';
import { textOf } from '../support/repository.ts';

/** The table rows of docs/reasons.md that begin with a code. */
function rows(): ReadonlyMap<string, string> {
  const found = textOf('docs/reasons.md').matchAll(/^\|\s*`([a-z-]+)`\s*\|.*$/gm);
  return new Map([...found].map(([row, code = '']) => [code, row]));
}

describe('docs/reasons.md', () => {
  test('has a row for each reason and no other', () => {
    expect([...rows().keys()].toSorted()).toEqual(Object.keys(REASONS).toSorted());
  });

  test.each(Object.entries(REASONS))(
    '%s: the row names the ending and has the words that Slack shows',
    (code, reason) => {
      const row = rows().get(code) ?? '';

      expect(row).toContain(reason.outcome === null ? reason.text : `\`${reason.outcome}\``);
      expect(row).toContain(reason.text);
    },
  );
});

test('every reason says in a whole sentence what happened, and what to do next', () => {
  const short = Object.entries(REASONS).filter(
    ([, { text, next }]) => !/^(?:[A-Z]|etcd ).{10,}[.]$/.test(text) || !/^[A-Z`].*[.]$/.test(next),
  );

  expect(short).toEqual([]);
});
