import { expect, test } from 'vitest';
import { gaugeIn, peersIn, quantileIn } from '../../../../src/adapters/etcd/figures.ts';

const FSYNC = 'etcd_disk_wal_fsync_duration_seconds';

function histogram(...buckets: readonly (readonly [string, number])[]): string {
  return buckets.map(([le, upTo]) => `${FSYNC}_bucket{le="${le}"} ${upTo}`).join('\n');
}

test('peers are those that the page names, connected or not', () => {
  const page = [
    '# TYPE etcd_network_active_peers gauge',
    'etcd_network_active_peers{Local="8e9e05c52164694d",Remote="b57737e8b498806c"} 1',
    'etcd_network_active_peers{Local="8e9e05c52164694d",Remote="20fe85d572b54151"} 0',
    'etcd_network_active_peers{Local="8e9e05c52164694d"} 1',
    'etcd_network_peer_received_bytes_total{From="0"} 360',
    'etcd_network_peer_received_bytes_total{From="b57737e8b498806c"} 3.93788e+05',
  ].join('\n');

  expect(peersIn(page)).toEqual([
    { id: 'b57737e8b498806c', active: true, received: 393_788 },
    { id: '20fe85d572b54151', active: false },
  ]);
  expect(peersIn('process_start_time_seconds 1')).toEqual([]);
});

test('a gauge that is not on the page is not seen', () => {
  expect(gaugeIn('process_start_time_seconds 1.5e+09', 'process_start_time_seconds')).toBe(1.5e9);
  expect(gaugeIn('', 'process_start_time_seconds')).toBeNull();
});

test('a quantile lies inside its bucket by the share that is below it', () => {
  const page = histogram(['0.001', 0], ['0.002', 50], ['0.004', 100], ['+Inf', 100]);

  expect(quantileIn(page, FSYNC, 0.5)).toBeCloseTo(0.002, 9);
  expect(quantileIn(page, FSYNC, 0.75)).toBeCloseTo(0.003, 9);
  expect(quantileIn(page, FSYNC, 0.99)).toBeCloseTo(0.00396, 9);
});

test('what exceeds every bound counts as the last bound, and without observations nothing is said', () => {
  expect(quantileIn(histogram(['4.096', 1], ['8.192', 1], ['+Inf', 100]), FSYNC, 0.99)).toBe(8.192);
  expect(quantileIn(histogram(['0.001', 0], ['+Inf', 0]), FSYNC, 0.99)).toBeNull();
  expect(quantileIn('', FSYNC, 0.99)).toBeNull();
});

test('buckets in another order, and lines that cannot be read, change nothing', () => {
  const page = `${histogram(['+Inf', 100], ['0.004', 100])}\n${FSYNC}_bucket{le="x"} 7\n${histogram(['0.002', 50])}`;

  expect(quantileIn(page, FSYNC, 0.75)).toBeCloseTo(0.003, 9);
});
