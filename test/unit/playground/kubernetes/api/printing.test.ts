import { expect, test } from 'vitest';
import { shortSpan } from '../../../../../playground/kubernetes/api/durations.ts';
import { readProtobuf } from '../../../../../playground/kubernetes/api/protobuf.ts';
import { customCell } from '../../../../../playground/kubernetes/api/table-custom.ts';
import { podCells } from '../../../../../playground/kubernetes/api/table-pods.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

test.each([
  [0, '0s'],
  [119 * SECOND, '119s'],
  [2 * MINUTE, '2m'],
  [2 * MINUTE + 10 * SECOND, '2m10s'],
  [15 * MINUTE + 5 * SECOND, '15m'],
  [3 * HOUR + 4 * MINUTE, '3h4m'],
  [9 * HOUR, '9h'],
  [2 * DAY + 3 * HOUR, '2d3h'],
  [30 * DAY, '30d'],
  [800 * DAY, '2y70d'],
])('%d ms are %s', (ms, expected) => {
  expect(shortSpan(ms)).toBe(expected);
});

const MACHINE = {
  apiVersion: 'cluster.x-k8s.io/v1beta1',
  kind: 'Machine',
  metadata: { labels: { 'cluster.x-k8s.io/cluster-name': 'prod' } },
  spec: { failureDomains: ['a', 'b'] },
  status: {
    conditions: [
      { type: 'Ready', status: 'True' },
      { type: 'Paused', status: 'False' },
    ],
  },
};

test.each([
  ['.spec.failureDomains[1]', 'b'],
  ['.status.conditions[?(@.type=="Paused")].status', 'False'],
  [".metadata.labels['cluster\\.x-k8s\\.io/cluster-name']", 'prod'],
  ['.metadata.labels.cluster\\.x-k8s\\.io/cluster-name', 'prod'],
  ['.status.conditions[*].type', 'Ready'],
  ['.spec.missing', null],
])('%s prints %j', (path, expected) => {
  expect(customCell(MACHINE, path, 'string', 0)).toBe(expected);
});

function pod(status: object, metadata: object = {}): string {
  const object = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', ...metadata },
    spec: { containers: [{ name: 'a' }] },
    status,
  };
  return podCells(object, 0).slice(1, 4).join(' ');
}

test.each([
  ['pending', { phase: 'Pending' }, {}, '0/1 Pending 0'],
  [
    'running',
    { phase: 'Running', containerStatuses: [{ ready: true, restartCount: 0, state: { running: {} } }] },
    {},
    '1/1 Running 0',
  ],
  [
    'crashing',
    {
      phase: 'Running',
      containerStatuses: [{ ready: false, restartCount: 3, state: { waiting: { reason: 'CrashLoopBackOff' } } }],
    },
    {},
    '0/1 CrashLoopBackOff 3',
  ],
  [
    'ended',
    { phase: 'Failed', containerStatuses: [{ restartCount: 0, state: { terminated: { exitCode: 2 } } }] },
    {},
    '0/1 ExitCode:2 0',
  ],
  ['going', { phase: 'Running' }, { deletionTimestamp: '2026-01-01T00:00:00Z' }, '0/1 Terminating 0'],
  ['evicted', { phase: 'Failed', reason: 'Evicted' }, {}, '0/1 Evicted 0'],
])('a %s pod', (_name, status, metadata, expected) => {
  expect(pod(status, metadata)).toBe(expected);
});

test('a ConfigMap as kubectl sends it in protobuf', () => {
  const sent =
    '6b3873000a0f0a02763112' +
    '09436f6e6669674d6170121b0a110a016112001a0022002a003200380042001206' +
    '0a016b1201761a002200';

  expect(readProtobuf(Buffer.from(sent, 'hex'))).toEqual({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'a' },
    data: { k: 'v' },
  });
});
