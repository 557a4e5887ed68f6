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
 * Unpacks trixie's etcd 3.5 (etcd, etcdctl, etcdutl) under node_modules/.cache/drydock/etcd-3.5/usr/bin, for the suites
 * that run on both lines. It is not installed and leaves the machine's own etcd alone: the packages come by a private
 * apt configuration, made from the machine's own sources with the suite's name replaced.
 *
 * When that fails it says so and goes on: the tests that need etcd 3.5 then fail with the same words, they are
 * not skipped.
 * @param {string} root
 */
export function unpackEtcd35(root) {
  const cache = join(root, 'node_modules', '.cache', 'drydock');
  const target = join(cache, 'etcd-3.5');
  if (['etcd', 'etcdctl'].every((program) => isExecutable(join(target, 'usr', 'bin', program)))) return;
  say('unpacking etcd 3.5 from Debian trixie for the tests');
  mkdirSync(cache, { recursive: true });
  const work = mkdtempSync(join(cache, 'unpacking-'));
  const problem = onPath('apt-get') && onPath('dpkg') ? fetch(work) : 'this needs apt-get and dpkg, of Debian';
  if (problem === undefined) {
    rmSync(target, { recursive: true, force: true });
    renameSync(join(work, 'out'), target);
  } else {
    say(
      `etcd 3.5 could not be unpacked: ${problem}\n        The tests that need it will fail. To mend it by hand, put etcd and etcdctl 3.5 into ${join(target, 'usr', 'bin')}`,
    );
  }
  rmSync(work, { recursive: true, force: true });
}

/**
 * @param {string} work an empty folder; the unpacked tree ends up in its `out`
 * @returns {string | undefined} what went wrong
 */
function fetch(work) {
  for (const folder of ['sources.d', 'lists/partial', 'cache/archives/partial', 'out']) {
    mkdirSync(join(work, folder), { recursive: true });
  }
  if (writeSources(join(work, 'sources.d')) === 0) return "no Debian source in this machine's apt configuration";
  const options = [
    'Dir::Etc::sourcelist=/dev/null',
    `Dir::Etc::sourceparts=${join(work, 'sources.d')}`,
    `Dir::State::Lists=${join(work, 'lists')}`,
    `Dir::Cache=${join(work, 'cache')}`,
    'Debug::NoLocking=1',
    ...(process.getuid?.() === 0 ? ['APT::Sandbox::User=root'] : []),
  ].flatMap((option) => ['-o', option]);
  run('apt-get', [...options, 'update'], { cwd: work, quiet: true });
  const download = run('apt-get', [...options, 'download', 'etcd-server', 'etcd-client'], { cwd: work, quiet: true });
  if (!download.ok) return `apt-get download failed:\n${download.output}`;
  for (const file of readdirSync(work).filter((name) => name.endsWith('.deb'))) {
    const unpacked = run('dpkg', ['-x', join(work, file), join(work, 'out')], { quiet: true });
    if (!unpacked.ok) return `dpkg -x ${file} failed:\n${unpacked.output}`;
  }
  const version = run(join(work, 'out/usr/bin/etcd'), ['--version'], { cwd: work, quiet: true }).output;
  return /^etcd Version: 3\.5\./m.test(version) ? undefined : `the unpacked etcd answers: ${version}`;
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
