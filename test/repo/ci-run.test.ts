import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Finished, ROOT, runProgram } from '../support/repository.ts';

/** What a stand-in for npm does for one suite: its exit status, and the report that it writes, if any. */
interface Suite {
  readonly status: number;
  readonly report?: string;
}

let tree = '';

beforeEach(() => {
  tree = mkdtempSync(join(tmpdir(), 'drydock-ci-'));
  for (const path of ['.ci', 'scripts']) cpSync(join(ROOT, path), join(tree, path), { recursive: true });
});

afterEach(() => rmSync(tree, { recursive: true, force: true }));

/** A report as vitest's JSON reporter writes it, with one file of these test states. */
function report(...states: readonly ('passed' | 'failed' | 'skipped')[]): string {
  return JSON.stringify({
    numTotalTests: states.length,
    numPassedTests: states.filter((state) => state === 'passed').length,
    testResults: [
      {
        status: states.includes('failed') ? 'failed' : 'passed',
        assertionResults: states.map((status) => ({ status })),
      },
    ],
  });
}

/** The shell words that play a suite; `$last` is vitest's `--outputFile.json=` argument. */
function play({ status, report: text }: Suite): string {
  return text === undefined ? `exit ${status}` : `printf '%s' '${text}' >"\${last#*=}"; exit ${status}`;
}

/** Runs .ci/run with an npm that only plays the two suites. */
function ciRun(suites: { readonly test: Suite; readonly slow: Suite }): Finished {
  const bin = join(tree, 'bin');
  mkdirSync(bin);
  const script = [
    '#!/bin/sh',
    'for last; do :; done',
    'echo "npm says something on stdout"',
    `if [ "$1" = test ]; then ${play(suites.test)}; else ${play(suites.slow)}; fi`,
  ];
  writeFileSync(join(bin, 'npm'), script.join('\n'));
  chmodSync(join(bin, 'npm'), 0o755);
  return runProgram(join(tree, '.ci', 'run'), [], {
    cwd: tmpdir(),
    env: { PATH: [bin, join(ROOT, 'node_modules', '.bin'), process.env['PATH'] ?? ''].join(delimiter) },
  });
}

function lastLine({ stdout }: Finished): string | undefined {
  return stdout.trimEnd().split('\n').at(-1);
}

test('the last line adds up both suites', () => {
  const finished = ciRun({
    test: { status: 0, report: report('passed', 'passed') },
    slow: { status: 0, report: report('passed') },
  });

  expect(lastLine(finished)).toBe('3 passed, 0 failed');
  expect(finished.status).toBe(0);
});

test.each([
  ['a test failed', { status: 1, report: report('passed', 'failed') }, '2 passed, 1 failed'],
  ['a test was left out', { status: 0, report: report('passed', 'skipped') }, '2 passed, 1 failed'],
  ['vitest failed without naming a test', { status: 1, report: report('passed') }, '2 passed, 1 failed'],
  ['no test ran', { status: 0, report: report() }, '1 passed, 1 failed'],
  ['set-up failed: no report', { status: 1 }, '1 passed, 1 failed'],
  ['the report is broken', { status: 0, report: '{"numPassedTests":' }, '1 passed, 1 failed'],
  [
    'a file could not be loaded',
    {
      status: 1,
      report: '{"numTotalTests":0,"numPassedTests":0,"testResults":[{"status":"failed","assertionResults":[]}]}',
    },
    '1 passed, 1 failed',
  ],
] as const)('%s: counted as failed, with a bad exit status', (_name, slow, line) => {
  const finished = ciRun({ test: { status: 0, report: report('passed') }, slow });

  expect(lastLine(finished)).toBe(line);
  expect(finished.stdout.match(/^\d+ passed, \d+ failed$/gm)).toHaveLength(1);
  expect(finished.status).not.toBe(0);
});
