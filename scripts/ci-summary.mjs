/**
 * Adds up what vitest wrote in JSON and prints `N passed, N failed`; what failed goes to stderr. Used by .ci/run:
 * `node scripts/ci-summary.mjs <folder>`, where the folder holds `<suite>.json` and `<suite>.status` (the exit code) for
 * each suite. Exit 0 only when every suite ran tests and none failed. Plain JavaScript for Node 18 and newer.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const SUITES = ['test', 'slow'];

/**
 * @param {string} folder
 * @param {string} suite
 * @returns {{ passed: number, failed: number }} a suite that tells nothing, or fails without naming a test, counts as
 * one failure; a skipped test counts as failed, because nothing here is skipped on purpose
 */
function countsOf(folder, suite) {
  try {
    const report = JSON.parse(readFileSync(join(folder, `${suite}.json`), 'utf8'));
    const status = readFileSync(join(folder, `${suite}.status`), 'utf8').trim();
    const passed = report.numPassedTests;
    const unloadable = report.testResults.filter(isUnloadable).length;
    const failed = report.numTotalTests - passed + unloadable;
    if (!Number.isInteger(passed) || !Number.isInteger(failed)) throw new Error('the report has no counts');
    if (failed > 0) {
      for (const line of report.testResults.flatMap(failuresOf)) process.stderr.write(`${suite}: ${line}\n`);
      return { passed, failed };
    }
    if (status === '0' && passed > 0) return { passed, failed: 0 };
    process.stderr.write(`${suite}: exit ${status} with ${passed} passed and none failed\n`);
    return { passed, failed: 1 };
  } catch (error) {
    process.stderr.write(`${suite}: no result (${error instanceof Error ? error.message : String(error)})\n`);
    return { passed: 0, failed: 1 };
  }
}

/**
 * A file that failed without a test in it that failed or was left out.
 * @param {{ status: string, assertionResults: readonly { status: string }[] }} file
 */
function isUnloadable(file) {
  return file.status === 'failed' && file.assertionResults.every(({ status }) => status === 'passed');
}

/**
 * What failed in a file, a line each: the file, the test, the first lines of its error. Long output is cut from the
 * front, so the names stand at its end.
 * @param {{ name: string, status: string, message?: string,
 *   assertionResults: readonly { status: string, fullName: string, failureMessages?: readonly string[] }[] }} file
 */
function failuresOf(file) {
  const tests = file.assertionResults.filter(({ status }) => status !== 'passed');
  const named = tests.map(
    (test) => `${file.name} > ${test.fullName}: ${test.status}. ${shortly(test.failureMessages?.[0])}`,
  );
  return isUnloadable(file) ? [`${file.name}: ${shortly(file.message)}`] : named;
}

/** @param {string | undefined} error */
function shortly(error) {
  return (error ?? 'no error given').split('\n').slice(0, 12).join(' | ').slice(0, 1500);
}

const counts = SUITES.map((suite) => countsOf(process.argv[2] ?? '.', suite));
const passed = counts.reduce((sum, count) => sum + count.passed, 0);
const failed = counts.reduce((sum, count) => sum + count.failed, 0);
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;
