import { describe, expect, test } from 'vitest';
import { drillReport, drillWords, judgeDrill } from '../../../../src/core/backup/drill-verdict.ts';
import type { BackupBody } from '../../../../src/core/backup/manifest.ts';
import type { DrillFindings } from '../../../../src/core/ports/drill.ts';
import { bodyOf } from '../../../support/backup-samples.ts';
import { findingsOf } from '../../../support/drill-samples.ts';

const AT = '2026-11-21T00:51:30.000Z';
const HASH = { hash: 40_717_993, compactRevision: '-1', revision: '100' };

function judge(found: Partial<DrillFindings> = {}, body: Partial<BackupBody> = {}) {
  return judgeDrill(bodyOf(AT, body), findingsOf(found));
}

test('what is as the manifest says passes, and nothing is left uncompared', () => {
  expect(judge()).toEqual({ troubles: [], uncompared: [] });
  expect(judge({ revision: '18019771712233889772' })).toEqual({ troubles: [], uncompared: [] });
});

describe('what is not as it should be', () => {
  test.each<[string, Partial<DrillFindings>]>([
    [
      'it is at revision 18019771712233889771, which is before 18019771712233889772 of its manifest',
      { revision: '18019771712233889771' },
    ],
    ['it has 811 keys at revision 18019771712233889772, and 812 were counted for the backup', { keys: 811 }],
    ['its hash at revision 100 is 1, and that of the backup is 40717993', { hashKv: { ...HASH, hash: 1 } }],
    ['the restored database is empty', { keys: 0, resources: [] }],
    ['the restored etcd takes no write', { tookWrite: false }],
    [
      'values cannot be read: 2 of 5 of pods that were looked at',
      { hashKv: null, resources: [{ resource: 'pods', count: 812, sampled: 5, encrypted: 0, undecodable: 2 }] },
    ],
  ])('%s', (trouble, found) => {
    expect(judge(found).troubles).toEqual([trouble]);
  });

  test('values that cannot be read are the cluster’s own where the hash is the same', () => {
    const resources = [{ resource: 'pods', count: 812, sampled: 5, encrypted: 0, undecodable: 2 }];

    expect(judge({ resources })).toEqual({
      troubles: [],
      uncompared: [expect.stringContaining('values cannot be read: 2 of 5 of pods')],
    });
    expect(judge({ resources, hashKv: { ...HASH, hash: 1 } }).troubles).toHaveLength(2);
  });

  test('everything is told, not the first alone', () => {
    expect(judge({ revision: '1', keys: 1, tookWrite: false }).troubles).toHaveLength(3);
  });
});

describe('what cannot be compared is said with why, and fails nothing', () => {
  const hash = 'The hash over keys and values is not compared:';

  test.each<[string, Partial<DrillFindings>, Partial<BackupBody>]>([
    [`${hash} the backup has none.`, {}, { hashKv: null }],
    [`${hash} the restored etcd gave none.`, { hashKv: null }, {}],
    [`${hash} one is of revision 101, the other of 100.`, { hashKv: { ...HASH, hash: 1, revision: '101' } }, {}],
    [
      `${hash} the history was compacted at 90 in one and at -1 in the other.`,
      { hashKv: { ...HASH, hash: 1, compactRevision: '90' } },
      {},
    ],
    [
      `${hash} it was restored with etcd 3.6.1, and was taken from 3.5.16.`,
      { hashKv: { ...HASH, hash: 1 }, programs: { version: '3.6.1', etcd: '/e', restore: '/r' } },
      {},
    ],
    ['The number of keys is not compared: they were not counted for the backup.', {}, { keys: null }],
    ['The number of keys is not compared: revision 18019771712233889772 was compacted away.', { keys: null }, {}],
  ])('%s', (words, found, body) => {
    expect(judge(found, body)).toEqual({ troubles: [], uncompared: [words] });
  });

  test('a ring that had no keys is not empty by fault', () => {
    expect(judge({ keys: 0, resources: [] }, { keys: 0 }).troubles).toEqual([]);
  });
});

describe('the report', () => {
  test('says that it speaks of a backup, what was compared, and what was not tried', () => {
    const report = drillReport(bodyOf(AT), findingsOf({ alarmsDisarmed: 1 }), judge(), AT);

    expect(report).toMatchObject({ of: 'backups', healthy: true });
    expect(report.summary).toBe(
      'prod-20261121005130-7f3k passed its drill: restored with etcd 3.5.16, opened, counted: 812 keys of 2 resources at revision 18019771712233889772 (as its manifest says); the database goes on to 18019771712233889773.',
    );
    expect(report.tables[1]?.rows).toEqual([
      ['pods', '800', '5', '0'],
      ['secrets', '12', '5', '5'],
    ]);
    expect(report.notes).toEqual([
      'Values are encrypted by the API server (aescbc): only one with the same keys can read them, so those were counted and not opened.',
      'The database brought 1 alarm along, which had to be disarmed before it took a write. A restore meets the same.',
      // A bare ring has none.
      'No API server was started on it.',
    ]);
  });

  test('shows the 20 largest resources and sums the rest', () => {
    const resources = Array.from({ length: 23 }, (_, index) => ({
      resource: `r${index}`,
      count: index + 1,
      sampled: 1,
      encrypted: 0,
      undecodable: 0,
    }));
    const findings = findingsOf({ resources });
    const rows = drillReport(bodyOf(AT), findings, judge(), AT).tables[1]?.rows ?? [];

    expect(rows).toHaveLength(21);
    expect(rows[0]).toEqual(['r22', '23', '1', '0']);
    expect(rows.at(-1)).toEqual(['3 more', '6', '3', '0']);
    expect(drillWords(bodyOf(AT), findings)).toContain('276 keys of 23 resources');
  });

  test.each<[string, Partial<DrillFindings>, Partial<BackupBody>]>([
    ['812 keys of 2 resources at revision 18019771712233889772', { revision: bodyOf(AT).revision }, { keys: null }],
    ['812 keys of 2 resources at revision 18019771712233889773', { keys: null }, {}],
  ])('says at what revision the keys were counted: %s', (words, found, body) => {
    expect(drillWords(bodyOf(AT, body), findingsOf(found)).endsWith(`counted: ${words}`)).toBe(true);
  });

  test('names nodes as people do, and says what was not judged', () => {
    const none = { sampled: 0, encrypted: 0, undecodable: 0 };
    const resources = [
      { ...none, resource: 'minions', count: 3, sampled: 3 },
      { ...none, resource: 'playground', count: 2 },
    ];

    expect(drillReport(bodyOf(AT), findingsOf({ resources }), judge(), AT).tables[1]?.rows).toEqual([
      ['nodes (minions)', '3', '3', '0'],
      ['playground', '2', 'not judged', ''],
    ]);
  });
});

test('static files that there are were not tried', () => {
  const [file] = bodyOf(AT).files;
  const files = file === undefined ? [] : [file, { ...file, role: 'static' as const, name: 'static.tar.gz' }];
  const manifest = bodyOf(AT, { files });
  const findings = findingsOf({});

  expect(drillReport(manifest, findings, judgeDrill(manifest, findings), AT).notes).toContain(
    'No API server was started on it, and the static files were not tried.',
  );
});
