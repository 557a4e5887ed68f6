import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { get } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type PlaygroundCluster, startCluster } from '../../../../playground/kubernetes/cluster.ts';
import { freePort } from '../../../../playground/ports.ts';
import { waitFor } from '../../../../playground/waiting.ts';
import { createPod, ETCDCTL, kubectl, startKubectl } from '../../../support/cluster-pods.ts';

let cluster: PlaygroundCluster;

beforeAll(async () => {
  cluster = await startCluster({ workers: 1 });
}, 120_000);
afterAll(() => cluster.stop());

/** kubectl's first choice, and what it falls back to. */
const WAYS = [
  ['WebSocket', 'true'],
  ['SPDY', 'false'],
] as const;

test('kubectl get shows nodes with roles and addresses', async () => {
  const { code, text: shown } = await kubectl(cluster, ['get', 'nodes', '-o', 'wide', '--no-headers']);

  expect(code).toBe(0);
  expect(shown).toMatch(
    new RegExp(`^cp-1 +Ready +control-plane .* v1\\.36\\.2 +${cluster.node('cp-1').address} `, 'm'),
  );
  expect(shown).toMatch(/^worker-1 +Ready +<none> /m);
});

test.each(WAYS)('kubectl exec by %s: output, exit code and input', async (_way, webSockets) => {
  const env = { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: webSockets };
  const base = ['-n', 'kube-system', 'exec', 'etcd-cp-1', '--'];
  const list = await kubectl(cluster, [...base, ...ETCDCTL, 'member', 'list'], env);
  const failed = await kubectl(cluster, [...base, 'etcdctl', 'no-such-command'], env);
  const missing = await kubectl(cluster, [...base, 'sh'], env);

  expect(list.code).toBe(0);
  expect(list.text.match(/started, cp-\d/g)).toHaveLength(3);
  expect([failed.code, failed.text.includes('command terminated with exit code 1')]).toEqual([1, true]);
  expect([missing.code, missing.text.includes('executable file not found in $PATH')]).toEqual([1, true]);
});

test.each(WAYS)('kubectl port-forward by %s, several connections', async (_way, webSockets) => {
  const port = await freePort();
  const forwarding = await startKubectl(cluster, ['-n', 'kube-system', 'port-forward', 'etcd-cp-2', `${port}:2381`], {
    KUBECTL_PORT_FORWARD_WEBSOCKETS: webSockets,
  });
  try {
    await waitFor('kubectl to listen', () => forwarding.output().includes(`127.0.0.1:${port}`));
    const answers = await Promise.all(Array.from({ length: 5 }, () => fetchText(`http://127.0.0.1:${port}/health`)));

    expect(answers.map((answer) => answer.includes('"health":"true"'))).toEqual(Array.from({ length: 5 }, () => true));
  } finally {
    await forwarding.stop();
  }
});

test.each(WAYS)('a port that nobody listens on is told by kubectl port-forward (%s)', async (_way, webSockets) => {
  const port = await freePort();
  const forwarding = await startKubectl(cluster, ['-n', 'kube-system', 'port-forward', 'etcd-cp-2', `${port}:2999`], {
    KUBECTL_PORT_FORWARD_WEBSOCKETS: webSockets,
  });
  await waitFor('kubectl to listen', () => forwarding.output().includes(`127.0.0.1:${port}`));
  await fetchText(`http://127.0.0.1:${port}/`).catch(() => '');
  await waitFor('kubectl to say so', () => forwarding.output().includes('connection refused'));
  await forwarding.stop();

  expect(forwarding.output()).toContain('error forwarding port 2999 to pod etcd-cp-2_kube-system');
});

test('kubectl logs: of now, of the run before, and none before the first', async () => {
  const none = await kubectl(cluster, ['-n', 'kube-system', 'logs', 'etcd-cp-3', '--previous']);
  await cluster.node('cp-3').etcd.kill();
  await waitFor('the restart to be reported', async () => {
    const { text: status } = await kubectl(cluster, ['-n', 'kube-system', 'get', 'pod', 'etcd-cp-3', '--no-headers']);
    return status.includes('1/1') && / 1 /.test(status);
  });
  const now = await kubectl(cluster, ['-n', 'kube-system', 'logs', 'etcd-cp-3', '--tail=1']);
  const before = await kubectl(cluster, ['-n', 'kube-system', 'logs', 'etcd-cp-3', '--previous']);

  expect([none.code, none.text.includes('previous terminated container "etcd" in pod "etcd-cp-3" not found')]).toEqual([
    1,
    true,
  ]);
  expect([now.code, now.text.split('\n')]).toEqual([0, [expect.stringMatching(/\S/)]]);
  expect([before.code, before.text.includes('rafthttp')]).toEqual([0, true]);
});

test('a node shell works on the root directory of its node only', async () => {
  const { root } = cluster.node('worker-1');
  await mkdir(join(root, 'etc'), { recursive: true });
  await writeFile(join(root, 'etc/hostname'), 'worker-1\n');
  const shell = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'shell', namespace: 'default' },
    spec: {
      nodeName: 'worker-1',
      hostPID: true,
      hostNetwork: true,
      restartPolicy: 'Never',
      terminationGracePeriodSeconds: 1,
      containers: [
        {
          name: 'shell',
          image: 'busybox',
          command: ['sleep', '3600'],
          securityContext: { privileged: true },
          volumeMounts: [{ name: 'host', mountPath: '/host' }],
        },
      ],
      volumes: [{ name: 'host', hostPath: { path: '/' } }],
    },
  };
  await createPod(cluster, shell);
  await kubectl(cluster, ['wait', 'pod/shell', '--for=condition=Ready', '--timeout=20s']);
  const inHost = await kubectl(cluster, ['exec', 'shell', '--', 'chroot', '/host', 'cat', '/etc/hostname']);
  const mounted = await kubectl(cluster, [
    'exec',
    'shell',
    '--',
    'sh',
    '-c',
    'cat /host/etc/hostname > /host/etc/copy',
  ]);
  const deleted = await kubectl(cluster, ['delete', 'pod', 'shell', '--timeout=20s']);

  expect(inHost).toEqual({ code: 0, text: 'worker-1' });
  expect([mounted.code, deleted.code]).toEqual([0, 0]);
  expect(await readFile(join(root, 'etc/copy'), 'utf8')).toBe('worker-1\n');
});

function fetchText(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    get(url, { agent: false }, (response) => {
      resolve(text(response));
    }).once('error', reject);
  });
}
