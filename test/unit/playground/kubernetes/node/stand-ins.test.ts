import { execFile } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeTemporaryDirectory, removeDirectory } from '../../../../../playground/directories.ts';
import { createNodeAgent, type NodeAgent } from '../../../../../playground/kubernetes/node/agent.ts';
import { readPod } from '../../../../../playground/kubernetes/node/pod-spec.ts';
import { programOf, viewOf } from '../../../../../playground/kubernetes/node/programs.ts';
import { waitFor } from '../../../../../playground/waiting.ts';
import { createFakeLocalApi } from '../../../../fakes/local-api.ts';

const run = promisify(execFile);
const MANIFEST = `apiVersion: v1
kind: Pod
metadata: { name: etcd, namespace: kube-system }
spec: { hostNetwork: true, terminationGracePeriodSeconds: 1, containers: [{ name: etcd, image: shown }, { name: etcdctl, image: shown }] }
`;

let directory = '';
let agent: NodeAgent;

beforeEach(async () => {
  directory = await makeTemporaryDirectory('stand-ins');
  await mkdir(join(directory, 'rootfs/etc/kubernetes/manifests'), { recursive: true });
  await writeFile(join(directory, 'rootfs/etc/kubernetes/manifests/etcd.yaml'), MANIFEST);
  const place = { name: 'n-1', address: '127.0.0.1', directory, port: (port: number) => port };
  agent = createNodeAgent({ place, api: createFakeLocalApi(), images: {}, pace: 0.02 });
  agent.start();
});
afterEach(async () => {
  await agent.powerOff();
  await removeDirectory(directory);
});

function onNode(program: string, ...args: readonly string[]): Promise<string> {
  return run(join(directory, 'rootfs/usr/local/bin', program), args).then(({ stdout }) => stdout);
}

function isRunning(): boolean {
  return ['etcd', 'etcdctl'].every((name) => agent.worker('kube-system/etcd-n-1')?.running(name) !== undefined);
}

test('crictl shows what runs on the node, also while its kubelet is stopped, and refuses when the machine is off', async () => {
  await waitFor('both to run', isRunning);
  await agent.stop();

  const exactly = await onNode('crictl', 'ps', '--quiet', '--name', '^etcd$');
  const json: unknown = JSON.parse(await onNode('crictl', 'ps', '--name', '^etcd$', '-o', 'json'));

  expect(exactly.trim()).toMatch(/^[0-9a-f]{64}$/);
  expect(json).toMatchObject({ containers: [{ id: exactly.trim(), metadata: { name: 'etcd', attempt: 0 } }] });
  await agent.powerOff();
  await expect(onNode('crictl', 'ps')).rejects.toThrow('connection refused');
});

test('crictl no longer shows a container whose manifest is gone', async () => {
  await waitFor('both to run', isRunning);

  await rm(join(directory, 'rootfs/etc/kubernetes/manifests/etcd.yaml'));
  await waitFor('it to be gone', () => agent.worker('kube-system/etcd-n-1') === undefined);

  expect(await onNode('crictl', 'ps', '-q', '--name', '^etcd$')).toBe('');
});

test('a node shell gets the programs of its node instead of those that would act on this machine', () => {
  const pod = readPod({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'shell', namespace: 'default', uid: 'u-1' },
    spec: {
      containers: [{ name: 'shell', image: 'busybox', securityContext: { privileged: true } }],
      volumes: [{ name: 'host', hostPath: { path: '/' } }],
    },
  });
  const own = join(directory, 'rootfs/usr/local/bin');
  const [systemctl, path, crictl, ls, script] = [
    ['systemctl', 'stop', 'kubelet'],
    ['/usr/bin/systemctl', 'stop', 'kubelet'],
    ['crictl', 'ps'],
    ['ls', '/'],
    ['sh', '-c', 'systemctl'],
  ].map((argv) =>
    pod.spec.containers.flatMap((each) => programOf(pod, each, agent, argv, viewOf(pod, each, agent)) ?? []).at(0),
  );

  expect([systemctl, path].map((each) => each?.command)).toEqual([join(own, 'systemctl'), join(own, 'systemctl')]);
  expect(crictl?.command).toBe(join(own, 'crictl'));
  expect(ls?.command).toBe('ls');
  expect(script?.env['PATH']?.split(':')[0]).toBe(own);
});

test('what acts on a machine ends with 127 on a node', async () => {
  await expect(onNode('systemctl', 'is-active', 'kubelet')).rejects.toMatchObject({
    code: 127,
    stderr: 'systemctl: not on this node of the playground\n',
  });
});
