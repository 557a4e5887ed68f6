import { describe, expect, test } from 'vitest';
import { joiningManifest, readManifest } from '../../../jobs/etcd-replace/kubeadm/etcd-manifest.ts';

const TEXT = `apiVersion: v1
kind: Pod
metadata:
  annotations:
    kubeadm.kubernetes.io/etcd.advertise-client-urls: https://10.0.0.12:2379
spec:
  containers:
  - command:
    - etcd
    - --advertise-client-urls=https://10.0.0.12:2379
    - --data-dir=/var/lib/etcd
    - --initial-advertise-peer-urls=https://10.0.0.12:2380
    - --initial-cluster=cp-1=https://10.0.0.11:2380,cp-2=https://10.0.0.12:2380
    - --initial-cluster-state=existing
    - --name=cp-2
    image: registry.k8s.io/etcd:3.5.16-0
`;
const MEMBER = { name: 'cp-2', peerUrls: ['https://10.0.0.12:2380'] };
const OTHERS = [
  { name: 'cp-1', peerUrls: ['https://10.0.0.11:2380'] },
  { name: 'cp-3', peerUrls: ['https://10.0.0.13:2380'] },
];
const CLUSTER = 'cp-1=https://10.0.0.11:2380,cp-3=https://10.0.0.13:2380,cp-2=https://10.0.0.12:2380';

test('is read', () => {
  expect(readManifest(TEXT)).toEqual({
    ok: true,
    value: { name: 'cp-2', dataDirectory: '/var/lib/etcd', peerUrls: MEMBER.peerUrls },
  });
});

describe('of a member that joins', () => {
  test('names the ring as it is, once, and that it exists; every other line stays', () => {
    const made = joiningManifest(TEXT, MEMBER, OTHERS);
    const lines = TEXT.split('\n').filter((line) => !line.includes('--initial-cluster'));

    expect(made.ok && made.value.split('\n').filter((line) => !line.includes('--initial-cluster'))).toEqual(lines);
    expect(made.ok && made.value.split('\n').filter((line) => line.includes('--initial-cluster'))).toEqual([
      `    - --initial-cluster=${CLUSTER}`,
      '    - --initial-cluster-state=existing',
    ]);
  });

  test('the same again changes nothing', () => {
    const once = joiningManifest(TEXT, MEMBER, OTHERS);
    expect(once.ok && joiningManifest(once.value, MEMBER, OTHERS)).toEqual(once);
  });

  test('quotes stay, a state before it and a ring of its own go', () => {
    const quoted = TEXT.replaceAll(/- (--[^\n]+)/g, '- "$1"').replace(
      '    - "--data-dir',
      '    - "--initial-cluster-state=new"\n    - "--force-new-cluster=true"\n    - "--data-dir',
    );
    const made = joiningManifest(quoted, MEMBER, OTHERS);

    expect(made.ok && made.value).toContain(
      `    - "--initial-cluster=${CLUSTER}"\n    - "--initial-cluster-state=existing"\n`,
    );
    expect(made.ok && made.value).not.toMatch(/state=new|force-new-cluster/);
  });
});

test.each([
  ['a flag that is there twice', TEXT.replace('    - --name=cp-2', '    - --name=cp-2\n    - --name=cp-3')],
  ['no name', TEXT.replace('    - --name=cp-2\n', '')],
  ['all flags on one line', TEXT.replaceAll(/\n {4}- --/g, ' --')],
  ['a log of its own', TEXT.replace('    - --name', '    - --wal-dir=/wal\n    - --name')],
  ['a directory that is not absolute', TEXT.replace('/var/lib/etcd', 'data')],
])('%s: not one that is worked with', (_what, text) => {
  expect(readManifest(text)).toMatchObject({ ok: false });
});

test('without --initial-cluster nothing is written', () => {
  expect(joiningManifest(TEXT.replace(/ {4}- --initial-cluster=.*\n/, ''), MEMBER, OTHERS)).toMatchObject({
    ok: false,
  });
});
