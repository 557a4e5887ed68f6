import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type PlaygroundCluster, startCluster } from '../../../../playground/kubernetes/cluster.ts';
import { waitFor } from '../../../../playground/waiting.ts';
import { execQuery, openChannels } from '../../../support/channels.ts';
import { createPod, ETCDCTL, look, podAt } from '../../../support/cluster-pods.ts';

const V4 = ['v4.channel.k8s.io'];
const V5 = ['v5.channel.k8s.io', ...V4];

let cluster: PlaygroundCluster;

beforeAll(async () => {
  cluster = await startCluster({ workers: 1, pace: 0.2 });
}, 120_000);
afterAll(() => cluster.stop());

function exec(argv: readonly string[], options: Readonly<Record<string, string>> = {}, pod = 'etcd-cp-1'): string {
  return `${podAt(pod)}/exec?${execQuery(argv, options)}`;
}

test.each([V4, V5])(
  'etcdctl runs in the pod, with the paths and the loopback of its node (%s)',
  async (...protocols) => {
    const opened = await openChannels(cluster, exec([...ETCDCTL, '-w', 'json', 'member', 'list']), protocols);
    const status = await opened.status;
    const members: unknown = JSON.parse(opened.text(1));

    expect(opened.socket.protocol).toBe(protocols[0]);
    expect(status).toEqual({ status: 'Success' });
    expect(members).toMatchObject({ members: [{ name: expect.stringMatching(/^cp-/) }, {}, {}] });
  },
);

test('each node answers for its own member', async () => {
  const opened = await openChannels(
    cluster,
    exec([...ETCDCTL, '--endpoints=https://127.0.0.1:2379', '-w', 'json', 'endpoint', 'status'], {}, 'etcd-cp-2'),
    V5,
  );
  await opened.status;

  expect(JSON.parse(opened.text(1))).toMatchObject([{ Endpoint: cluster.etcd.endpoints[1] }]);
});

test('another exit code comes as a failure with its cause, and stderr apart from stdout', async () => {
  const opened = await openChannels(cluster, exec(['etcdctl', 'no-such-command']), V5);
  const status = await opened.status;

  expect(status).toMatchObject({
    status: 'Failure',
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: '1' }] },
  });
  expect([opened.text(1), opened.text(2).includes('no-such-command')]).toEqual(['', true]);
});

test('a program that the image does not have is an error of the runtime', async () => {
  const opened = await openChannels(cluster, exec(['sh', '-c', 'true']), V5);

  expect(await opened.status).toMatchObject({
    status: 'Failure',
    reason: 'InternalError',
    message: expect.stringContaining('exec: "sh": executable file not found in $PATH'),
  });
});

test('standard input goes in and ends with the close message of v5', async () => {
  const opened = await openChannels(cluster, exec([...ETCDCTL, 'put', 'greeting'], { stdin: 'true' }), V5);
  opened.socket.send(Buffer.concat([Buffer.from([0]), Buffer.from('hello')]));
  opened.socket.send(Buffer.from([255, 0]));
  await opened.status;
  const read = await openChannels(cluster, exec([...ETCDCTL, 'get', '--print-value-only', 'greeting']), V5);
  await read.status;

  expect([opened.text(1), read.text(1)]).toEqual(['OK\n', 'hello\n']);
});

test('what a command writes below a mount is in the root directory of the node', async () => {
  const path = join(cluster.node('cp-1').root, 'var/lib/etcd/snapshot.db');
  const opened = await openChannels(cluster, exec([...ETCDCTL, 'snapshot', 'save', '/var/lib/etcd/snapshot.db']), V5);

  expect(await opened.status).toEqual({ status: 'Success' });
  expect(existsSync(path)).toBe(true);
});

test('what cannot be run is refused in the words of the API server and the kubelet', async () => {
  const noContainer = openChannels(cluster, exec(['etcdctl'], { container: 'foo' }), V5);
  await expect(noContainer).rejects.toThrow('container foo is not valid for pod etcd-cp-1');
  await expect(openChannels(cluster, exec([]), V5)).rejects.toThrow('you must specify at least 1 command');
  await expect(openChannels(cluster, exec(['etcdctl']), ['v9.channel.k8s.io'])).rejects.toThrow(
    'unable to negotiate protocol',
  );
});

test('a node whose kubelet is stopped refuses, its member goes on, and the kubelet takes it over again', async () => {
  const node = cluster.node('cp-3');
  const pid = node.etcd.pid();
  const hanging = await openChannels(cluster, exec([...ETCDCTL, 'watch', 'x'], {}, 'etcd-cp-3'), V5);
  await node.stopKubelet();
  await waitFor('the connection to break', () => hanging.socket.readyState === hanging.socket.CLOSED);

  await expect(openChannels(cluster, exec(['etcdctl', 'version'], {}, 'etcd-cp-3'), V5)).rejects.toThrow(
    `error dialing backend: dial tcp ${node.address}:10250: connect: connection refused`,
  );
  expect(await node.etcd.healthy()).toBe(true);
  node.startKubelet();
  await waitFor('the pod to be known', () => node.runs('etcd'));
  expect(node.etcd.pid()).toBe(pid);
});

test('an exec ends with its container', async () => {
  const hanging = await openChannels(cluster, exec([...ETCDCTL, 'watch', 'x'], {}, 'etcd-cp-2'), V5);
  await cluster.node('cp-2').etcd.kill();

  expect(await hanging.status).toMatchObject({
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: '137' }] },
  });
});

test('an ordinary pod is ready at once, and goes through graceful deletion', async () => {
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: 'slow',
      namespace: 'default',
      annotations: { 'playground.drydock/behaviour': '{"stopsAfter": 5}' },
    },
    spec: {
      nodeName: 'worker-1',
      terminationGracePeriodSeconds: 30,
      containers: [{ name: 'app', image: 'registry.k8s.io/pause:3.10' }],
    },
  };
  await createPod(cluster, pod);
  const ready = await waitFor('the pod to be ready', async () => {
    const found = await look(cluster, podAt('slow', 'default'));
    return found?.status.containerStatuses[0]?.ready === true && found;
  });
  await cluster.api.request({ method: 'DELETE', path: podAt('slow', 'default') });
  const dying = await look(cluster, podAt('slow', 'default'));

  await waitFor('the pod to go', async () => (await look(cluster, podAt('slow', 'default'))) === undefined);
  expect(ready.status.phase).toBe('Running');
  expect(dying?.metadata.deletionTimestamp).toBeDefined();
});

test('a crashing pod is reported with its exit code', async () => {
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: 'crash',
      namespace: 'default',
      annotations: { 'playground.drydock/behaviour': '{"exitAfter": 0.1, "exitCode": 3}' },
    },
    spec: { nodeName: 'worker-1', containers: [{ name: 'app', image: 'app' }] },
  };
  await createPod(cluster, pod);
  const looping = await waitFor('the crash loop', async () =>
    (await look(cluster, podAt('crash', 'default')))?.status.containerStatuses.find(
      (each) => each.state['waiting']?.reason === 'CrashLoopBackOff',
    ),
  );

  expect(looping.lastState['terminated']).toMatchObject({ exitCode: 3, reason: 'Error' });
});

test('a forwarded port that nobody listens on is told on its error channel', async () => {
  const opened = await openChannels(cluster, `${podAt('etcd-cp-1')}/portforward?ports=2999`, V4);
  await waitFor('the end', () => opened.socket.readyState === opened.socket.CLOSED);

  expect(opened.text(1)).toContain('connect: connection refused');
});
