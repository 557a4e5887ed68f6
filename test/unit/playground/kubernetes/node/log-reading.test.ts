import { appendFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeTemporaryDirectory, removeDirectory } from '../../../../../playground/directories.ts';
import { readLog, readLogOptions } from '../../../../../playground/kubernetes/node/log-reading.ts';

const NOW = new Date('2026-11-21T13:00:10Z');
const LINES = ['one', 'two', 'three'].map(
  (word, index) => `2026-11-21T13:00:0${index + 1}.000000000Z stderr F ${word}\n`,
);

let directory = '';

beforeEach(async () => {
  directory = await makeTemporaryDirectory('log');
  await writeFile(join(directory, '0.log'), LINES.join(''));
});
afterEach(() => removeDirectory(directory));

async function read(query: string, alive = () => false): Promise<string> {
  const options = readLogOptions(new URLSearchParams(query), NOW);
  let text = '';
  for await (const chunk of readLog(join(directory, '0.log'), options, alive)) text += Buffer.from(chunk).toString();
  return text;
}

test.each([
  ['', 'one\ntwo\nthree\n'],
  ['tailLines=2', 'two\nthree\n'],
  ['tailLines=0', ''],
  ['tailLines=9', 'one\ntwo\nthree\n'],
  ['sinceSeconds=8', 'two\nthree\n'],
  ['sinceTime=2026-11-21T13:00:03Z', 'three\n'],
  ['limitBytes=5', 'one\nt'],
  ['tailLines=1&timestamps=true', '2026-11-21T13:00:03.000000000Z three\n'],
])('%s gives %j', async (query, text) => {
  expect(await read(query)).toBe(text);
});

test('following ends with the container, after its last words', async () => {
  let looks = 0;
  const text = await read('follow=true&tailLines=1', () => {
    looks += 1;
    if (looks === 2) void appendFile(join(directory, '0.log'), LINES[0] ?? '');
    return looks < 5;
  });

  expect(text).toBe('three\none\n');
});

test('a log that is not there is empty', async () => {
  await removeDirectory(directory);

  expect(await read('')).toBe('');
});

test('a number that is none is refused by name', () => {
  expect(() => readLogOptions(new URLSearchParams('tailLines=x'), NOW)).toThrow('tailLines must be a whole number');
});
