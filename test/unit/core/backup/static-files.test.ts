import { expect, test } from 'vitest';
import { keysFileOf, kubeadmPaths, openshiftPaths } from '../../../../src/core/backup/static-files.ts';

const NODE = [
  'admin.conf',
  'kubelet.conf',
  'manifests',
  'pki',
  'tmp',
  'super-admin.conf',
  'notes.txt',
  '-x.conf',
  '.x.conf',
];
const OWN = [
  'etc/kubernetes/manifests',
  'etc/kubernetes/pki',
  'etc/kubernetes/admin.conf',
  'etc/kubernetes/kubelet.conf',
  'etc/kubernetes/super-admin.conf',
];

test('of kubeadm: manifests, PKI and the kubeconfigs that are there', () => {
  expect(kubeadmPaths(NODE, null)).toEqual({ ok: true, folder: '/', paths: OWN });
});

test('the file with the keys is added, unless it lies among them', () => {
  expect(kubeadmPaths(NODE, '/etc/kubernetes/pki/keys.yaml')).toMatchObject({ paths: OWN });
  expect(kubeadmPaths(NODE, '/srv/keys.yaml')).toMatchObject({ paths: [...OWN, 'srv/keys.yaml'] });
  expect(kubeadmPaths(NODE, '/etc/kubernetes/enc/keys.yaml')).toMatchObject({
    paths: [...OWN, 'etc/kubernetes/enc/keys.yaml'],
  });
});

test.each(['manifests', 'pki'])('a node without %s is no control plane of kubeadm', (folder) => {
  expect(
    kubeadmPaths(
      NODE.filter((name) => name !== folder),
      null,
    ),
  ).toEqual({
    ok: false,
    why: `the node has no /etc/kubernetes/${folder}`,
  });
});

const REVISIONS = [
  'kube-apiserver-pod-9',
  'kube-apiserver-pod-10',
  'kube-apiserver-certs',
  'kube-controller-manager-pod-7',
  'kube-scheduler-pod-8',
  'etcd-pod-3',
  'etcd-certs',
  'etcd-pod-2',
  'etcd-pod-x',
  'bin',
];

test('of OpenShift: the newest revision of each static pod, by number', () => {
  expect(openshiftPaths(REVISIONS)).toEqual({
    ok: true,
    folder: '/etc/kubernetes',
    paths: ['kube-apiserver-pod-10', 'kube-controller-manager-pod-7', 'kube-scheduler-pod-8', 'etcd-pod-3'].map(
      (name) => `static-pod-resources/${name}`,
    ),
  });
});

test('of OpenShift: a pod without a revision is said', () => {
  const names = REVISIONS.filter((name) => !name.startsWith('etcd-pod'));

  expect(openshiftPaths(names)).toEqual({
    ok: false,
    why: 'the node has no /etc/kubernetes/static-pod-resources/etcd-pod-…',
  });
});

/** An API server with these arguments, to which the node gives these folders. */
function apiServer(
  command: readonly string[],
  mounts: Readonly<Record<string, string | null>> = {},
  nodeName = 'cp-1',
) {
  const names = Object.entries(mounts);
  return {
    spec: {
      nodeName,
      containers: [{ command, volumeMounts: names.map(([mountPath], at) => ({ name: `v${at}`, mountPath })) }],
      volumes: names.map(([, path], at) => ({ name: `v${at}`, hostPath: path === null ? undefined : { path } })),
    },
  };
}
const FLAG = '--encryption-provider-config';

test('an API server without the flag has no such file', () => {
  expect(keysFileOf([apiServer([`${FLAG}=/x`], {}, 'cp-2'), apiServer(['kube-apiserver'])], 'cp-1')).toEqual({
    ok: true,
    file: null,
  });
});

test.each([
  [
    'in a folder of the same name',
    [`${FLAG}=/etc/kubernetes/enc/k.yaml`],
    { '/etc/kubernetes/enc': '/etc/kubernetes/enc' },
    '/etc/kubernetes/enc/k.yaml',
  ],
  ['in a folder of another name', [`${FLAG}=/enc/k.yaml`], { '/enc/': '/srv/keys/' }, '/srv/keys/k.yaml'],
  ['mounted by itself', [`${FLAG}=/enc/k.yaml`], { '/enc/k.yaml': '/srv/own.yaml' }, '/srv/own.yaml'],
  ['in the closer of two', [FLAG, '/etc/enc/k.yaml'], { '/etc': '/far', '/etc/enc': '/near' }, '/near/k.yaml'],
])('the file is found %s', (_what, command, mounts, file) => {
  expect(keysFileOf([apiServer(command, mounts)], 'cp-1')).toEqual({ ok: true, file });
});

test.each([
  ['no folder of the node', [`${FLAG}=/enc/k.yaml`], { '/enc': null }],
  ['nothing that is mounted', [`${FLAG}=/enc/k.yaml`], { '/en': '/en' }],
  ['a way out of the folder', [`${FLAG}=/enc/../k.yaml`], { '/enc': '/srv' }],
  ['a path that is none', [`${FLAG}=/enc/k y`], { '/enc': '/srv' }],
  ['no path at all', [FLAG], { '/enc': '/srv' }],
])('%s: it is said that it is not to be seen', (_what, command, mounts) => {
  expect(keysFileOf([apiServer(command, mounts)], 'cp-1')).toMatchObject({
    ok: false,
    why: expect.stringContaining('where the node has that file is not to be seen'),
  });
});

test('a node without an API server says nothing of its keys', () => {
  expect(keysFileOf([apiServer([])], 'cp-3')).toEqual({ ok: false, why: 'no pod of an API server is seen on cp-3' });
  expect(keysFileOf([{ spec: {} }, null], 'cp-1')).toMatchObject({ ok: false });
});
