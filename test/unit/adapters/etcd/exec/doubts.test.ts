import { expect, test } from 'vitest';
import { createExecEtcd } from '../../../../../src/adapters/etcd/exec/exec-etcd.ts';
import { etcdctlFailure } from '../../../../../src/adapters/etcd/exec/failure.ts';
import { flavourOf } from '../../../../../src/adapters/etcd/exec/flavour.ts';
import type { EtcdMember } from '../../../../../src/core/ports/etcd.ts';
import { ended, type Script, scriptedPods, statusText } from './scripted-pods.ts';

const CALL = { timeoutMs: 10_000 };
const MEMBER: EtcdMember = { id: '7', name: 'cp-1', peerUrls: [], clientUrls: ['https://cp-1:2379'], isLearner: false };

function over(...scripts: readonly Script[]) {
  const { kubernetes, asked } = scriptedPods(...scripts);
  return { port: createExecEtcd({ kubernetes, flavour: flavourOf('kubeadm') }), asked };
}

function answer(start: string, ...[stdout, exitCode, stderr]: Parameters<typeof ended>): Script {
  return (words) => (words.startsWith(start) ? ended(stdout, exitCode, stderr) : null);
}

function text(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}

function attempt(nth: number, details: string): string {
  return `{"level":"warn","msg":"retrying of unary invoker failed","attempt":${nth},"error":"rpc error: code = Unavailable desc = ${details}"}\n`;
}

const DIALING =
  'connection error: desc = transport: error while dialing: dial tcp 127.0.0.1:2379: connect: connection refused';

test('a change that etcdctl tried again is unknown when the last try had no connection: the first may have been taken', () => {
  const change = { what: 'Disarm', readOnly: false };
  const twice = attempt(0, 'error reading from server: EOF') + attempt(1, DIALING);

  expect(etcdctlFailure(twice, 1, change)).toMatchObject({ code: 'unknown-outcome' });
  // The line of the first try may be missing.
  expect(etcdctlFailure(attempt(1, DIALING), 1, change)).toMatchObject({ code: 'unknown-outcome' });
  expect(etcdctlFailure(twice, 1, { ...change, readOnly: true })).toMatchObject({ refusesConnections: true });
  expect(etcdctlFailure(attempt(0, DIALING), 1, change)).toMatchObject({ refusesConnections: true });
});

test('a look before a change that cannot be read: nothing was sent', async () => {
  const { port, asked } = over(answer('etcdctl endpoint status', 'surprise'));

  expect(await port.defragment(MEMBER, CALL)).toMatchObject({
    ok: false,
    error: { code: 'unreachable', message: expect.stringContaining('Nothing was sent') },
  });
  expect(asked.some(({ argv }) => argv.includes('defrag'))).toBe(false);
});

test.each([
  ['member', statusText('0')],
  ['cluster', statusText('7').replace('"cluster_id":99', '"cluster_id":0')],
])('who does not say which %s it is gets no change', async (_what, status) => {
  const { port, asked } = over(answer('etcdctl endpoint status', status));

  expect(await port.defragment(MEMBER, CALL)).toMatchObject({ ok: false, error: { code: 'wrong-member' } });
  expect(asked.some(({ argv }) => argv.includes('defrag'))).toBe(false);
});

test('after an unknown outcome of a removal: an alarm that came up meanwhile may be gone too', async () => {
  const { port } = over(
    answer('etcdctl alarm list', '{"alarms":[{"memberID":7,"alarm":1}]}'),
    answer('etcdctl alarm disarm', '', 1, 'Error: context deadline exceeded\n'),
  );

  expect(await port.disarm({ memberId: '7', type: 'NOSPACE' }, CALL)).toMatchObject({
    ok: false,
    error: { code: 'unknown-outcome', message: expect.stringContaining('may be gone too') },
  });
});

test('short printable values are written as an argument, all others as input', async () => {
  const { port, asked } = over(answer('etcdctl put', '{"header":{"cluster_id":99,"member_id":7,"revision":7}}'));
  await port.put('a/key', text('2026-11-21T19:00:00Z'), CALL);
  await port.put('a/key', text('two\nlines'), CALL);
  await port.put('a/key', text('x'.repeat(1000)), CALL);

  const puts = asked.filter(({ argv }) => argv.includes('put'));
  expect(puts.map(({ argv }) => argv.slice(argv.indexOf('put')))).toEqual([
    ['put', '--', 'a/key', '2026-11-21T19:00:00Z'],
    ['put', '--', 'a/key'],
    ['put', '--', 'a/key'],
  ]);
  expect(puts.map(({ stdin }) => stdin?.length)).toEqual([undefined, 9, 1000]);
});

test('what a read or a write printed is never quoted: it may hold the values of keys', async () => {
  const { port } = over(answer('etcdctl get', 'a secret'), answer('etcdctl put', 'a secret'));
  const range = await port.range({ key: 'k' }, CALL);
  const put = await port.put('k', Buffer.from('v'), CALL);

  expect([range, put].map((each) => (each.ok ? '' : each.error.message)).join()).toMatch(/cannot read/);
  expect(JSON.stringify([range, put])).not.toContain('a secret');
});

test('a list of pods without a certain answer before a change: the change was not sent', async () => {
  const { kubernetes, asked } = scriptedPods();
  const error = { code: 'unknown-outcome', message: 'no answer within 10 s' } as const;
  const list = async () => await Promise.resolve({ ok: false, error } as const);
  const port = createExecEtcd({ kubernetes: { ...kubernetes, list }, flavour: flavourOf('kubeadm') });

  for (const answered of [await port.defragment(MEMBER, CALL), await port.compact(5n, CALL)])
    expect(answered).toMatchObject({
      ok: false,
      error: { code: 'unreachable', message: expect.stringContaining('Nothing was sent') },
    });
  expect(asked).toEqual([]);
});

test('etcdctl gets the time that is left when it starts, less a margin: a slow start lets it neither outlive the call nor lose its words', async () => {
  const { kubernetes, asked } = scriptedPods();
  const exec: typeof kubernetes.exec = async (pod, argv, options) => {
    const command = typeof argv === 'function' ? argv(options.timeoutMs - 6000) : argv;
    return await kubernetes.exec(pod, command, options);
  };
  const port = createExecEtcd({ kubernetes: { ...kubernetes, exec }, flavour: flavourOf('kubeadm') });
  await port.status(MEMBER, CALL);
  const [limit = ''] = asked[0]?.argv.filter((word) => word.startsWith('--command-timeout=')) ?? [];

  expect(Number(/=(\d+)ms$/.exec(limit)?.[1])).toBeLessThanOrEqual(CALL.timeoutMs - 7000);
});
