import { expect, test } from 'vitest';
import { readAlarms, readHash, readMemberList, readStatus } from '../../../../../src/adapters/etcd/answers.ts';
import { printed } from '../../../../../src/adapters/etcd/exec/printed.ts';
import { ETCDCTL_SAMPLES } from '../etcdctl-samples.ts';

// Real outputs, but for those of 3.6, which are made from its source.
const HEADER =
  '"header":{"cluster_id":16144580830653016185,"member_id":13075981515695358060,"revision":6,"raft_term":2}';
const FIGURES = '"leader":15912635142952295749,"raftIndex":13,"raftTerm":2,"raftAppliedIndex":13';

function status(version: string, more: string): string {
  return `[{"Endpoint":"http://127.0.0.1:23794","Status":{${HEADER},"version":"${version}","dbSize":20480,${FIGURES}${more}}}]`;
}

function read(text: string): ReturnType<typeof readStatus> {
  return readStatus(printed.status(text) ?? {});
}

test('T19: ids of 64 bits lose no digit, and absent figures are zero', () => {
  expect(read(status('3.5.16', ',"dbSizeInUse":16384'))).toMatchObject({
    clusterId: 'e00d12ba52a76879',
    memberId: 'b57737e8b498806c',
    leaderId: 'dcd5095a90119d45',
    dbSizeBytes: 20480,
    dbSizeInUseBytes: 16384,
    quotaBytes: null,
    isLearner: false,
    errors: [],
  });
  expect(read(status('3.5.16', '')).dbSizeInUseBytes).toBe(0);
});

test('T19: an alarm inside a text keeps its digits and its blank (3.4)', () => {
  const alarmed = status('3.4.23', ',"errors":["memberID:18019771712233889772 alarm:NOSPACE "]');

  expect(read(alarmed).errors).toEqual(['memberID:18019771712233889772 alarm:NOSPACE ']);
});

/** What reads each kind of sample, and the fields whose ids must come out whole. */
const READERS = {
  status: { read, ids: /"(?:cluster_id|member_id|leader)":(\d+)/g },
  'member ': { read: (text: string) => readMemberList(printed.members(text)), ids: /"(?:cluster_id|ID)":(\d+)/g },
  'alarm ': { read: (text: string) => readAlarms(printed.alarms(text)), ids: /"memberID":(\d+)/g },
  hashkv: { read: (text: string) => readHash(printed.hash(text) ?? {}), ids: /"member_id":(\d+)/g },
} as const;

/** Samples of what Drydock asks for: it never asks for `--hex`. */
const READ = Object.entries(ETCDCTL_SAMPLES).flatMap(([name, text]) => {
  const reader = Object.entries(READERS).find(([start]) => name.startsWith(start) && !name.endsWith('--hex'))?.[1];
  return reader === undefined ? [] : [{ name, text, ...reader }];
});

test.each(READ)('T19: every id is read whole: $name', ({ text, ids, read: reading }) => {
  // One endpoint is asked at a time, so only the first of several is read.
  const [first = ''] = text.split(',{"Endpoint"');
  const found = [...first.matchAll(ids)].map(([, digits]) => BigInt(digits ?? '').toString(16));
  const said = JSON.stringify(reading(text), (_key, value: unknown) =>
    typeof value === 'bigint' ? `${value}` : value,
  );

  for (const id of found) expect(said).toContain(`"${id}"`);
});

test('T19: the samples that are read cover every form, and ids that a double would round', () => {
  expect(READ.length).toBe(15);
  const ids = READ.flatMap(({ text, ids: pattern }) => [...text.matchAll(pattern)].map(([, digits]) => digits ?? ''));
  expect(ids.filter((digits) => String(Number(digits)) !== digits).length).toBeGreaterThan(20);
});

test('no leader is a missing leader; quota and downgrade are read from 3.6 (constructed)', () => {
  const alone = `[{"Endpoint":"x","Status":{${HEADER},"version":"3.5.16","raftTerm":2,"errors":["etcdserver: no leader"]}}]`;

  expect(read(alone)).toMatchObject({ leaderId: null, errors: ['etcdserver: no leader'] });
  expect(
    read(
      status(
        '3.6.7',
        ',"storageVersion":"3.6.0","dbSizeQuota":2147483648,"downgradeInfo":{"enabled":true,"targetVersion":"3.5.0"}',
      ),
    ),
  ).toMatchObject({ quotaBytes: 2_147_483_648, downgrading: true });
  expect(read(status('3.6.7', ',"downgradeInfo":{}'))).toMatchObject({ downgrading: false });
});

test('an empty list of statuses is no status', () => {
  expect(printed.status('[]')).toBeNull();
  expect(printed.hash('[]')).toBeNull();
});

test('lists of members, alarms and hashes are read in the forms of 3.4 and 3.5', () => {
  const list = `{${HEADER},"members":[{"ID":15309287015399781347,"peerURLs":["http://127.0.0.1:23803"],"isLearner":true}]}`;

  expect(readMemberList(printed.members(list))).toEqual({
    clusterId: 'e00d12ba52a76879',
    members: [
      { id: 'd475836dad6773e3', name: '', peerUrls: ['http://127.0.0.1:23803'], clientUrls: [], isLearner: true },
    ],
  });
  expect(readAlarms(printed.alarms('{}'))).toEqual([]);
  expect(readAlarms(printed.alarms(`{${HEADER}}`))).toEqual([]);
  expect(
    readAlarms(printed.alarms('{"alarms":[{"memberID":18019771712233889772,"alarm":1},{"memberID":7,"alarm":2}]}')),
  ).toEqual([
    { memberId: 'fa1316e641555fec', type: 'NOSPACE' },
    { memberId: '7', type: 'CORRUPT' },
  ]);
  expect(
    readHash(printed.hash(`[{"Endpoint":"x","HashKV":{${HEADER},"hash":3065152303,"compact_revision":-1}}]`) ?? {}),
  ).toEqual({ memberId: 'b57737e8b498806c', hash: 3_065_152_303, compactRevision: -1n, revision: 6n });
});

test('what is no such output throws, and is never taken for an answer', () => {
  expect(() => printed.status('Error: unknown command')).toThrow(SyntaxError);
  expect(() => printed.members('{"members":[{"name":"no id"}]}')).toThrow(/ID/);
});
