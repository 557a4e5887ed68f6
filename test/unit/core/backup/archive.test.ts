import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { followArchive } from '../../../../src/core/backup/archive.ts';
import { tarOf } from '../../../support/tar-sample.ts';

const FILES = {
  'etc/pki/': '',
  'etc/pki/ca.crt': 'x'.repeat(700),
  'etc/manifests/a.yaml': 'kind: Pod',
  'etc/a.conf': '',
};

function findingOf(bytes: Uint8Array, paths: readonly string[], piece = bytes.length) {
  const archive = followArchive(paths);
  for (let at = 0; at < bytes.length; at += piece) archive.take(bytes.subarray(at, at + piece));
  return archive.finding();
}

test.each([1, 7, 511, 512, 513, 100_000])('in pieces of %i bytes: whole, with what is to be in it', (piece) => {
  expect(findingOf(tarOf(FILES), ['etc/pki', 'etc/manifests/a.yaml'], piece)).toEqual({ ok: true });
});

test('what GNU tar writes, with names beyond 100 characters', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'drydock-archive-'));
  try {
    const long = join('pki', 'deep'.repeat(15), 'deeper'.repeat(15));
    mkdirSync(join(folder, long), { recursive: true });
    writeFileSync(join(folder, long, 'ca.crt'), 'not a certificate');
    const bytes = execFileSync('tar', ['-c', '-f', '-', '-C', folder, 'pki']);

    expect(findingOf(bytes, ['pki'], 1000)).toEqual({ ok: true });
    expect(findingOf(bytes.subarray(0, 2048), ['pki'])).toEqual({ ok: false, text: 'it has no end' });
  } finally {
    await rm(folder, { recursive: true });
  }
});

test.each([
  ['a path that is not there', tarOf(FILES), 'it has nothing of etc/other'],
  ['nothing', new Uint8Array(0), 'it has no end'],
  ['no end', tarOf(FILES).subarray(0, -1024), 'it has no end'],
  ['half an end', tarOf(FILES).subarray(0, -1), 'it has no end'],
  ['other bytes', new TextEncoder().encode('x'.repeat(2048)), 'it is no archive of tar, or it is broken in its middle'],
])('%s is found', (_what, bytes, text) => {
  expect(findingOf(bytes, ['etc/other'])).toEqual({ ok: false, text });
});

test('a folder without a file, an empty file and a name that only begins alike are not enough', () => {
  const bytes = tarOf({ ...FILES, 'etc/empty/': '', 'etc/pki-old/x': 'x' });

  for (const path of ['etc/empty', 'etc/a.conf', 'etc/pk'])
    expect(findingOf(bytes, [path])).toEqual({ ok: false, text: `it has nothing of ${path}` });
});

test('a bit flipped in any byte of a header breaks it', () => {
  const whole = tarOf({ 'etc/pki/ca.crt': 'x' });
  const passed = Array.from({ length: 512 }, (_, at) => at).filter((at) => {
    const bytes = whole.slice();
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    return findingOf(bytes, ['etc/pki/ca.crt']).ok;
  });

  // Only the byte behind the end of the sum, which nobody reads.
  expect(passed).toEqual([155]);
});
