import { expect, test } from 'vitest';
import { createExecEtcd } from '../../../../../src/adapters/etcd/exec/exec-etcd.ts';
import { flavourOf } from '../../../../../src/adapters/etcd/exec/flavour.ts';
import type { EtcdMember } from '../../../../../src/core/ports/etcd.ts';
import { ended, type Script, scriptedPods, statusText } from './scripted-pods.ts';

const CALL = { timeoutMs: 10_000 };
const VIA: EtcdMember = { id: '7', name: 'cp-1', peerUrls: [], clientUrls: ['https://cp-1:2379'], isLearner: false };

function portOver(...scripts: readonly Script[]) {
  const { kubernetes, asked } = scriptedPods(...scripts);
  return { ...createExecEtcd({ kubernetes, flavour: flavourOf('kubeadm') }), asked };
}

function answer(start: string, ...[stdout, exitCode, stderr]: Parameters<typeof ended>): Script {
  return (words) => (words.startsWith(start) ? ended(stdout, exitCode, stderr) : null);
}

function list(...ids: readonly string[]): Script {
  const members = ids.map((id) => `{"ID":${id},"name":"cp-${id}"}`).join();
  return answer('etcdctl member list', `{"header":{"cluster_id":99,"member_id":7},"members":[${members}]}`);
}

const PANIC = 'panic: runtime error: invalid memory address or nil pointer dereference';
const HEADER = '"header":{"cluster_id":99,"member_id":7,"raft_term":2}';

test('a learner is added in the pod of the named voter, and what etcdctl prints keeps every digit of its id', async () => {
  const added = `{${HEADER},"member":{"ID":15309287015399781347,"peerURLs":["https://10.0.0.4:2380"],"isLearner":true}}`;
  const port = portOver(answer('etcdctl member add', added));

  const result = await port.addMember(VIA, { peerUrls: ['https://10.0.0.4:2380'], learner: true }, CALL);
  expect(result).toEqual({
    ok: true,
    value: {
      id: 'd475836dad6773e3',
      name: '',
      peerUrls: ['https://10.0.0.4:2380'],
      clientUrls: [],
      isLearner: true,
    },
  });
  expect(port.asked.map(({ pod }) => pod)).toEqual(['etcd-cp-1', 'etcd-cp-1']);
  expect(port.asked.at(-1)?.argv.slice(-4)).toEqual(['add', 'new', '--learner', '--peer-urls=https://10.0.0.4:2380']);
});

test('an addition whose answer is lost is unknown and not tried again', async () => {
  const port = portOver(answer('etcdctl member add', '', 2, PANIC));

  expect(await port.addMember(VIA, { peerUrls: ['https://10.0.0.4:2380'], learner: false }, CALL)).toMatchObject({
    ok: false,
    error: { code: 'unknown-outcome' },
  });
  expect(port.asked.filter(({ argv }) => argv.includes('add'))).toHaveLength(1);
});

test('T18: after a removal that etcdctl crashed in, the list decides: gone is absent, else nobody knows', async () => {
  const crash = answer('etcdctl member remove', '', 2, PANIC);

  expect(await portOver(crash, list('7', '8')).removeMember(VIA, '9', CALL)).toEqual({ ok: true, value: 'absent' });
  expect(await portOver(crash, list('7', '9')).removeMember(VIA, '9', CALL)).toMatchObject({
    error: { code: 'unknown-outcome' },
  });
  const mute = answer('etcdctl member list', '', 1, 'Error: context deadline exceeded');
  expect(await portOver(crash, mute).removeMember(VIA, '9', CALL)).toMatchObject({
    error: { code: 'unknown-outcome' },
  });
});

test('a refusal is told with its reason, and the list is not needed', async () => {
  const port = portOver(answer('etcdctl member remove', '', 1, 'Error: etcdserver: unhealthy cluster'));

  expect(await port.removeMember(VIA, '9', CALL)).toMatchObject({
    ok: false,
    error: { code: 'refused', refusal: 'unhealthy-cluster' },
  });
  expect(port.asked.some(({ argv }) => argv.includes('list'))).toBe(false);
});

test.each([
  ['another member answers in that pod', statusText('8'), 'wrong-member'],
  ['it knows no leader', statusText('7', '0'), 'unreachable'],
])('nothing is sent when %s', async (_, status, code) => {
  const port = portOver(answer('etcdctl endpoint status', status));

  expect(await port.removeMember(VIA, '9', CALL)).toMatchObject({ ok: false, error: { code } });
  expect(await port.promote('9', { ...CALL, via: VIA })).toMatchObject({ ok: false, error: { code } });
  expect(port.asked.some(({ argv }) => argv.includes('member'))).toBe(false);
});
