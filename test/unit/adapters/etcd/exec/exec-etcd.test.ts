import { expect, test } from 'vitest';
import { createExecEtcd } from '../../../../../src/adapters/etcd/exec/exec-etcd.ts';
import { flavourOf } from '../../../../../src/adapters/etcd/exec/flavour.ts';
import type { EtcdMember, EtcdPort } from '../../../../../src/core/ports/etcd.ts';
import { ended, type Script, scriptedPods, statusText } from './scripted-pods.ts';

const CALL = { timeoutMs: 10_000 };
const MEMBER: EtcdMember = { id: '7', name: 'cp-1', peerUrls: [], clientUrls: ['https://cp-1:2379'], isLearner: false };

function portOver(...scripts: readonly Script[]): EtcdPort & { readonly commands: () => readonly string[] } {
  const { kubernetes, asked } = scriptedPods(...scripts);
  const port = createExecEtcd({ kubernetes, flavour: flavourOf('kubeadm') });
  return {
    ...port,
    commands: () => asked.map(({ pod, argv }) => `${pod}: ${argv.filter((word) => !word.startsWith('--')).join(' ')}`),
  };
}

function answer(start: string, ...[stdout, exitCode, stderr]: Parameters<typeof ended>): Script {
  return (words) => (words.startsWith(start) ? ended(stdout, exitCode, stderr) : null);
}

test('kubeadm is asked without a shell, with the certificate of the probes, at the address the member advertises', async () => {
  const { kubernetes, asked } = scriptedPods();
  await createExecEtcd({ kubernetes, flavour: flavourOf('kubeadm') }).status(MEMBER, CALL);

  expect(asked[0]).toMatchObject({ pod: 'etcd-cp-1', container: 'etcd' });
  expect(asked[0]?.argv.slice(0, 5)).toEqual([
    'etcdctl',
    '--endpoints=https://cp-1:2379',
    '--cacert=/etc/kubernetes/pki/etcd/ca.crt',
    '--cert=/etc/kubernetes/pki/etcd/healthcheck-client.crt',
    '--key=/etc/kubernetes/pki/etcd/healthcheck-client.key',
  ]);
  expect(asked[0]?.argv.slice(-3)).toEqual(['--write-out=json', 'endpoint', 'status']);
});

test('OpenShift is asked in its own container, without the endpoints of its environment', async () => {
  const { kubernetes, asked } = scriptedPods((words) =>
    words.startsWith('df')
      ? ended('Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/sda4 100 40 60 40% /var\n')
      : null,
  );
  const port = createExecEtcd({ kubernetes, flavour: flavourOf('openshift') });
  await port.status(MEMBER, CALL);

  expect(asked[0]?.container).toBe('etcdctl');
  expect(asked[0]?.argv.slice(0, 5)).toEqual([
    'env',
    '-u',
    'ETCDCTL_ENDPOINTS',
    'etcdctl',
    '--endpoints=https://cp-1:2379',
  ]);
  expect(await port.freeDisk(MEMBER, CALL)).toEqual({ ok: true, value: 60 * 1024 });
  expect(await port.quota(MEMBER, CALL)).toEqual({ ok: true, value: 8 * 1024 ** 3 });
});

test('a change is sent only where the member was seen to be', async () => {
  const port = portOver(answer('etcdctl endpoint status', statusText('8')));

  expect(await port.defragment(MEMBER, CALL)).toMatchObject({ ok: false, error: { code: 'wrong-member' } });
  expect(port.commands()).toEqual(['etcd-cp-1: etcdctl endpoint status']);
});

test('a connection that is lost in the middle of a defragmentation leaves its outcome unknown', async () => {
  const { kubernetes } = scriptedPods((words) =>
    words.endsWith('defrag')
      ? { ok: false, error: { code: 'unknown-outcome', message: 'the connection was lost' } }
      : null,
  );
  const port = createExecEtcd({ kubernetes, flavour: flavourOf('kubeadm') });

  expect(await port.defragment(MEMBER, CALL)).toMatchObject({
    ok: false,
    error: { code: 'unknown-outcome', message: expect.stringContaining('the connection was lost') },
  });
});

test('a CORRUPT alarm is never removed along with a NOSPACE alarm', async () => {
  const both = '{"alarms":[{"memberID":7,"alarm":1},{"memberID":8,"alarm":2}]}';
  const port = portOver(answer('etcdctl alarm list', both));

  expect(await port.disarm({ memberId: '7', type: 'NOSPACE' }, CALL)).toMatchObject({
    ok: false,
    error: { code: 'not-available', message: expect.stringContaining('CORRUPT of 8') },
  });
  expect(port.commands().some((command) => command.includes('disarm'))).toBe(false);
});

test('NOSPACE alarms of several members go at once, and one that is not listed is gone already', async () => {
  const two = '{"alarms":[{"memberID":7,"alarm":1},{"memberID":8,"alarm":1}]}';
  const port = portOver(answer('etcdctl alarm list', two), answer('etcdctl alarm disarm', two));

  expect(await port.disarm({ memberId: '7', type: 'NOSPACE' }, CALL)).toEqual({ ok: true, value: null });
  expect(await port.disarm({ memberId: '9', type: 'NOSPACE' }, CALL)).toEqual({ ok: true, value: null });
  expect(port.commands().filter((command) => command.includes('disarm'))).toHaveLength(1);
});

test('a CORRUPT alarm that came up between the look and the removal is told', async () => {
  const port = portOver(
    answer('etcdctl alarm list', '{"alarms":[{"memberID":7,"alarm":1}]}'),
    answer('etcdctl alarm disarm', '{"alarms":[{"memberID":7,"alarm":1},{"memberID":8,"alarm":2}]}'),
  );

  expect(await port.disarm({ memberId: '7', type: 'NOSPACE' }, CALL)).toMatchObject({
    ok: false,
    error: { code: 'corrupt', message: expect.stringContaining('CORRUPT of 8') },
  });
});

test('T18: a promotion after which etcdctl crashes is success when the member votes, and unknown when it does not', async () => {
  const crash = answer('etcdctl member promote', '', 2, 'panic: runtime error: nil pointer dereference');
  const list = (isLearner: string): Script =>
    answer(
      'etcdctl member list',
      `{"header":{"cluster_id":99,"member_id":7},"members":[{"ID":7,"name":"cp-1"${isLearner}}]}`,
    );

  expect(await portOver(crash, list('')).promote('7', CALL)).toEqual({ ok: true, value: null });
  expect(await portOver(crash, list(',"isLearner":true')).promote('7', CALL)).toMatchObject({
    ok: false,
    error: { code: 'unknown-outcome' },
  });
});

test('a member whose process is gone refuses connections, as the node’s agent tells', async () => {
  const gone = scriptedPods(() => ({
    ok: false,
    error: { code: 'server-error', message: 'container not found ("etcd")' },
  }));
  const port = createExecEtcd({ kubernetes: gone.kubernetes, flavour: flavourOf('kubeadm') });

  expect(await port.status(MEMBER, CALL)).toMatchObject({
    ok: false,
    error: { code: 'unreachable', refusesConnections: true },
  });
});

test('a frozen way is asked no further than its limit, and forbidden is told as such', async () => {
  const forbidden = scriptedPods(() => ({
    ok: false,
    error: { code: 'forbidden', message: 'add `create` on `pods/exec`', status: 403 },
  }));
  const port = createExecEtcd({ kubernetes: forbidden.kubernetes, flavour: flavourOf('kubeadm') });

  expect(await port.alarms(CALL)).toMatchObject({
    ok: false,
    error: {
      code: 'access-refused',
      message: 'Alarm list in pod etcd-cp-1: add `create` on `pods/exec` (the same for etcd-cp-2)',
    },
  });
  expect(forbidden.asked.map(({ pod }) => pod)).toEqual(['etcd-cp-1', 'etcd-cp-2']);
});

test('T20: a status beside an exit code of 1 is a status, and an empty list is none', async () => {
  const died = 'Failed to get the status of endpoint https://cp-3:2379 (context deadline exceeded)';

  const partial = portOver(answer('etcdctl endpoint status', statusText('7'), 1, died));
  expect(await partial.status(MEMBER, CALL)).toMatchObject({ ok: true, value: { memberId: '7' } });
  const none = portOver(answer('etcdctl endpoint status', '[]', 1, died));
  expect(await none.status(MEMBER, CALL)).toMatchObject({ ok: false, error: { code: 'unknown-outcome' } });
});
