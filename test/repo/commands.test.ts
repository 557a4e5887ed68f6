import { expect, test } from 'vitest';
import { commands } from '../../commands/index.ts';
import { tokensOf } from '../../src/adapters/slack/tokens.ts';
import { parseCommand } from '../../src/core/parse/parse-command.ts';
import { flagsOf } from '../../src/core/parse/usage.ts';
import { repositoryFiles, textOf } from '../support/repository.ts';

const files = repositoryFiles();
const pages = files.filter((path) => path === 'README.md' || /^docs\/.*\.md$/.test(path));

test('the list holds each file of commands/ once, under its own name', () => {
  const names = files
    .filter((path) => /^commands\/[^/]+\.ts$/.test(path) && path !== 'commands/index.ts')
    .map((path) => path.slice('commands/'.length, -'.ts'.length));

  expect(commands.map(({ name }) => name).toSorted()).toEqual(names);
});

test.each(commands.map((command) => [command.name, command] as const))(
  '%s: its examples are valid, and there is one',
  (_name, command) => {
    expect(command.examples.length).toBeGreaterThan(0);

    for (const example of command.examples) {
      const words = tokensOf(example.replace(/^\/kube /, ''));
      const parsed = parseCommand(words.ok ? words.tokens : [], commands);

      expect(parsed.ok ? parsed.command.name : parsed.mistake.text, example).toBe(command.name);
    }
  },
);

test.each(commands.map(({ name }) => name))('README or docs show /kube %s', (name) => {
  expect(pages.filter((page) => new RegExp(`/kube ${name}\\b`).test(textOf(page)))).not.toEqual([]);
});

test.each(
  commands.flatMap((command) => (command.runbook === null ? [] : [[command.name, command.runbook, command] as const])),
)('%s: the page of its runbook explains each flag', (_name, runbook, command) => {
  const page = textOf(`docs/runbooks/${runbook}.md`);

  expect(Object.keys(flagsOf(command)).filter((flag) => !page.includes(`--${flag}`))).toEqual([]);
});

test('every command says in one line what it does, and what it asks and never does', () => {
  const bad = commands.filter(
    ({ summary, details }) =>
      !/^[A-Z].*\.$/.test(summary) || summary.length > 100 || details.some((line) => !/^[A-Z/`].*[.:]$/.test(line)),
  );

  expect(bad.map(({ name }) => name)).toEqual([]);
});
