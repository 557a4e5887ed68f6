// Puts the programs that drills need into a folder: `node etcd-for-image.mjs <folder> [address]`. Run by the Dockerfile, in the system that the
// image is for. What does not have the sum that stands here is not unpacked.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where etcd's releases are; another address has the same paths below it. */
const RELEASES = 'https://github.com/etcd-io/etcd/releases/download';

/** SHA-256 of `etcd-v<version>-linux-<architecture>.tar.gz`. One for each minor version: a drill takes the same as the cluster's, or the next. */
const SUMS = {
  '3.5.27': {
    amd64: '0aad9a9e4e0817a021e933f9806a2b2960a62f949ad5a3d6436d8886945cb1bc',
    arm64: '1277309f540c5a0329c428f95455c9f76d24f768c8d28fd2753e891c379053fa',
  },
  '3.6.5': {
    amd64: '66bad39ed920f6fc15fd74adcb8bfd38ba9a6412f8c7852d09eb11670e88cac3',
    arm64: '7010161787077b07de29b15b76825ceacbbcedcb77fe2e6832f509be102cab6b',
  },
};
const PROGRAMS = ['etcd', 'etcdutl'];
const FETCH_MS = 600_000;

/**
 * @param {string} message
 * @returns {never}
 */
function stop(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

/**
 * The bytes behind an address, as long as they have that sum.
 * @param {string} address
 * @param {string} sum
 */
async function fetched(address, sum) {
  const answer = await fetch(address, { signal: AbortSignal.timeout(FETCH_MS) });
  if (!answer.ok) stop(`${address}: the server answers ${answer.status}`);
  const bytes = Buffer.from(await answer.arrayBuffer());
  const own = createHash('sha256').update(bytes).digest('hex');
  if (own !== sum) stop(`${address}: its SHA-256 is ${own} instead of ${sum}; nothing was unpacked`);
  return bytes;
}

/**
 * @param {string} program
 * @param {readonly string[]} args
 */
function run(program, args) {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) stop(`${program} ${args.join(' ')}: ${error?.message ?? stderr}`);
  return stdout;
}

const [folder, from = RELEASES] = process.argv.slice(2);
if (folder === undefined) stop('say the folder');
if (process.arch !== 'x64' && process.arch !== 'arm64') stop(`etcd is not fetched for ${process.arch}`);
const architecture = process.arch === 'x64' ? 'amd64' : 'arm64';
for (const [version, sums] of Object.entries(SUMS)) {
  const name = `etcd-v${version}-linux-${architecture}`;
  const bytes = await fetched(`${from}/v${version}/${name}.tar.gz`, sums[architecture]);
  const place = join(folder, version);
  mkdirSync(place, { recursive: true });
  const archive = join(folder, `${name}.tar.gz`);
  writeFileSync(archive, bytes);
  const members = PROGRAMS.map((program) => `${name}/${program}`);
  run('tar', ['-xzf', archive, '-C', place, '--strip-components=1', '--no-same-owner', ...members]);
  rmSync(archive);
  const said = `${run(join(place, 'etcd'), ['--version'])}${run(join(place, 'etcdutl'), ['version'])}`;
  if (said.split(version).length < 3) stop(`the programs of ${name} call themselves something else: ${said}`);
  process.stdout.write(`${place}: ${PROGRAMS.join(', ')}\n`);
}
