import { expect, test } from 'vitest';
import { z } from 'zod';
import { textOf } from '../support/repository.ts';

const Versions = z.record(z.string(), z.string());
const PackageJson = z.object({
  dependencies: Versions,
  devDependencies: Versions,
  /** Of a package everywhere, or of packages below one. */
  overrides: z.record(z.string(), z.union([z.string(), Versions])),
  allowScripts: z.record(z.string(), z.boolean()),
});
const Lockfile = z.object({
  packages: z.record(
    z.string(),
    z.object({
      resolved: z.string().optional(),
      hasInstallScript: z.boolean().optional(),
      version: z.string().optional(),
    }),
  ),
});

const packageJson = PackageJson.parse(JSON.parse(textOf('package.json')));
const lockfile = Lockfile.parse(JSON.parse(textOf('package-lock.json')));

/** The rows of the first table under a heading of docs/dependencies.md. */
function tableUnder(heading: string): readonly (readonly string[])[] {
  const section = textOf('docs/dependencies.md').split(`## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  const rows = section.split('\n').filter((line) => line.startsWith('| '));
  return rows.slice(2).map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

test.each([
  ['What runs in production', packageJson.dependencies],
  ['What only development needs', packageJson.devDependencies],
] as const)('docs/dependencies.md lists exactly the packages of package.json: %s', (heading, declared) => {
  const rows = tableUnder(heading);

  expect(Object.fromEntries(rows.map(([name, version]) => [name, version]))).toEqual(declared);
  expect(rows.filter(([, , why]) => why === undefined || why.length < 10)).toEqual([]);
});

test('every direct dependency and override has an exact version', () => {
  const { dependencies, devDependencies, overrides } = packageJson;
  const overridden = Object.entries(overrides).flatMap(([name, value]) =>
    typeof value === 'string' ? [[name, value] as const] : Object.entries(value),
  );
  const all = [...Object.entries({ ...dependencies, ...devDependencies }), ...overridden];

  expect(all.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
});

test('package-lock.json agrees with package.json', () => {
  const { dependencies, devDependencies } = packageJson;

  for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies })) {
    expect(lockfile.packages[`node_modules/${name}`]?.version, name).toBe(version);
  }
});

test('package-lock.json names no host', () => {
  const packages = Object.entries(lockfile.packages);

  expect(packages.length).toBeGreaterThan(100);
  expect(packages.filter(([, { resolved }]) => resolved !== undefined)).toEqual([]);
  expect(textOf('package-lock.json')).not.toMatch(/https?:\/\/[a-z0-9.-]*(registry|mirror|proxy)/i);
});

test('every package with an install script is approved or refused by name; only node is approved', () => {
  const withScript = Object.entries(lockfile.packages).filter(([, entry]) => entry.hasInstallScript === true);
  const names = withScript.map(([path]) => path.replace(/^.*node_modules\//, ''));

  expect(Object.keys(packageJson.allowScripts).toSorted()).toEqual(names.toSorted());
  expect(Object.entries(packageJson.allowScripts).filter(([, allowed]) => allowed)).toEqual([['node', true]]);
});
