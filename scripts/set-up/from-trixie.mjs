import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { inTrixie } from './apt-sources.mjs';
import { isExecutable, onPath, run, say } from './shell.mjs';

/**
 * @typedef {object} Bundle
 * @property {string} name what it is, for people; also the folder's name with a hyphen
 * @property {readonly string[]} packages Debian packages
 * @property {readonly string[]} programs what they bring, below usr/bin
 * @property {readonly string[]} versionOf the command that tells the version
 * @property {RegExp} version what it must print
 */

/** @type {readonly Bundle[]} */
const BUNDLES = [
  {
    name: 'etcd 3.5',
    packages: ['etcd-server', 'etcd-client'],
    programs: ['etcd', 'etcdctl'],
    versionOf: ['etcd', '--version'],
    version: /^etcd Version: 3\.5\./m,
  },
  {
    name: 'kubectl 1.32',
    packages: ['kubectl'],
    programs: ['kubectl'],
    versionOf: ['kubectl', 'version', '--client'],
    version: /v1\.32\./,
  },
];

/**
 * Unpacks trixie's etcd 3.5 (etcd, etcdctl, etcdutl) and kubectl 1.32 under node_modules/.cache/drydock/NAME/usr/bin, for
 * the suites that run on both lines of etcd, and those that have kubectl as their referee. Nothing is installed and the
 * machine's own programs are left alone: the packages come by a private apt configuration, made from the machine's own
 * sources with the suite's name replaced.
 *
 * When that fails it says so and goes on: the tests that need it then fail with the same words, they are not skipped.
 * @param {string} root
 */
export function unpackFromTrixie(root) {
  for (const bundle of BUNDLES) unpack(root, bundle);
}

/**
 * @param {string} root
 * @param {Bundle} bundle
 */
function unpack(root, bundle) {
  const cache = join(root, 'node_modules', '.cache', 'drydock');
  const target = join(cache, bundle.name.replace(' ', '-'));
  if (bundle.programs.every((program) => isExecutable(join(target, 'usr', 'bin', program)))) return;
  say(`unpacking ${bundle.name} from Debian trixie for the tests`);
  mkdirSync(cache, { recursive: true });
  const work = mkdtempSync(join(cache, 'unpacking-'));
  const problem = onPath('apt-get') && onPath('dpkg') ? fetch(work, bundle) : 'this needs apt-get and dpkg, of Debian';
  if (problem === undefined) {
    rmSync(target, { recursive: true, force: true });
    renameSync(join(work, 'out'), target);
  } else {
    say(
      `${bundle.name} could not be unpacked: ${problem}\n        The tests that need it will fail. To mend it by hand, put ${bundle.programs.join(' and ')} into ${join(target, 'usr', 'bin')}`,
    );
  }
  rmSync(work, { recursive: true, force: true });
}

/**
 * @param {string} work an empty folder; the unpacked tree ends up in its `out`
 * @param {Bundle} bundle
 * @returns {string | undefined} what went wrong
 */
function fetch(work, bundle) {
  for (const folder of ['sources.d', 'lists/partial', 'cache/archives/partial', 'out']) {
    mkdirSync(join(work, folder), { recursive: true });
  }
  if (writeSources(join(work, 'sources.d')) === 0) return "no Debian source in this machine's apt configuration";
  writeFileSync(join(work, 'status'), '');
  const options = [
    'Dir::Etc::sourcelist=/dev/null',
    `Dir::Etc::sourceparts=${join(work, 'sources.d')}`,
    `Dir::State::Lists=${join(work, 'lists')}`,
    `Dir::Cache=${join(work, 'cache')}`,
    // As if nothing were installed: a program of the same name from elsewhere must not be taken for a newer one.
    `Dir::State::status=${join(work, 'status')}`,
    'Debug::NoLocking=1',
    ...(process.getuid?.() === 0 ? ['APT::Sandbox::User=root'] : []),
  ].flatMap((option) => ['-o', option]);
  run('apt-get', [...options, 'update'], { cwd: work, quiet: true });
  const download = run('apt-get', [...options, 'download', ...bundle.packages], { cwd: work, quiet: true });
  if (!download.ok) return `apt-get download failed:\n${download.output}`;
  for (const file of readdirSync(work).filter((name) => name.endsWith('.deb'))) {
    const unpacked = run('dpkg', ['-x', join(work, file), join(work, 'out')], { quiet: true });
    if (!unpacked.ok) return `dpkg -x ${file} failed:\n${unpacked.output}`;
  }
  const [program = '', ...args] = bundle.versionOf;
  const version = run(join(work, 'out/usr/bin', program), args, { cwd: work, quiet: true }).output;
  return bundle.version.test(version) ? undefined : `the unpacked ${program} answers: ${version}`;
}

/**
 * @param {string} folder
 * @returns {number} how many files of sources were written
 */
function writeSources(folder) {
  const codename = /^VERSION_CODENAME=(\w+)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1];
  if (codename === undefined) return 0;
  const parts = '/etc/apt/sources.list.d';
  const files = [
    '/etc/apt/sources.list',
    ...(existsSync(parts) ? readdirSync(parts).map((name) => join(parts, name)) : []),
  ];
  let written = 0;
  for (const file of files.filter((name) => existsSync(name) && /\.(list|sources)$/.test(name))) {
    const text = inTrixie(readFileSync(file, 'utf8'), file.endsWith('.sources') ? 'deb822' : 'one-line', codename);
    if (text === '') continue;
    written += 1;
    writeFileSync(join(folder, `${written}.${file.endsWith('.sources') ? 'sources' : 'list'}`), text);
  }
  return written;
}
