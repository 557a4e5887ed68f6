import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ROOT, runProgram } from '../support/repository.ts';

/** What each planted file imports or uses, and the rule that has to refuse it. */
const VIOLATIONS = [
  ['src/core/planted-node.ts', 'no-restricted-imports', "import { readFile } from 'node:fs/promises'"],
  ['src/core/planted-sdk.ts', 'no-restricted-imports', "import { Redis } from 'ioredis'"],
  ['src/core/planted-dynamic.ts', 'no-restricted-imports', "export const later = import('node:net')"],
  ['src/core/planted-type.ts', 'no-restricted-imports', "export type { Stats } from 'node:fs'"],
  ['src/core/sub/planted-adapter.ts', 'no-restricted-imports', "import { a } from '../../adapters/one/a.ts'"],
  ['src/core/planted-date.ts', 'no-restricted-globals', 'export const now = Date.now()'],
  ['src/core/planted-process.ts', 'no-restricted-globals', 'export const pid = process.pid'],
  ['src/core/planted-timer.ts', 'no-restricted-globals', 'export const timer = setTimeout(String, 1)'],
  ['src/core/planted-random.ts', 'no-restricted-properties', 'export const chance = Math.random()'],
  ['src/engine/planted-adapter.ts', 'no-restricted-imports', "import { a } from '../adapters/one/a.ts'"],
  ['src/engine/planted-node.ts', 'no-restricted-imports', "import { hostname } from 'node:os'"],
  ['src/adapters/two/planted-sibling.ts', 'no-restricted-imports', "import { a } from '../one/a.ts'"],
  ['src/adapters/two/sub/planted-sibling.ts', 'no-restricted-imports', "import { a } from '../../one/a.ts'"],
  ['src/adapters/two/planted-engine.ts', 'no-restricted-imports', "import { a } from '../../engine/a.ts'"],
  ['src/adapters/two/planted-app.ts', 'no-restricted-imports', "import { a } from '../../app/a.ts'"],
  ['src/config/planted-adapter.ts', 'no-restricted-imports', "import { a } from '../adapters/one/a.ts'"],
  ['jobs/one/planted-engine.ts', 'no-restricted-imports', "import { a } from '../../src/engine/a.ts'"],
  ['jobs/one/planted-node.ts', 'no-restricted-imports', "import { hostname } from 'node:os'"],
  ['commands/planted-job.ts', 'no-restricted-imports', "import { a } from '../jobs/one/a.ts'"],
  ['commands/planted-adapter.ts', 'no-restricted-imports', "import { a } from '../src/adapters/one/a.ts'"],
  ['playground/planted-app.ts', 'no-restricted-imports', "import { a } from '../src/app/a.ts'"],
  ['src/planted-app.ts', 'no-restricted-imports', "import { a } from './app/a.ts'"],
  ['src/app/planted-playground.ts', 'no-restricted-imports', "import { a } from '../../playground/a.ts'"],
  ['src/planted-any.ts', 'no-explicit-any', 'export const a: any = 1'],
  ['src/planted-non-null.ts', 'no-non-null-assertion', 'export const a = new Map<string, string>().get("x")!'],
  ['src/planted-floating.ts', 'no-floating-promises', 'export function a(): void { Promise.reject(new Error("x")); }'],
  ['src/planted-console.ts', 'no-console', 'console.log("x")'],
  ['src/planted-default.ts', 'no-default-export', 'export default 1'],
  ['src/planted-suppression.ts', 'ban-ts-comment', ['// @ts-', 'ignore\nexport const a = 1'].join('')],
  ['src/planted-long.ts', 'max-lines', '\nvoid 0;'.repeat(301)],
  ['src/planted-expression.ts', 'func-style', 'export const a = function (): number { return 1; }'],
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
  for (const [path, , code] of VIOLATIONS) plant(path, `${code};\n`);
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

test.each(VIOLATIONS)('the linter refuses %s by %s', (path, rule) => {
  expect(status).not.toBe(0);
  expect(report.split('\n').filter((line) => line.startsWith(`${path}:`) && line.includes(`(${rule})`))).toHaveLength(
    1,
  );
});

test.each(ALLOWED)('the linter lets %s pass', (path) => {
  expect(report.split('\n').filter((line) => line.startsWith(`${path}:`))).toEqual([]);
});
