import { assert, constantFrom, property } from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalDigest } from '../../../../src/adapters/runtime/canonical-digest.ts';
import { readManifest, sealManifest } from '../../../../src/core/backup/manifest.ts';
import { bodyOf, idOf } from '../../../support/backup-samples.ts';

const AT = '2026-11-22T00:51:30.000Z';
const BODY = bodyOf(AT);
const [FILE] = BODY.files;
if (FILE === undefined) throw new Error('the sample has no file');
const SEALED = sealManifest(canonicalDigest, BODY);

function read(found: unknown, id = BODY.id) {
  return readManifest(canonicalDigest, id, found);
}

test('what was sealed is read again, through JSON, with every digit', () => {
  const found: unknown = JSON.parse(JSON.stringify(SEALED));

  expect(read(found)).toEqual({ kind: 'good', manifest: { ...BODY, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) } });
  expect(SEALED.revision).toBe('18019771712233889772');
});

test('any change after the seal is found', () => {
  const changes = [
    { note: 'edited' },
    { revision: '1' },
    { keys: 813 },
    { member: { ...BODY.member, name: 'cp-3' } },
    { files: [{ ...FILE, contentSha256: 'b'.repeat(64) }] },
    { snapshotOnly: 'the operator is degraded' },
    { sha256: 'b'.repeat(64) },
  ];
  assert(
    property(constantFrom(...changes), (change) => {
      expect(read({ ...SEALED, ...change })).toEqual({
        kind: 'damaged',
        why: 'its manifest was changed after it was written',
      });
    }),
  );
});

test('what is no manifest is told, with the place', () => {
  for (const found of [null, 'text', [], {}]) expect(read(found)).toMatchObject({ kind: 'damaged' });
  expect(read({ ...SEALED, revision: 100 })).toEqual({
    kind: 'damaged',
    why: 'its manifest cannot be read (at revision)',
  });
  expect(read({ ...SEALED, more: true })).toMatchObject({ kind: 'damaged' });
});

test('one of a newer version is not called damaged', () => {
  expect(read({ version: 2, all: 'else' })).toEqual({
    kind: 'newer',
    why: 'its manifest has version 2, which a newer Drydock wrote',
  });
});

test('one of another backup, of another cluster, or without a snapshot is not of this one', () => {
  const other = idOf('2026-11-21T00:51:30.000Z');
  const why = (body: typeof BODY, id = BODY.id) => read(sealManifest(canonicalDigest, body), id);

  expect(why(BODY, other)).toEqual({ kind: 'damaged', why: `its manifest is that of ${BODY.id}` });
  expect(why({ ...BODY, cluster: 'edge' })).toEqual({ kind: 'damaged', why: 'its manifest is of cluster edge' });
  expect(why({ ...BODY, files: [{ ...FILE, role: 'static' }] })).toEqual({
    kind: 'damaged',
    why: 'its manifest names no snapshot',
  });
});
