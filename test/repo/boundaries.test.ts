import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ROOT, runProgram } from '../support/repository.ts';

/** What each planted file imports or uses, and the rule that has to refuse it. */
const VIOLATIONS = [
  ['src/core/planted-node.ts', "import { readFile } from 'node:fs/promises'", 'no-restricted-imports'],
  ['src/core/planted-sdk.ts', "import { Redis } from 'ioredis'", 'no-restricted-imports'],
  ['src/core/planted-dynamic.ts', "export const later = import('node:net')", 'no-restricted-imports'],
  ['src/core/planted-type.ts', "export type { Stats } from 'node:fs'", 'no-restricted-imports'],
  ['src/core/sub/planted-adapter.ts', "import { a } from '../../adapters/one/a.ts'", 'no-restricted-imports'],
  ['src/core/planted-date.ts', 'export const now = Date.now()', 'no-restricted-globals'],
  ['src/core/planted-process.ts', 'export const pid = process.pid', 'no-restricted-globals'],
  ['src/core/planted-timer.ts', 'export const timer = setTimeout(String, 1)', 'no-restricted-globals'],
  ['src/core/planted-random.ts', 'export const chance = Math.random()', 'no-restricted-properties'],
  ['src/engine/planted-adapter.ts', "import { a } from '../adapters/one/a.ts'", 'no-restricted-imports'],
  ['src/engine/planted-node.ts', "import { hostname } from 'node:os'", 'no-restricted-imports'],
  ['src/adapters/two/planted-sibling.ts', "import { a } from '../one/a.ts'", 'no-restricted-imports'],
  ['src/adapters/two/sub/planted-sibling.ts', "import { a } from '../../one/a.ts'", 'no-restricted-imports'],
  ['src/adapters/two/planted-engine.ts', "import { a } from '../../engine/a.ts'", 'no-restricted-imports'],
  ['src/adapters/two/planted-app.ts', "import { a } from '../../app/a.ts'", 'no-restricted-imports'],
  ['src/config/planted-adapter.ts', "import { a } from '../adapters/one/a.ts'", 'no-restricted-imports'],
  ['jobs/one/planted-engine.ts', "import { a } from '../../src/engine/a.ts'", 'no-restricted-imports'],
  ['jobs/one/planted-node.ts', "import { hostname } from 'node:os'", 'no-restricted-imports'],
  ['commands/planted-job.ts', "import { a } from '../jobs/one/a.ts'", 'no-restricted-imports'],
  ['commands/planted-adapter.ts', "import { a } from '../src/adapters/one/a.ts'", 'no-restricted-imports'],
  ['playground/planted-app.ts', "import { a } from '../src/app/a.ts'", 'no-restricted-imports'],
  ['src/planted-app.ts', "import { a } from './app/a.ts'", 'no-restricted-imports'],
  ['src/app/planted-playground.ts', "import { a } from '../../playground/a.ts'", 'no-restricted-imports'],
] as const;

/** What may be imported: the linter must not refuse these. */
const ALLOWED = [
  ['src/core/allowed.ts', "import { z } from 'zod'", "import { a } from './sub/a.ts'"],
  ['src/engine/allowed.ts', "import { z } from 'zod'", "import { a } from '../core/sub/a.ts'"],
  ['src/adapters/two/allowed.ts', "import { Redis as z } from 'ioredis'", "import { a } from '../../core/sub/a.ts'"],
  ['src/adapters/two/sub/allowed.ts', "import { hostname as z } from 'node:os'", "import { a } from '../a.ts'"],
  ['src/config/allowed.ts', "import { parse as z } from 'yaml'", "import { a } from '../core/sub/a.ts'"],
  ['jobs/one/allowed.ts', "import { z } from 'zod'", "import { a } from '../../src/core/sub/a.ts'"],
  ['commands/allowed.ts', "import { z } from 'zod'", "import { a } from '../src/core/sub/a.ts'"],
  ['src/app/allowed.ts', "import { a as z } from '../adapters/one/a.ts'", "import { a } from '../../jobs/one/a.ts'"],
] as const;

const TARGETS = [
  'src/core/sub',
  'src/engine',
  'src/adapters/one',
  'src/adapters/two',
  'src/app',
  'jobs/one',
  'playground',
];

let tree = '';
let report = '';
let status: number | null = 0;

beforeAll(() => {
  tree = mkdtempSync(join(tmpdir(), 'drydock-boundaries-'));
  for (const file of ['.oxlintrc.json', 'tsconfig.json', 'package.json']) cpSync(join(ROOT, file), join(tree, file));
  symlinkSync(join(ROOT, 'node_modules'), join(tree, 'node_modules'));
  for (const folder of TARGETS) plant(`${folder}/a.ts`, 'export const a = 1;\n');
  for (const [path, code] of VIOLATIONS) plant(path, `${code};\n`);
  for (const [path, first, second] of ALLOWED) plant(path, `${first};\n${second};\nexport const used = [z, a];\n`);
  const finished = runProgram('oxlint', ['--format=unix'], { cwd: tree });
  report = finished.stdout;
  status = finished.status;
});

afterAll(() => rmSync(tree, { recursive: true, force: true }));

function plant(path: string, code: string): void {
  mkdirSync(dirname(join(tree, path)), { recursive: true });
  writeFileSync(join(tree, path), code);
}

test.each(VIOLATIONS)('the linter refuses %s: %s', (path, _code, rule) => {
  expect(status).not.toBe(0);
  expect(report.split('\n').filter((line) => line.startsWith(`${path}:`) && line.includes(`(${rule})`))).toHaveLength(
    1,
  );
});

test.each(ALLOWED)('the linter lets %s pass', (path) => {
  expect(report.split('\n').filter((line) => line.startsWith(`${path}:`))).toEqual([]);
});
