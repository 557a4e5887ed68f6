import { createHash } from 'node:crypto';
import { readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isExecutable, run, StopError, say } from './shell.mjs';

const NODE_MAJOR = 24;

/**
 * Installs node_modules when it is missing or does not match package-lock.json, and makes sure that the npm scripts
 * of this folder run on Node 24.
 * @param {string} root
 */
export function installPackages(root) {
  const stamp = join(root, 'node_modules', '.drydock-lock');
  const wanted = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  if (readIfThere(stamp)?.trim() !== wanted) {
    if (!matchesLockfile(root)) npmCi(root);
    writeFileSync(stamp, `${wanted}\n`);
  }
  requireNode24(root);
}

/**
 * Whether node_modules holds what package-lock.json asks for, though the stamp is not ours: someone ran npm themselves.
 * npm keeps a copy of the lockfile of what it really installed; optional packages of other platforms are not in it.
 * @param {string} root
 */
function matchesLockfile(root) {
  const installed = readIfThere(join(root, 'node_modules', '.package-lock.json'));
  if (installed === undefined) return false;
  const have = JSON.parse(installed).packages ?? {};
  const want = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages ?? {};
  return Object.entries(want).every(([path, { version, optional, devOptional }]) => {
    if (path === '') return true;
    if (have[path] === undefined) return optional === true || devOptional === true;
    return have[path].version === version;
  });
}

/** @param {string} root */
function npmCi(root) {
  say('installing packages (npm ci)');
  // The npm and the node that run this script, when there are any: the node in node_modules is about to be replaced.
  const { npm_execpath: npm, npm_node_execpath: node } = process.env;
  const args = ['ci', '--loglevel=error', '--no-audit', '--no-fund'];
  const byNpm = npm !== undefined && /\.c?js$/.test(npm);
  const { ok } = byNpm ? run(node ?? process.execPath, [npm, ...args], { cwd: root }) : run('npm', args, { cwd: root });
  if (!ok) throw new StopError('npm ci failed; what it said is above. Mend that, then try again');
}

/** @param {string} root */
function requireNode24(root) {
  const own = join(root, 'node_modules', 'node', 'bin', 'node');
  if (isExecutable(own)) {
    const running = realpathSync(process.execPath) === realpathSync(own);
    const version = running ? process.version : run(own, ['--version'], { cwd: root, quiet: true }).output.trim();
    if (version.startsWith(`v${NODE_MAJOR}.`)) return;
    throw new StopError(`${own} answers "${version}" instead of v${NODE_MAJOR}; remove node_modules and try again`);
  }
  throw new StopError(
    `Node ${NODE_MAJOR} is missing from node_modules: the package "node" fetches it in its install script, and this npm ` +
      'did not run that script (package.json approves it under allowScripts). Run this, then try again:\n\n' +
      '    npm rebuild node --ignore-scripts=false --foreground-scripts\n',
  );
}

/**
 * @param {string} file
 * @returns {string | undefined}
 */
function readIfThere(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
