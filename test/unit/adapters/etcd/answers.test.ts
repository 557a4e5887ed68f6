import { expect, test } from 'vitest';
import { headerOf, readAlarms, readStatus } from '../../../../src/adapters/etcd/answers.ts';
import { loadEtcdRpc } from '../../../../src/adapters/etcd/rpc.ts';

const rpc = loadEtcdRpc();

function statusWith(fields: object) {
  const empty = rpc.status.deserialize(Buffer.from([0x0a, 0]));
  return readStatus({ ...empty, ...fields });
}

test('an empty status is a member that knows nothing, not an error', () => {
  expect(statusWith({})).toEqual({
    clusterId: '0',
    memberId: '0',
    version: '',
    dbSizeBytes: 0,
    dbSizeInUseBytes: 0,
    quotaBytes: null,
    leaderId: null,
    revision: 0n,
    raftTerm: 0n,
    raftIndex: 0n,
    raftAppliedIndex: 0n,
    isLearner: false,
    errors: [],
    downgrading: false,
  });
});

// Constructed from etcd's source and changelog: no 3.6 server was at hand.
test.each([
  ['3.5.16', '0', null],
  ['3.6.0', '2147483648', null],
  ['3.6.5', '2147483648', null],
  ['3.6.6', '2147483648', 2_147_483_648],
  ['3.6.10', '2147483648', 2_147_483_648],
  ['3.7.1', '8589934592', 8_589_934_592],
])('the quota of %s given as %s is %s', (version, dbSizeQuota, expected) => {
  expect(statusWith({ version, dbSizeQuota }).quotaBytes).toBe(expected);
});

test('a downgrade under way is seen', () => {
  expect(statusWith({ downgradeInfo: { enabled: true } }).downgrading).toBe(true);
  expect(statusWith({ downgradeInfo: null }).downgrading).toBe(false);
});

test('alarms of types Drydock does not know are shown as such', () => {
  const alarms = [1, 2, 3].map((alarm) => ({ memberID: '18019771712233889772', alarm }));

  expect(readAlarms({ alarms })).toEqual(
    ['NOSPACE', 'CORRUPT', 'UNKNOWN'].map((type) => ({ memberId: 18019771712233889772n.toString(16), type })),
  );
});

test('an answer without header has none', () => {
  expect(headerOf(rpc.defragment.deserialize(Buffer.alloc(0)))).toBeNull();
  expect(headerOf(rpc.status.deserialize(Buffer.from([0x0a, 0])))).toEqual({
    clusterId: '0',
    memberId: '0',
    revision: 0n,
  });
});
