import { expect, test } from 'vitest';
import { repositoryFiles, textOf } from '../support/repository.ts';

const page = textOf('docs/neighbours.md');

/** Rows of the first table: what goes wrong, the names as a title has them, the file of tests. */
const rows = [...page.matchAll(/^\| (.+) \| (.+) \| `(test\/[\w./-]+\.test\.ts)` \|$/gm)].map(([, , named, file]) => ({
  named: named ?? '',
  file: file ?? '',
}));

const files = repositoryFiles();

/** What tests, groups and rows of cases in a file are called: the text that a call or a row begins with. */
function titlesOf(file: string): readonly string[] {
  return [...textOf(file).matchAll(/[([]\s*'((?:[^'\\\n]|\\.)+)',/g)].map(([, title = '']) => title);
}

test.each(rows)('docs/neighbours.md: $named is named by a test of $file', ({ named, file }) => {
  expect(files).toContain(file);
  expect(titlesOf(file).filter((title) => title.includes(named))).not.toEqual([]);
});

test('every test that names a neighbour is on the page', () => {
  const own = files.filter((path) => /neighbours[\w-]*\.test\.ts$/.test(path) && !/repo\//.test(path));
  const numbered = own.flatMap(titlesOf).filter((title) => /#\d+|MR \d+/.test(title));
  const known = rows.map(({ named }) => named);

  expect(own.length).toBeGreaterThan(5);
  expect(numbered.filter((title) => !known.some((named) => title.includes(named)))).toEqual([]);
});
