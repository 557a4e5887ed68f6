import { expect, test } from 'vitest';
import { LONGEST } from '../../vitest.config.ts';
import { repositoryFiles } from '../support/repository.ts';

test('each file that is to begin early is there, and named once', () => {
  const files = new Set(repositoryFiles());

  expect(LONGEST.filter((path) => !files.has(path))).toEqual([]);
  expect(new Set(LONGEST).size).toBe(LONGEST.length);
});
