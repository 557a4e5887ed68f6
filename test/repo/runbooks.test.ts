import { expect, test } from 'vitest';
import { commands } from '../../commands/index.ts';
import { runbooks } from '../../jobs/index.ts';
import { repositoryFiles, textOf } from '../support/repository.ts';

const files = repositoryFiles();

test('the list holds each runbook of jobs/ once, under the name of its folder', () => {
  const folders = files.filter((path) => /^jobs\/[^/]+\/runbook\.ts$/.test(path)).map((path) => path.split('/')[1]);

  expect(runbooks.map(({ id }) => id).toSorted()).toEqual(folders);
});

test('every runbook can be asked for, and every command that starts a run names one that is there', () => {
  const asked = commands.flatMap(({ runbook }) => (runbook === null ? [] : [runbook]));

  expect(new Set(asked)).toEqual(new Set(runbooks.map(({ id }) => id)));
});

test('docs/runbooks has a page for each runbook, and no other', () => {
  const pages = files.filter((path) => path.startsWith('docs/runbooks/'));

  expect(pages).toEqual(runbooks.map(({ id }) => `docs/runbooks/${id}.md`).toSorted());
  expect(pages.filter((page) => textOf(page).length < 300)).toEqual([]);
});

test('a step kind has one definition, carries its version, and disruptive ones are tried once', () => {
  const steps = new Map(runbooks.flatMap((runbook) => runbook.steps.map((step) => [step.kind, step])));
  const byKind = runbooks.flatMap((runbook) => runbook.steps.filter((step) => steps.get(step.kind) !== step));
  const repeated = [...steps.values()].filter(
    ({ risk, retry }) => /^(disruptive|irreversible)$/.test(risk) && retry.attempts !== 1,
  );

  expect(byKind).toEqual([]);
  expect([...steps.keys()].filter((kind) => !/^[a-z-]+(\.[a-z-]+)+@\d+$/.test(kind))).toEqual([]);
  expect(repeated.map(({ kind }) => kind)).toEqual([]);
});

test('a watch and a cleanup have one definition, and carry their version; no watch looks more often than every five seconds', () => {
  const watches = runbooks.flatMap((runbook) => runbook.watches);
  for (const all of [watches, runbooks.flatMap((runbook) => runbook.cleanups)]) {
    const byKind = new Map(all.map((each) => [each.kind, each]));
    expect(all.filter((each) => byKind.get(each.kind) !== each).map(({ kind }) => kind)).toEqual([]);
    expect([...byKind.keys()].filter((kind) => !/^[a-z-]+(\.[a-z-]+)+@\d+$/.test(kind))).toEqual([]);
  }
  expect(watches.filter(({ everyMs }) => everyMs < 5000).map(({ kind }) => kind)).toEqual([]);
});
