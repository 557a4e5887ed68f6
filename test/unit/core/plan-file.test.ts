import { expect, test } from 'vitest';
import { keptFiles, MOST_FILE_BYTES, MOST_FILES } from '../../../src/core/plan-file.ts';

function file(name: string, text: string) {
  return { name, title: 'A patch', text };
}

test.each(['', '../etc/passwd', 'a b', '.hidden', 'x/y', 'a'.repeat(121), 'ä.yaml'])(
  '%j is no name of a file',
  (name) => {
    expect(() => keptFiles([file(name, 'x')])).toThrow(/name/);
  },
);

test('two files of one name are a mistake of the runbook', () => {
  expect(() => keptFiles([file('a', '1'), file('a', '2')])).toThrow(/share a name/);
});

test('a file that is too long is left out whole and said so: a patch that is cut is another patch', () => {
  const fits = file('fits.yaml', 'x'.repeat(MOST_FILE_BYTES));
  const kept = keptFiles([file('long.yaml', `${'ä'.repeat(MOST_FILE_BYTES / 2)}x`), fits]);

  expect(kept.files).toEqual([fits]);
  expect(kept.notes).toEqual([
    `The file long.yaml has ${MOST_FILE_BYTES + 1} bytes, more than the ${MOST_FILE_BYTES} that are kept, and is left out.`,
  ]);
});

test('of more files than are kept each that is left out is named', () => {
  const kept = keptFiles(Array.from({ length: MOST_FILES + 2 }, (_, index) => file(`f${index}`, 'x')));

  expect(kept.files.map(({ name }) => name)).toEqual(['f0', 'f1', 'f2', 'f3', 'f4', 'f5', 'f6', 'f7']);
  expect(kept.notes.map((note) => note.split(':')[0])).toEqual(['The file f8 is left out', 'The file f9 is left out']);
});

test('a file with what looks like a secret is left out whole and said so: without it it is another patch', () => {
  const secret = file('a.yaml', 'spec:\n  token: abcdef123\n  version: v1.31.4\n');
  const kept = keptFiles([secret, file('b.yaml', 'spec:\n  version: v1.31.4\n')]);

  expect(kept.files.map(({ name }) => name)).toEqual(['b.yaml']);
  expect(kept.notes).toEqual(['The file a.yaml is left out: it holds what looks like a secret.']);
});
