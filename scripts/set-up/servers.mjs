import { onPath, run, StopError, say } from './shell.mjs';

/** The real servers that the playground and the tests run, with the package that brings each. */
const SERVERS = [
  { program: 'redis-server', debian: 'redis-server', brew: 'redis' },
  { program: 'etcd', debian: 'etcd-server', brew: 'etcd' },
  { program: 'etcdctl', debian: 'etcd-client', brew: 'etcd' },
];

/** What only the tests of the workspace page need. */
const BROWSERS = [{ program: 'chromium', debian: 'chromium', brew: 'chromium' }];

/** Installs the servers that are not in PATH. */
export function installServers() {
  installPrograms(SERVERS);
}

/** Installs the browser that the tests of the workspace page drive, when it is not in PATH. */
export function installBrowser() {
  installPrograms(BROWSERS);
}

/** @param {readonly { program: string, debian: string, brew: string }[]} wanted */
function installPrograms(wanted) {
  const missing = wanted.filter(({ program }) => !onPath(program));
  if (missing.length === 0) return;
  if (onPath('apt-get')) byApt(missing.map(({ debian }) => debian));
  else if (onPath('brew')) byBrew([...new Set(missing.map(({ brew }) => brew))]);
  const still = wanted.filter(({ program }) => !onPath(program)).map(({ program }) => program);
  if (still.length === 0) return;
  throw new StopError(`${still.join(', ')} not found; install them so that they are in PATH, then try again`);
}

/** @param {readonly string[]} packages */
function byApt(packages) {
  const command = ['apt-get', 'install', '-y', '--no-install-recommends', ...packages];
  const asRoot = rootPrefix();
  if (asRoot === undefined) {
    throw new StopError(
      `${packages.join(', ')} missing, and this user may not install packages. Run this, then try again:\n\n    sudo ${command.join(' ')}\n`,
    );
  }
  say(`installing ${packages.join(', ')} (apt-get)`);
  if (runAs(asRoot, command).ok) return;
  // A machine whose package lists are old or absent, as in a fresh container.
  runAs(asRoot, ['apt-get', 'update']);
  const again = runAs(asRoot, command);
  if (!again.ok) throw new StopError(`apt-get could not install ${packages.join(', ')}:\n${again.output}`);
}

/**
 * @param {readonly string[]} prefix
 * @param {readonly string[]} command
 */
function runAs(prefix, command) {
  // env comes after sudo, which would drop the variable.
  return run('/usr/bin/env', [...prefix, '/usr/bin/env', 'DEBIAN_FRONTEND=noninteractive', ...command], {
    quiet: true,
  });
}

/**
 * What has to stand before a command to run it as root.
 * @returns {readonly string[] | undefined} undefined: there is no way without asking for a password
 */
function rootPrefix() {
  if (process.getuid?.() === 0) return [];
  return onPath('sudo') && run('sudo', ['-n', 'true'], { quiet: true }).ok ? ['sudo', '-n'] : undefined;
}

/** @param {readonly string[]} packages */
function byBrew(packages) {
  say(`installing ${packages.join(', ')} (brew; this way is untested)`);
  if (!run('brew', ['install', ...packages]).ok) throw new StopError(`brew could not install ${packages.join(', ')}`);
}
