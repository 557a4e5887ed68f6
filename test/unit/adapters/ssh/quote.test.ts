import { execFileSync } from 'node:child_process';
import { array, assert, property, string } from 'fast-check';
import { expect, test } from 'vitest';
import { commandWords } from '../../../../playground/hosts/command-words.ts';
import { commandLine } from '../../../../src/adapters/ssh/quote.ts';

const HOSTILE = [
  '',
  ' ',
  "'",
  "''",
  "it's",
  '"',
  '\\',
  '\\\\',
  '$HOME',
  '$(id)',
  '`id`',
  '*',
  '?',
  '[a]',
  '~',
  '#',
  ';',
  '&',
  '|',
  '<',
  '>',
  '(',
  '{a,b}',
  '!!',
  '=',
  'a=b',
  '-n',
  '--',
  'a\nb',
  '\t',
  'ü',
  '\u2028',
  '😀',
];

test('a real shell takes the line apart into exactly these arguments', () => {
  const line = commandLine(['printf', '%s\\0', ...HOSTILE]);
  const output = execFileSync('/bin/sh', ['-c', line], { encoding: 'utf8' });

  expect(output.split('\0').slice(0, -1)).toEqual(HOSTILE);
});

test('plain words stay as they are, so that a log of the host can be read', () => {
  expect(commandLine(['systemctl', 'show', '--property=MainPID,Result', '--', 'etcd.service'])).toBe(
    'systemctl show --property=MainPID,Result -- etcd.service',
  );
});

test("the playground's hosts take it apart in the same way", () => {
  expect(commandWords(commandLine(HOSTILE))).toEqual(HOSTILE);
  assert(
    property(array(string({ unit: 'binary' })), (argv) => {
      expect(commandWords(commandLine(argv))).toEqual(argv);
    }),
  );
});

test.each([
  'ls *',
  'a; b',
  'a | b',
  'echo $HOME',
  'echo "$HOME"',
  'a > b',
  "it's",
  'a &',
  '~/x',
  '(a)',
  'a\nb',
  'a # b',
  'a\\',
])("the playground's hosts have no shell for %j", (line) => {
  expect(commandWords(line)).toBeNull();
});
