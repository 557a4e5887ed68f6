import { array, assert as assertProperty, property, string } from 'fast-check';
import { expect, test } from 'vitest';
import { keptTree, MOST_TREE_CHARS, MOST_TREE_LINES } from '../../../src/core/tree.ts';

test('spaces that make the tree stay; a line that is two becomes one', () => {
  expect(keptTree(['a', '  ├─ b', '', 'c\n  d'])).toEqual(['a', '  ├─ b', '', 'c d']);
});

test('what is left out is counted, and a long line says that it goes on', () => {
  const kept = keptTree([...Array.from({ length: 300 }, (_, index) => `${index}`), '𝕏'.repeat(500)]);

  expect(kept).toHaveLength(MOST_TREE_LINES);
  expect(kept.at(-2)).toBe('198');
  expect(kept.at(-1)).toBe('… 102 more');
  expect(keptTree(['𝕏'.repeat(500)])[0]).toBe(`${'𝕏'.repeat(MOST_TREE_CHARS - 1)}…`);
});

test('what looks like a secret is not kept', () => {
  expect(keptTree(['machine a: password=hunter22 refused']).join('')).not.toContain('hunter22');
});

test('whatever is shown, it is bounded, and what fits is whole', () => {
  assertProperty(
    property(array(string({ unit: 'binary' }), { maxLength: 400 }), (lines) => {
      const kept = keptTree(lines);
      expect(kept.length).toBe(Math.min(lines.length, MOST_TREE_LINES));
      for (const line of kept) expect(Array.from(line).length).toBeLessThanOrEqual(MOST_TREE_CHARS);
    }),
    { numRuns: 50 },
  );
});
