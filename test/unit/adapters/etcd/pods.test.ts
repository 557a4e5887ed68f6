import { expect, test } from 'vitest';
import { listEtcdPods } from '../../../../src/adapters/etcd/pods.ts';

test('flags of etcd are read as one word and as two', async () => {
  const command = ['etcd', '--name', 'cp-9', '--advertise-client-urls', 'https://cp-9:2379', '--quota-backend-bytes=1'];
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'etcd-node', namespace: 'kube-system', uid: 'u', resourceVersion: '1' },
    spec: { nodeName: 'node', containers: [{ name: 'etcd', command }] },
  };
  const list = async () => await Promise.resolve({ ok: true, value: { items: [pod], resourceVersion: '1' } } as const);
  const query = { namespace: 'kube-system', labelSelector: 'component=etcd', server: 'etcd' };

  expect(await listEtcdPods({ list }, query, { timeoutMs: 1000 })).toMatchObject({
    ok: true,
    value: [{ member: 'cp-9', urls: ['https://cp-9:2379'], quotaBytes: 1 }],
  });
});
