import { startCluster } from '../../../playground/kubernetes/cluster.ts';
import { openKubernetes } from '../../../src/adapters/kubernetes/open.ts';
import type { KubernetesPort } from '../../../src/core/ports/kubernetes.ts';
import { CALL, untilRunning, valueOf } from './cluster-under-test.ts';
import { type PodsUnderTest, podSuite } from './pod-suite.ts';

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

podSuite({
  name: 'adapter on the playground cluster',
  async start(): Promise<PodsUnderTest> {
    const cluster = await startCluster({ controlPlanes: 1 });
    const port = openKubernetes({ kubeconfig: cluster.kubeconfig, environment: {} });
    const etcd = { namespace: 'kube-system', name: 'etcd-cp-1', container: 'etcd' };
    return {
      port,
      shell: await shellPod(port, 'shell'),
      web: { ...etcd, port: 2381, path: '/health' },
      talker: etcd,
      another: (name) => shellPod(port, name),
      async stop() {
        await port.close();
        await cluster.stop();
      },
    };
  },
});
