import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll } from 'vitest';
import { type PlaygroundCluster, startCluster } from '../../../playground/kubernetes/cluster.ts';
import { openKubernetes } from '../../../src/adapters/kubernetes/open.ts';
import type { KubernetesPort } from '../../../src/core/ports/kubernetes.ts';
import { CALL, makeNamespace, type Target, untilRunning, valueOf } from './cluster-under-test.ts';
import { evictionSuite } from './eviction-suite.ts';
import { closedPortSuite, type PodsUnderTest, podSuite } from './pod-suite.ts';
import { reviewSuite } from './read-suite.ts';

// The whole playground cluster: API server, etcd in static pods, node agents.

/** A pod that sees its node's root: any program of this machine runs in it. */
async function shellPod(port: KubernetesPort, name: string) {
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace: 'default', name },
    spec: {
      nodeName: 'cp-1',
      restartPolicy: 'Never',
      tolerations: [{ operator: 'Exists' }],
      volumes: [{ name: 'host', hostPath: { path: '/', type: 'Directory' } }],
      containers: [
        {
          name: 'shell',
          image: 'example.com/shell:1',
          command: ['sleep', '3600'],
          securityContext: { privileged: true, runAsUser: 0 },
          volumeMounts: [{ name: 'host', mountPath: '/host' }],
        },
      ],
    },
  };
  const { uid } = valueOf(await port.create(pod, CALL)).metadata;
  await untilRunning(port, { apiVersion: 'v1', kind: 'Pod', namespace: 'default', name });
  return { namespace: 'default', name, uid, container: 'shell' };
}

let cluster: PlaygroundCluster;
beforeAll(async () => {
  cluster = await startCluster({ controlPlanes: 1 });
}, 120_000);
afterAll(() => cluster.stop());

/** One cluster is enough for all suites; each has a namespace of its own. */
const WHOLE: Target = {
  name: 'adapter on the playground cluster',
  async start() {
    const port = openKubernetes({ kubeconfig: cluster.kubeconfig, environment: {} });
    const namespace = await makeNamespace(port);
    return { port, namespace, hasControllers: false, stop: () => port.close() };
  },
};

async function startPods(): Promise<PodsUnderTest> {
  const port = openKubernetes({ kubeconfig: cluster.kubeconfig, environment: {} });
  const etcd = { namespace: 'kube-system', name: 'etcd-cp-1', container: 'etcd' };
  return {
    port,
    shell: await shellPod(port, `shell-${randomBytes(4).toString('hex')}`),
    web: { ...etcd, port: 2381, path: '/health' },
    talker: etcd,
    another: (name) => shellPod(port, name),
    stop: () => port.close(),
  };
}

reviewSuite(WHOLE);
evictionSuite(WHOLE);
podSuite({ name: WHOLE.name, start: startPods });
closedPortSuite({ name: WHOLE.name, start: startPods });
