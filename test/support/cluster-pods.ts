import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { PlaygroundCluster } from '../../playground/kubernetes/cluster.ts';
import { startProcess } from '../../playground/processes.ts';
import { waitFor } from '../../playground/waiting.ts';

/** trixie's kubectl 1.32, which `npm test` unpacks. */
export const KUBECTL = fileURLToPath(
  new URL('../../node_modules/.cache/drydock/kubectl-1.32/usr/bin/kubectl', import.meta.url),
);

/** What `etcdctl` is told in a kubeadm pod. */
export const ETCDCTL = [
  'etcdctl',
  '--cacert=/etc/kubernetes/pki/etcd/ca.crt',
  '--cert=/etc/kubernetes/pki/etcd/healthcheck-client.crt',
  '--key=/etc/kubernetes/pki/etcd/healthcheck-client.key',
] as const;

/** What kubectl said. */
export interface Said {
  readonly code: number | null;
  readonly text: string;
}

/** Runs kubectl with the cluster's kubeconfig until it ends. */
export async function kubectl(
  cluster: PlaygroundCluster,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Said> {
  const running = await startKubectl(cluster, args, env);
  const { code } = await running.ended;
  return { code, text: running.output() };
}

/** Starts kubectl with the cluster's kubeconfig. */
export function startKubectl(
  cluster: PlaygroundCluster,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): ReturnType<typeof startProcess> {
  return startProcess({
    name: 'kubectl',
    command: KUBECTL,
    args: [`--cache-dir=${join(cluster.directory, 'kubectl-cache')}`, ...args],
    env: { ...process.env, KUBECONFIG: cluster.kubeconfig, ...env },
  });
}

const Status = z.object({
  metadata: z.looseObject({ uid: z.string(), deletionTimestamp: z.string().optional() }),
  status: z.looseObject({
    phase: z.string().default(''),
    conditions: z.array(z.looseObject({ type: z.string(), status: z.string() })).default([]),
    containerStatuses: z
      .array(
        z.looseObject({
          restartCount: z.number(),
          ready: z.boolean(),
          state: z.record(z.string(), z.looseObject({ reason: z.string().optional(), message: z.string().optional() })),
          lastState: z.record(
            z.string(),
            z.looseObject({ exitCode: z.number().optional(), reason: z.string().optional() }),
          ),
        }),
      )
      .default([]),
  }),
});

/** Reads an object's state; `undefined`: it is not there, or the API server is away. */
export async function look(cluster: PlaygroundCluster, path: string): Promise<z.infer<typeof Status> | undefined> {
  try {
    const { status, body } = await cluster.api.request({ method: 'GET', path });
    return status === 200 ? Status.parse(body) : undefined;
  } catch {
    return undefined;
  }
}

/** The path of a pod; default namespace `kube-system`. */
export function podAt(name: string, namespace = 'kube-system'): string {
  return `/api/v1/namespaces/${namespace}/pods/${name}`;
}

/** Creates a pod of namespace `default`; again when etcd has no leader for a moment. */
export async function createPod(cluster: PlaygroundCluster, pod: object): Promise<void> {
  await waitFor('the pod to be created', async () => {
    const { status } = await cluster.api.request({
      method: 'POST',
      path: '/api/v1/namespaces/default/pods',
      body: pod,
    });
    return status === 201 || status === 409;
  });
}
