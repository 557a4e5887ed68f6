import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Finished, ROOT, runProgram } from '../support/repository.ts';

/** A lockfile with one needed package and one for other platforms; and what npm keeps of it once installed. */
const LOCKFILE = {
  packages: { '': {}, 'node_modules/a': { version: '1.0.0' }, 'node_modules/b': { version: '2.0.0', optional: true } },
};
const INSTALLED = { packages: { 'node_modules/a': { version: '1.0.0' } } };

let tree = '';

beforeEach(() => {
  tree = mkdtempSync(join(tmpdir(), 'drydock-set-up-'));
  cpSync(join(ROOT, 'scripts'), join(tree, 'scripts'), { recursive: true });
  writeFileSync(join(tree, 'package-lock.json'), JSON.stringify(LOCKFILE));
  mkdirSync(join(tree, 'bin'));
});

afterEach(() => rmSync(tree, { recursive: true, force: true }));

/** Puts an executable shell script somewhere under the tree. */
function program(path: string, ...lines: readonly string[]): void {
  const file = join(tree, path);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, ['#!/bin/sh', ...lines, ''].join('\n'));
  chmodSync(file, 0o755);
}

/** Stand-ins for the servers, so that these tests never install one. */
function servers(...names: readonly string[]): void {
  for (const name of names) program(`bin/${name}`, 'exit 0');
}

function installedTree(nodeAnswers: string): void {
  program('node_modules/node/bin/node', `echo ${nodeAnswers}`);
  writeFileSync(join(tree, 'node_modules/.package-lock.json'), JSON.stringify(INSTALLED));
}

function setUp(): Finished {
  const env = { PATH: join(tree, 'bin'), npm_execpath: undefined };
  return runProgram(process.execPath, ['scripts/set-up.mjs'], { cwd: tree, env });
}

test('says nothing and changes nothing when all is there', () => {
  servers('redis-server', 'etcd', 'etcdctl', 'npm');
  installedTree('v24.1.0');

  const finished = setUp();

  expect(finished).toEqual({ status: 0, stdout: '', stderr: '' });
});

test('runs npm ci when node_modules is missing, and says so on stderr', () => {
  servers('redis-server', 'etcd', 'etcdctl');
  program('bin/npm', `echo "$@" >"${tree}/asked"`, `/bin/mkdir -p "${tree}/node_modules"`, 'echo from npm');

  const finished = setUp();

  expect(existsSync(join(tree, 'asked'))).toBe(true);
  expect(finished.stdout).toBe('');
  expect(finished.stderr).toContain('set-up: installing packages (npm ci)');
  expect(finished.stderr).toContain('from npm');
});

test.each([
  ['a package of another version', { packages: { 'node_modules/a': { version: '0.9.0' } } }],
  ['a package less', { packages: {} }],
])('runs npm ci when node_modules holds %s', (_name, installed) => {
  servers('redis-server', 'etcd', 'etcdctl');
  installedTree('v24.1.0');
  writeFileSync(join(tree, 'node_modules/.package-lock.json'), JSON.stringify(installed));
  program('bin/npm', `echo "$@" >"${tree}/asked"`);

  const finished = setUp();

  expect(finished.status).toBe(0);
  expect(existsSync(join(tree, 'asked'))).toBe(true);
});

test('stops with the exact command when npm did not run the install script of Node', () => {
  servers('redis-server', 'etcd', 'etcdctl');
  program('bin/npm', `/bin/mkdir -p "${tree}/node_modules/node"`);

  const finished = setUp();

  expect(finished.status).toBe(1);
  expect(finished.stderr).toContain('npm rebuild node --ignore-scripts=false --foreground-scripts');
});

test('stops when the Node in node_modules is not 24', () => {
  servers('redis-server', 'etcd', 'etcdctl');
  installedTree('v20.1.0');

  const finished = setUp();

  expect(finished.status).toBe(1);
  expect(finished.stderr).toContain('answers "v20.1.0" instead of v24');
});

test('stops when npm ci fails, and leaves no lock behind', () => {
  program('bin/npm', 'echo npm is unwell >&2', 'exit 1');

  const finished = setUp();

  expect(finished.status).toBe(1);
  expect(finished.stderr).toContain('npm is unwell');
  expect(existsSync(join(tree, '.drydock/set-up.lock'))).toBe(false);
});

test('takes over the lock of a set-up that is gone', () => {
  servers('redis-server', 'etcd', 'etcdctl');
  installedTree('v24.1.0');
  const gone = runProgram('sh', ['-c', 'echo $$'], { cwd: tree }).stdout;
  mkdirSync(join(tree, '.drydock'));
  writeFileSync(join(tree, '.drydock/set-up.lock'), gone);

  const finished = setUp();

  expect(finished.status).toBe(0);
});

test('installs the servers that are missing, and only those', () => {
  servers('redis-server', 'etcd');
  installedTree('v24.1.0');
  program('bin/sudo', 'shift', 'exec "$@"');
  program(
    'bin/apt-get',
    `echo "$@" >>"${tree}/asked"`,
    `echo '#!/bin/sh' >"${tree}/bin/etcdctl"`,
    `/bin/chmod +x "${tree}/bin/etcdctl"`,
  );

  const finished = setUp();

  expect(finished.stderr).toContain('set-up: installing etcd-client (apt-get)');
  expect(readFileSync(join(tree, 'asked'), 'utf8')).toBe('install -y --no-install-recommends etcd-client\n');
  expect(finished.status).toBe(0);
});

test('refreshes the package lists once, then stops with what apt-get said', () => {
  servers('redis-server');
  installedTree('v24.1.0');
  program('bin/sudo', 'shift', 'exec "$@"');
  program('bin/apt-get', `echo "$1" >>"${tree}/asked"`, 'echo Unable to locate package >&2', 'exit 100');

  const finished = setUp();

  expect(finished.status).toBe(1);
  expect(finished.stderr).toContain('could not install etcd-server, etcd-client:\nUnable to locate package');
  expect(readFileSync(join(tree, 'asked'), 'utf8')).toBe('install\nupdate\ninstall\n');
});

test('stops when no way to install a server is known', () => {
  installedTree('v24.1.0');

  const finished = setUp();

  expect(finished.status).toBe(1);
  expect(finished.stderr).toContain('redis-server, etcd, etcdctl not found; install them so that they are in PATH');
});

test.each([
  ['etcd 3.5', 'etcd-3.5/usr/bin/etcd', ['--version'], /^etcd Version: 3\.5\./],
  ['kubectl 1.32', 'kubectl-1.32/usr/bin/kubectl', ['version', '--client'], /v1\.32\./],
] as const)('the %s of the tests is unpacked where they look for it', (name, path, args, version) => {
  const { status, stdout } = runProgram(join(ROOT, 'node_modules/.cache/drydock', path), args, { cwd: ROOT });

  expect(status, `run npm test once more: its set-up says why ${name} could not be unpacked`).toBe(0);
  expect(stdout).toMatch(version);
});
