import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeTemporaryDirectory, removeDirectory } from '../../../../../playground/directories.ts';
import {
  manifestsStamp,
  mirrorOf,
  readManifest,
  readManifests,
} from '../../../../../playground/kubernetes/node/manifests.ts';

const ETCD = `apiVersion: v1
kind: Pod
metadata: { name: etcd, namespace: kube-system, labels: { component: etcd }, annotations: { a: b } }
spec: { hostNetwork: true, containers: [{ name: etcd, image: etcd }] }
`;

let directory = '';

beforeEach(async () => {
  directory = await makeTemporaryDirectory('manifests');
});
afterEach(() => removeDirectory(directory));

test('every file counts but hidden ones and directories, whatever its ending', async () => {
  await writeFile(join(directory, 'etcd.yaml'), ETCD);
  await writeFile(join(directory, 'copy.bak'), ETCD.replace('name: etcd,', 'name: copy,'));
  await writeFile(join(directory, '.hidden.yaml'), ETCD);
  await mkdir(join(directory, 'old'));

  const { pods, problems } = await readManifests(directory, 'cp-1');

  expect(pods.map((each) => each.pod.metadata.name)).toEqual(['copy-cp-1', 'etcd-cp-1']);
  expect(problems).toEqual([]);
});

test('a file that is no pod is left out and named', async () => {
  await writeFile(join(directory, 'bad.yaml'), 'kind: Deployment');
  await writeFile(join(directory, 'etcd.yaml'), ETCD);

  const { pods, problems } = await readManifests(directory, 'cp-1');

  expect(pods).toHaveLength(1);
  expect(problems.map((each) => each.file)).toEqual(['bad.yaml']);
});

test('a directory that is not there holds nothing', async () => {
  expect(await readManifests(join(directory, 'nowhere'), 'cp-1')).toEqual({ pods: [], problems: [] });
  expect(manifestsStamp(join(directory, 'nowhere'))).toBe('');
});

test('the hash changes with the content and the node, not with time', () => {
  const hashes = [
    readManifest('etcd.yaml', ETCD, 'cp-1'),
    readManifest('etcd.yaml', ETCD, 'cp-1'),
    readManifest('etcd.yaml', ETCD.replace('a: b', 'a: c'), 'cp-1'),
    readManifest('etcd.yaml', ETCD, 'cp-2'),
  ].map((each) => each.hash);

  expect(hashes[0]).toBe(hashes[1]);
  expect(new Set(hashes).size).toBe(3);
});

test('the mirror belongs to the node and names the file it mirrors', () => {
  const found = readManifest('etcd.yaml', ETCD, 'cp-1');

  const mirror = mirrorOf(found, { name: 'cp-1', uid: 'u-1' }, '2026-11-21T13:00:00Z');

  expect(mirror.metadata).toEqual({
    name: 'etcd-cp-1',
    namespace: 'kube-system',
    labels: { component: 'etcd' },
    annotations: {
      a: 'b',
      'kubernetes.io/config.hash': found.hash,
      'kubernetes.io/config.mirror': found.hash,
      'kubernetes.io/config.seen': '2026-11-21T13:00:00Z',
      'kubernetes.io/config.source': 'file',
    },
    ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: 'cp-1', uid: 'u-1', controller: true }],
  });
  expect(mirror['spec']).toMatchObject({ nodeName: 'cp-1' });
});
