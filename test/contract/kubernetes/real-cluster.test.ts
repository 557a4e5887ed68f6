import { env } from 'node:process';
import { expect, test } from 'vitest';
import { openKubernetes } from '../../../src/adapters/kubernetes/open.ts';
import type { KubernetesPort } from '../../../src/core/ports/kubernetes.ts';
import { createFakeKubernetes } from '../../fakes/kubernetes.ts';
import { applySuite } from './apply-suite.ts';
import {
  CALL,
  type ClusterUnderTest,
  makeNamespace,
  type Target,
  untilRunning,
  valueOf,
} from './cluster-under-test.ts';
import { evictionSuite } from './eviction-suite.ts';
import { closedPortSuite, type PodsUnderTest, podSuite } from './pod-suite.ts';
import { readSuite, reviewSuite } from './read-suite.ts';
import { writeSuite } from './write-suite.ts';

// Any real cluster, when one is named. It fills namespaces of its own and makes Nodes that begin with their names; both go in the end.

/** Path of the kubeconfig; its user may do everything. */
const KUBECONFIG = env['KUBE_CONTRACT_KUBECONFIG'] ?? '';
/** An image with `sh`, `httpd`, `head` and `sleep` (busybox has them) that a node of the cluster can run; empty: no kubelet is asked. */
const IMAGE = env['KUBE_CONTRACT_POD_IMAGE'] ?? '';

async function open(): Promise<ClusterUnderTest> {
  return await openOn(openKubernetes({ kubeconfig: KUBECONFIG }));
}

async function openOn(port: KubernetesPort): Promise<ClusterUnderTest> {
  const namespace = await makeNamespace(port);
  return { port, namespace, hasControllers: true, stop: () => cleanUp(port, namespace) };
}

async function cleanUp(port: KubernetesPort, namespace: string): Promise<void> {
  const now = { ...CALL, preconditions: {}, gracePeriodSeconds: 0 };
  const left: string[] = [];
  async function remove(kind: string, within: string | null, name: string): Promise<void> {
    const gone = await port.delete({ apiVersion: 'v1', kind, namespace: within, name }, now);
    if (!gone.ok && gone.error.code !== 'not-found') left.push(`${kind} ${name}: ${gone.error.message}`);
  }
  async function namesOf(kind: string, within: string | null): Promise<readonly string[]> {
    const listed = await port.list({ apiVersion: 'v1', kind, namespace: within }, CALL);
    if (!listed.ok) left.push(`every ${kind} of ${namespace}: ${listed.error.message}`);
    return listed.ok ? listed.value.items.map(({ metadata }) => metadata.name) : [];
  }
  for (const name of await namesOf('Pod', namespace)) await remove('Pod', namespace, name);
  for (const name of await namesOf('Node', null))
    if (name.startsWith(`${namespace}-`)) await remove('Node', null, name);
  await remove('Namespace', null, namespace);
  await port.close();
  if (left.length > 0) throw new Error(`left in the cluster, take it away by hand: ${left.join('; ')}`);
}

const REAL: Target = { name: 'adapter on a real cluster', start: open };

const SCRIPT =
  'mkdir -p /tmp/w; echo hello > /tmp/w/index.html; echo one; echo two; httpd -p 8080 -h /tmp/w; sleep 3600';

async function busyPod({ port, namespace }: ClusterUnderTest, name: string) {
  const container = { name: 'c', image: IMAGE, command: ['sh', '-c', SCRIPT] };
  const spec = { containers: [container], terminationGracePeriodSeconds: 1 };
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { namespace, name }, spec };
  const { uid } = valueOf(await port.create(pod, CALL)).metadata;
  await untilRunning(port, { apiVersion: 'v1', kind: 'Pod', namespace, name });
  return { namespace, name, uid, container: 'c' };
}

async function startPods(): Promise<PodsUnderTest> {
  return await startPodsIn(await open());
}

/** Nobody else could take a cluster away whose first pod does not start. */
async function startPodsIn(cluster: ClusterUnderTest): Promise<PodsUnderTest> {
  try {
    const shell = await busyPod(cluster, 'shell');
    return {
      port: cluster.port,
      shell,
      web: { ...shell, port: 8080, path: '/index.html' },
      talker: shell,
      another: (name) => busyPod(cluster, name),
      stop: () => cluster.stop(),
    };
  } catch (error) {
    await cluster.stop();
    throw error;
  }
}

test('a port that is given no cluster touches none', async () => {
  const port = openKubernetes({ kubeconfig: '' });
  expect(await port.version(CALL)).toMatchObject({ ok: false, error: { code: 'not-configured' } });
  await port.close();
});

test('a port whose cluster gives no namespace is closed', async () => {
  const fake = createFakeKubernetes();
  fake.fail({ method: 'create', error: { code: 'forbidden', message: 'no namespaces today' } });
  let closed = 0;
  const close = async (): Promise<void> => {
    closed += 1;
    await fake.port.close();
  };

  await expect(openOn({ ...fake.port, close })).rejects.toThrow('forbidden: no namespaces today');
  expect(closed).toBe(1);
});

test('what cannot be taken away is named', async () => {
  const fake = createFakeKubernetes();
  const cluster = await openOn(fake.port);
  fake.fail({ method: 'list', error: { code: 'forbidden', message: 'no lists today' } });

  await expect(cluster.stop()).rejects.toThrow(`by hand: every Pod of ${cluster.namespace}: no lists today`);
});

test('a cluster in which the first pod cannot be made is taken away', async () => {
  const fake = createFakeKubernetes();
  fake.fail({ method: 'create', error: { code: 'refused', message: 'no pods today' } });
  let stops = 0;
  const stop = async (): Promise<void> => {
    stops += 1;
    await fake.port.close();
  };

  const started = startPodsIn({ port: fake.port, namespace: 'drydock-contract-1', hasControllers: true, stop });

  await expect(started).rejects.toThrow('refused: no pods today');
  expect(stops).toBe(1);
});

const SUITES = [readSuite, reviewSuite, writeSuite, applySuite, evictionSuite];
const POD_SUITES = [podSuite, closedPortSuite];
for (const suite of KUBECONFIG === '' ? [] : SUITES) suite(REAL);
for (const suite of KUBECONFIG === '' || IMAGE === '' ? [] : POD_SUITES) suite({ name: REAL.name, start: startPods });
