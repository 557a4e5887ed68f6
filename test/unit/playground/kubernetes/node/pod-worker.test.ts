import process from 'node:process';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeTemporaryDirectory, removeDirectory } from '../../../../../playground/directories.ts';
import { readPod } from '../../../../../playground/kubernetes/node/pod-spec.ts';
import { createPodWorker, type PodWorker } from '../../../../../playground/kubernetes/node/pod-worker.ts';

const POD = readPod({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'etcd', namespace: 'kube-system', uid: 'u-1' },
  spec: { containers: [{ name: 'etcd', image: 'etcd', command: ['node', '-e', 'setInterval(() => 0, 1000)'] }] },
});

let directory = '';
let worker: PodWorker;

beforeEach(async () => {
  directory = await makeTemporaryDirectory('pod-worker');
  worker = createPodWorker(POD, '127.0.0.1', {
    place: { name: 'n-1', address: '127.0.0.1', directory, port: (port) => port },
    images: { etcd: { node: process.execPath } },
    removeWhenOrphaned: [],
    backOff: { first: 60_000, longest: 60_000 },
    pace: 1,
    active: () => true,
    canPull: () => true,
    onChange: () => undefined,
  });
});
afterEach(async () => {
  await worker.kill();
  await removeDirectory(directory);
});

test('a container that is just being started is killed, too: nobody uses its files behind that', async () => {
  worker.sync();
  expect(worker.running('etcd')).toBeUndefined();

  await worker.killContainer('etcd');

  expect(worker.containers()[0]?.run?.end).toMatchObject({ exitCode: 137 });
});

test('a container of another name is none to kill', async () => {
  worker.sync();

  await worker.killContainer('web');

  expect(worker.containers()[0]?.run?.end).toBeUndefined();
});
