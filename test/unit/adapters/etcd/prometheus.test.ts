import { assert, dictionary, double, property, string, stringMatching } from 'fast-check';
import { expect, test } from 'vitest';
import { findMetric } from '../../../../src/adapters/etcd/prometheus.ts';

const PAGE = `# HELP etcd_disk_defrag_inflight Whether or not defrag is active on the member. 1 means active, 0 means not.
# TYPE etcd_disk_defrag_inflight gauge
etcd_disk_defrag_inflight 1
# HELP etcd_server_quota_backend_bytes Current backend storage quota size in bytes.
# TYPE etcd_server_quota_backend_bytes gauge
etcd_server_quota_backend_bytes 2.147483648e+09
etcd_server_id{server_id="fa1338e497baa7ec"} 1
etcd_disk_backend_defrag_duration_seconds_bucket{le="0.1"} 2
etcd_disk_backend_defrag_duration_seconds_bucket{le="+Inf"} 3
etcd_disk_backend_defrag_duration_seconds_sum 1.25 1395066363000
go_info{version="go1.24 \\"x\\"\\\\\\n"} NaN
broken{ 1
`;

test('finds figures, labels and times as etcd writes them', () => {
  expect(findMetric(PAGE, 'etcd_disk_defrag_inflight')).toEqual([
    { name: 'etcd_disk_defrag_inflight', labels: {}, value: 1 },
  ]);
  expect(findMetric(PAGE, 'etcd_server_quota_backend_bytes')[0]?.value).toBe(2_147_483_648);
  expect(findMetric(PAGE, 'etcd_server_id')[0]?.labels).toEqual({ server_id: 'fa1338e497baa7ec' });
  expect(
    findMetric(PAGE, 'etcd_disk_backend_defrag_duration_seconds_bucket').map(({ labels, value }) => [
      labels['le'],
      value,
    ]),
  ).toEqual([
    ['0.1', 2],
    ['+Inf', 3],
  ]);
  expect(findMetric(PAGE, 'etcd_disk_backend_defrag_duration_seconds_sum')[0]?.value).toBe(1.25);
  expect(findMetric(PAGE, 'go_info')).toEqual([
    { name: 'go_info', labels: { version: 'go1.24 "x"\\\n' }, value: Number.NaN },
  ]);
});

test('what is missing or cannot be read is not found', () => {
  expect(findMetric(PAGE, 'etcd_disk_defrag')).toEqual([]);
  expect(findMetric(PAGE, 'broken')).toEqual([]);
  expect(findMetric('', 'x')).toEqual([]);
  expect(findMetric('x one\nx 1,5\nx\n', 'x')).toEqual([]);
  expect(findMetric('x +Inf\nx -Inf\r\n', 'x').map(({ value }) => value)).toEqual([
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
  ]);
});

test('any sample that is written is found again', () => {
  const name = stringMatching(/^[a-zA-Z_:][a-zA-Z0-9_:]{0,20}$/);
  const labels = dictionary(stringMatching(/^[a-z][a-z0-9_]{0,8}$/), string(), { maxKeys: 4, noNullPrototype: true });
  const value = double({ noNaN: true, noDefaultInfinity: true }).filter((number) => !Object.is(number, -0));
  assert(
    property(name, labels, value, (metric, pairs, number) => {
      const text = Object.entries(pairs)
        .map(
          ([key, label]) => `${key}="${label.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`,
        )
        .join(',');
      const line = `${metric}{${text}} ${number}`;
      expect(findMetric(`a 1\n${line}\nb 2`, metric)).toContainEqual({ name: metric, labels: pairs, value: number });
    }),
  );
});

test('no page makes it fail', () => {
  assert(
    property(string(), string(), (page, name) => {
      expect(findMetric(page, name).every((sample) => sample.name === name)).toBe(true);
    }),
  );
});
