import { expect, test } from 'vitest';
import { z } from 'zod';
import { ROOT, runProgram, textOf } from '../support/repository.ts';

const Manifest = z.object({
  engines: z.object({ node: z.string() }),
  devDependencies: z.object({ node: z.string() }),
});

test('tests run on the Node of node_modules, the version that package.json names', () => {
  const { devDependencies } = Manifest.parse(JSON.parse(textOf('package.json')));

  expect(process.version).toBe(`v${devDependencies.node}`);
  expect(process.execPath).toContain('/node_modules/');
});

test.each([
  ['format and import order', 'biome', ['ci', '--colors=off', '.']],
  ['lint and folder boundaries', 'oxlint', []],
  ['types', 'tsc', ['-p', '.', '--pretty', 'false']],
  ['types of the page', 'tsc', ['-p', 'playground/page/client', '--pretty', 'false']],
  ['types of its tests', 'tsc', ['-p', 'test/e2e/page', '--pretty', 'false']],
  ['dead code and unused dependencies', 'knip', ['--no-progress']],
])(
  '%s: no findings',
  (_name, program, args) => {
    const { status, stdout, stderr } = runProgram(program, args, { cwd: ROOT, env: { NO_COLOR: '1' } });

    expect(status, `${stdout}${stderr}`).toBe(0);
  },
  300_000,
);
