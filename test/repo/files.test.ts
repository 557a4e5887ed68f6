import { basename } from 'node:path';
import { expect, test } from 'vitest';
import { codeFiles, repositoryFiles, textOf } from '../support/repository.ts';

/** This file spells what it looks for, so it is not searched. */
const SELF = 'test/repo/files.test.ts';

/** Where each line that matches stands, as `path:line: text`. */
function linesMatching(paths: readonly string[], pattern: RegExp): readonly string[] {
  return paths
    .filter((path) => path !== SELF)
    .flatMap((path) =>
      textOf(path)
        .split('\n')
        .flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1}: ${line.trim().slice(0, 120)}`] : [])),
    );
}

/** Text files, without those that machines write. */
function proseAndCode(): readonly string[] {
  return repositoryFiles().filter((path) => !/(^package-lock\.json|\.(png|jpg|snap|db|gz))$/.test(path));
}

test('no code file is longer than 300 lines', () => {
  const long = codeFiles().filter((path) => textOf(path).trimEnd().split('\n').length > 300);

  expect(codeFiles().length).toBeGreaterThan(10);
  expect(long).toEqual([]);
});

test('code files have kebab-case names that name a thing', () => {
  const names = codeFiles().map((path) => basename(path).replace(/(\.test|\.config)?\.(ts|tsx|mts|mjs|js)$/, ''));

  expect(names.filter((name) => !/^[a-z0-9]+([.-][a-z0-9]+)*$/.test(name))).toEqual([]);
  expect(names.filter((name) => /(^|-)(managers?|helpers?|utils?|misc|common)(-|$)/.test(name))).toEqual([]);
});

test('no class, function or type is called Manager, Helper or Util', () => {
  const pattern = /\b(class|function|interface|type|const)\s+\w*(Manager|Helper|Utils?)\b/;

  expect(linesMatching(codeFiles(), pattern)).toEqual([]);
});

test('nothing is suppressed: no compiler, linter, formatter or coverage exceptions in code', () => {
  const pattern =
    /@ts-(ignore|expect-error|nocheck)|(oxlint|eslint|biome)-(disable|ignore)|biome-ignore|(v8|c8|istanbul) ignore/;

  expect(linesMatching(codeFiles(), pattern)).toEqual([]);
});

test('no test is skipped, focused or left to do, and no module is mocked', () => {
  const tests = codeFiles().filter((path) => path.startsWith('test/'));

  expect(linesMatching(tests, /\b(it|test|describe|suite)\.(only|skip|skipIf|runIf|todo|fails)\b/)).toEqual([]);
  expect(linesMatching(tests, /\bvi\.(mock|doMock|hoisted|stubGlobal)\(/)).toEqual([]);
});

test('what shipped code exports has a doc comment; a type that is read off the value above it needs none', () => {
  const shipped = codeFiles().filter((path) => /^(src|commands|jobs|playground)\//.test(path));
  const bare = shipped.flatMap((path) =>
    textOf(path)
      .split('\n')
      .flatMap((line, index, all) => {
        const exported = /^export (abstract |async )?(function|interface|const|type|class) \w/.test(line);
        const readOff = /^export type \w+(<.*>)? = (\(?typeof|keyof typeof|z\.\w+<)/.test(line);
        return exported && !readOff && !/\*\/\s*$/.test(all[index - 1] ?? '') ? [`${path}:${index + 1}: ${line}`] : [];
      }),
  );

  expect(bare).toEqual([]);
});

test('nothing is left for later', () => {
  expect(linesMatching(codeFiles(), /\b(TODO|FIXME|XXX|HACK)\b|not implemented/i)).toEqual([]);
});

test('no path of a developer machine and no host of a package source', () => {
  const files = proseAndCode();

  expect(linesMatching(files, /(^|[\s"'`(=:])\/(work|farm|home\/\w+|Users\/\w+|root)\//)).toEqual([]);
  expect(linesMatching(files, /https?:\/\/[a-z0-9.-]*(registry|mirror|proxy|artifact)[a-z0-9.-]*[/:]/i)).toEqual([]);
  expect(linesMatching(files, /\b(deb|security|snapshot|archive)\.(debian|ubuntu)\.(org|com)\b/)).toEqual([]);
});

test('no private key and no Slack token is committed', () => {
  const files = proseAndCode();

  expect(linesMatching(files, /^-----BEGIN [A-Z ]*PRIVATE KEY-----/)).toEqual([]);
  expect(linesMatching(files, /\bxox[abeoprs]-\d{6,}-|\bxapp-\d-[A-Z0-9]{6,}-/)).toEqual([]);
});
