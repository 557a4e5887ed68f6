import { describe, expect, test } from 'vitest';
import {
  askFreeRoom,
  dataPaths,
  fileReplacement,
  lookAtData,
  moveAside,
  readDataPlace,
  readFile,
  readFreeRoom,
  readPaths,
  readText,
  replaceFile,
} from '../../../../src/core/etcd/host-files.ts';
import type { ExecOutcome } from '../../../../src/core/ports/kubernetes.ts';

const PATHS = dataPaths('/var/lib/etcd', 'replace-edge-7f3k');
const DIRECTORY = '2049|4096|directory|/var/lib/etcd\n';
const MEMBER = '2049|4096|directory|/var/lib/etcd/member\n';
const ASIDE = '2049|4096|directory|/var/lib/etcd/old-replace-edge-7f3k\n';

function said(stdout: string, exitCode = 0, stderr = ''): ExecOutcome {
  const encoder = new TextEncoder();
  return { exitCode, stdout: encoder.encode(stdout), stderr: encoder.encode(stderr) };
}

function missing(...paths: readonly string[]): string {
  return paths.map((path) => `stat: cannot statx '${path}': No such file or directory\n`).join('');
}

test('the programs, word by word', () => {
  expect(lookAtData(PATHS).argv.join(' ')).toBe(
    'stat --format=%d|%s|%F|%n -- /var/lib/etcd /var/lib/etcd/member /var/lib/etcd/old-replace-edge-7f3k',
  );
  expect(moveAside(PATHS).argv.join(' ')).toBe('mv -T -- /var/lib/etcd/member /var/lib/etcd/old-replace-edge-7f3k');
  expect(readFile('/etc/default/etcd').argv).toEqual(['cat', '--', '/etc/default/etcd']);
  expect(askFreeRoom('/var/lib/etcd').argv).toEqual(['df', '-kP', '--', '/var/lib/etcd']);
});

describe('where the data are', () => {
  test.each([
    ['in-place', said(DIRECTORY + MEMBER, 1, missing(PATHS.aside)), true],
    ['aside', said(DIRECTORY + ASIDE, 1, missing(PATHS.member)), false],
    ['both', said(DIRECTORY + MEMBER + ASIDE), true],
    ['neither', said(DIRECTORY, 1, missing(PATHS.member, PATHS.aside)), false],
    ['no-directory', said('', 1, missing(PATHS.directory, PATHS.member, PATHS.aside)), false],
    // A disk of their own: a rename would be a copy.
    ['in-place', said(DIRECTORY + MEMBER.replace('2049', '2050'), 1, missing(PATHS.aside)), false],
  ])('%s', (place, outcome, movable) => {
    expect(readDataPlace(PATHS, outcome)).toEqual({ ok: true, value: { place, movable } });
  });

  test('the data directory as a mount point of its own is movable: the rename stays on it', () => {
    const outcome = said((DIRECTORY + MEMBER).replaceAll('2049', '64768'), 1, missing(PATHS.aside));

    expect(readDataPlace(PATHS, outcome)).toEqual({ ok: true, value: { place: 'in-place', movable: true } });
  });

  test('what may not be looked at is not taken as absent', () => {
    const denied = `stat: cannot statx '${PATHS.member}': Permission denied\n`;
    const read = readDataPlace(PATHS, said(DIRECTORY, 1, denied + missing(PATHS.aside)));

    expect(read).toEqual({ ok: false, why: expect.stringContaining('Permission denied') });
  });

  test('a greeting is no path, and a path that nobody asked for is left out', () => {
    const read = readPaths(['/a'], said('hello\n1|2|directory|/b\n1|7|regular file|/a\n'));

    expect(read).toEqual({
      ok: true,
      value: new Map([['/a', { path: '/a', device: '1', type: 'regular file', bytes: 7 }]]),
    });
  });

  test('busybox words for an absent path', () => {
    expect(readPaths(['/a'], said('', 1, "stat: can't stat '/a': No such file or directory\n"))).toEqual({
      ok: true,
      value: new Map([['/a', null]]),
    });
  });
});

test('a file is replaced by renames, and the old one keeps a name', () => {
  const names = fileReplacement('/etc/default/etcd', 'replace-edge-7f3k');
  const programs = replaceFile(names, 'ETCD_NAME=m-1\n', false);

  expect(programs.map(({ argv }) => argv.join(' '))).toEqual([
    'install --mode=600 -T -- /dev/null /etc/default/etcd.new-replace-edge-7f3k',
    'tee -- /etc/default/etcd.new-replace-edge-7f3k',
    'chmod --reference=/etc/default/etcd -- /etc/default/etcd.new-replace-edge-7f3k',
    'chown --reference=/etc/default/etcd -- /etc/default/etcd.new-replace-edge-7f3k',
    'ln -T -- /etc/default/etcd /etc/default/etcd.before-replace-edge-7f3k',
    'mv -T -- /etc/default/etcd.new-replace-edge-7f3k /etc/default/etcd',
  ]);
  expect(new TextDecoder().decode(programs[1]?.stdin)).toBe('ETCD_NAME=m-1\n');
  // A second attempt must not give the second name to the new file.
  expect(replaceFile(names, 'x', true).map(({ argv }) => argv[0])).toEqual(['install', 'tee', 'chmod', 'chown', 'mv']);
});

test('nothing here copies data or deletes', () => {
  const names = fileReplacement('/etc/default/etcd', 'r');
  const programs = [
    lookAtData(PATHS),
    moveAside(PATHS),
    readFile('/a'),
    askFreeRoom('/a'),
    ...replaceFile(names, '', false),
  ];

  expect(programs.map(({ argv }) => argv[0])).not.toEqual(
    expect.arrayContaining([expect.stringMatching(/^(?:cp|rm|rsync|dd|tar|shred|truncate)$/)]),
  );
});

test('free room: figures of df, none left, no answer', () => {
  const head = 'Filesystem     1024-blocks    Used Available Capacity Mounted on\n';

  expect(
    readFreeRoom(said(`${head}/dev/mapper/vg-etcd     2046808 2046808         0     100% /var/lib/etcd\n`)),
  ).toEqual({
    ok: true,
    value: { freeBytes: 0, totalBytes: 2046808 * 1024 },
  });
  expect(readFreeRoom(said(`${head}tmpfs 1000 400 600 40% /var/lib/etcd\n`))).toEqual({
    ok: true,
    value: { freeBytes: 614_400, totalBytes: 1_024_000 },
  });
  expect(readFreeRoom(said(head)).ok).toBe(false);
  expect(readFreeRoom(said('', 1, 'df: /x: No such file or directory\n'))).toEqual({
    ok: false,
    why: 'df ended with 1: df: /x: No such file or directory',
  });
});

test('text is read whole or not at all', () => {
  expect(readText(said('ETCD_NAME=ü\n'))).toEqual({ ok: true, value: 'ETCD_NAME=ü\n' });
  expect(readText({ ...said(''), stdout: Uint8Array.of(0xff, 0xfe) })).toEqual({
    ok: false,
    why: 'the file is not text in UTF-8',
  });
  expect(readText(said('', 1, 'cat: /a: No such file or directory\n')).ok).toBe(false);
});
