import { expect, test } from 'vitest';
import { whyTogether } from '../../../../src/core/backup/keys-apart.ts';
import type { VaultFacts } from '../../../../src/core/ports/backup-vault.ts';

function facts(main: string, beside: string, data: readonly string[], keys: readonly string[]): VaultFacts {
  const dress = { compression: 'none', canOpen: true } as const;
  return {
    place: main,
    snapshot: { ...dress, recipients: data },
    static: { ...dress, recipients: keys, place: beside },
  };
}

test.each([
  ['another bucket', 's3://data/', 's3://keys/', [], []],
  ['another bucket whose name begins alike', 's3://data/', 's3://data-keys/', [], []],
  ['another folder', '/var/data', '/var/keys', [], []],
  ['another folder whose name begins alike', '/var/data', '/var/data-keys', [], []],
  ['a folder and a bucket', '/var/data', 's3://keys/', ['a'], ['a']],
  ['other recipients', 's3://data/', 's3://data/', ['a', 'b'], ['c']],
  ['recipients, where the snapshot has none', '/var/data', '/var/data', [], ['c']],
])('%s keeps keys and data apart', (_what, main, beside, data, keys) => {
  expect(whyTogether(facts(main, beside, data, keys))).toBeNull();
});

test.each([
  ['the same place', 's3://data/', 's3://data/', [], [], 'without encryption'],
  ['another prefix of the bucket', 's3://data/a/', 's3://data/b/', [], [], 'without encryption'],
  ['a folder in the other', '/var/data', '/var/data/keys', ['a'], [], 'without encryption'],
  ['a folder around the other', '/var/data/snapshots', '/var/data/', ['a'], ['a'], 'for a recipient of the snapshot'],
  ['one recipient in common', '/var/data', '/var/data', ['a', 'b'], ['c', 'b'], 'for a recipient of the snapshot'],
])('%s does not', (_what, main, beside, data, keys, words) => {
  expect(whyTogether(facts(main, beside, data, keys))).toBe(
    `static files would be stored ${words}, and in the same place`,
  );
});
