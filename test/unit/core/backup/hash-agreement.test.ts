import { expect, test } from 'vitest';
import { judgeHashes, type VoterHash } from '../../../../src/core/backup/hash-agreement.ts';

const voter = (label: string, hash: number, more: Partial<VoterHash> = {}): VoterHash => ({
  label,
  version: '3.5.16',
  hash,
  compactRevision: 90n,
  ...more,
});

test.each<[string, readonly number[], string, readonly string[]]>([
  ['nobody else', [], 'same', []],
  ['all equal', [7, 7], 'same', []],
  ['one of three differs', [7, 8], 'majority', ['m-2']],
  ['the giver is the one of three', [8, 8], 'minority', ['m-1', 'm-2']],
  ['each has its own', [8, 9], 'undecided', ['m-1', 'm-2']],
  ['one against one', [8], 'undecided', ['m-1']],
  ['two of five differ', [7, 7, 8, 9], 'majority', ['m-3', 'm-4']],
  ['two and two of five', [7, 8, 8, 9], 'undecided', ['m-2', 'm-3', 'm-4']],
  ['three of five have the same', [8, 8, 8, 7], 'minority', ['m-1', 'm-2', 'm-3']],
])('%s', (_, others, kind, names) => {
  const answer = judgeHashes(
    voter('m-0', 7),
    others.map((hash, at) => voter(`m-${at + 1}`, hash)),
  );
  expect(answer).toEqual({ kind, others: names, compared: others.map((__, at) => `m-${at + 1}`), incomparable: [] });
});

test('another minor version or another compaction says nothing, and that is said', () => {
  const answer = judgeHashes(voter('m-0', 7), [
    voter('m-1', 8, { version: '3.6.1' }),
    voter('m-2', 8, { compactRevision: 80n }),
    voter('m-3', 7, { version: '3.5.9' }),
  ]);
  expect(answer).toEqual({
    kind: 'same',
    others: [],
    compared: ['m-3'],
    incomparable: [
      'Whether m-1 has the same data was not compared: it runs etcd 3.6.1, and m-0 runs 3.5.16.',
      'Whether m-2 has the same data was not compared: the history was compacted at 80 there, and at 90 on m-0.',
    ],
  });
});
