import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runbooks } from '../../jobs/index.ts';
import { RunEvent } from '../../src/core/run-event.ts';
import { ROOT, repositoryFiles, textOf } from '../support/repository.ts';

const page = textOf('docs/architecture.md');

/** The part of the page under a heading, up to the next of the same level. */
function part(heading: string): string {
  const [, rest = ''] = page.split(`\n## ${heading}\n`);
  return rest.split('\n## ')[0] ?? '';
}

/** First cells of the table in a part. */
function firstCells(text: string): readonly string[] {
  const rows = text.matchAll(/^\| (?:\*\*|`)([^*`|]+)(?:\*\*|`) \|/gm);
  return [...rows].map(([, cell = '']) => cell);
}

describe('docs/architecture.md', () => {
  test('explains the words of the project, each in one row, before anything else', () => {
    expect(page.indexOf('## Words')).toBe(page.indexOf('\n## ') + 1);
    expect(firstCells(part('Words'))).toEqual([
      'Command',
      'Runbook',
      'Run',
      'Plan',
      'Check',
      'Step',
      'Gate',
      'Vote',
      'Decision',
      'Plan file',
      'Tree',
      'Announced call',
      'Cleanup',
      'Reason',
      'Lock',
      'Window',
      'Freeze',
      'Admission',
      'Schedule',
      'Standing approval',
      'Keeper',
      'Backup',
      'Manifest',
      'Vault',
      'Hold',
      'Drill',
      'Lease',
      'Epoch',
      'Doorbell',
      'Sweep',
      'Desk',
      'Port',
      'Witness',
      'Projector',
      'Audit chain',
      'Call budget',
      'Card',
      'Incident',
      'State report',
      'Playground',
    ]);
  });

  test('has one picture', () => {
    expect(part('Picture').match(/```/g)).toHaveLength(2);
  });

  test('names the folders there are, and leaves out none of src', () => {
    const named = firstCells(part('Folders'));

    expect(named.filter((folder) => !existsSync(join(ROOT, folder)))).toEqual([]);
    const sources = repositoryFiles().flatMap((path) => /^(src\/[a-z]+\/)/.exec(path)?.[1] ?? []);
    expect(named.filter((folder) => folder.startsWith('src/')).toSorted()).toEqual([...new Set(sources)].toSorted());
  });

  test('says of each event, and of no other, who writes it', () => {
    const types = RunEvent.options.map((option) => option.shape.type.value);

    expect(firstCells(part('Who writes what'))).toEqual(types);
  });

  test('names only files that exist', () => {
    const named = [...page.matchAll(/`((?:src|test|jobs|commands|docs)\/[\w./-]+)`/g)].map(([, path = '']) => path);

    expect(named.length).toBeGreaterThan(20);
    expect(named.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });
});

describe('docs/adding-a-runbook.md', () => {
  const recipe = textOf('docs/adding-a-runbook.md');

  test('is a numbered recipe whose files exist', () => {
    const steps = [...recipe.matchAll(/^## (\d+)\. /gm)].map(([, number]) => Number(number));
    expect(steps).toEqual(steps.map((_, index) => index + 1));
    expect(steps.length).toBeGreaterThanOrEqual(6);

    const named = [...recipe.matchAll(/`((?:src|test|jobs|commands|docs)\/[\w./-]+)`/g)].map(([, path = '']) => path);
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });

  test('explains everything a runbook declares', () => {
    const [example] = runbooks;
    const fields = Object.keys(example).filter((field) => field !== 'parseParams');

    expect(fields.filter((field) => !recipe.includes(`\`${field}\``))).toEqual([]);
  });
});

test('decisions are numbered without gaps, each with what was decided', () => {
  const pages = repositoryFiles().filter((path) => /^docs\/adr\/\d{4}-[a-z0-9-]+\.md$/.test(path));
  const numbers = pages.map((path) => Number(/\d{4}/.exec(path)?.[0]));

  expect(numbers).toEqual(numbers.map((_, index) => index + 1));
  expect(pages.filter((path) => !/^# \d+\. .*\n[^]*^## Decision$/m.test(textOf(path)))).toEqual([]);
});
