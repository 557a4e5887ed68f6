import type { JsonObject } from '../../src/core/json.ts';
import { NODE_SHELL_NAMESPACE, nodeShellName } from '../../src/core/kubernetes/node-shell.ts';
import type { KubernetesPort } from '../../src/core/ports/kubernetes.ts';
import { createFakeKubernetes, type FakeKubernetes } from '../fakes/kubernetes.ts';

/** The shell that the run of `shellContext` opens on node `cp-1`. */
export const SHELL = {
  apiVersion: 'v1',
  kind: 'Pod',
  namespace: NODE_SHELL_NAMESPACE,
  name: nodeShellName({ run: 'backup-prod-7f3k', node: 'cp-1' }),
} as const;

/** What the kubelet of the node does; all optional. */
export interface Kubelet {
  /** Default: it starts every shell at once. Else what it says of the pod. */
  readonly says?: JsonObject;
  /** How many looks a deleted pod stays; default 2. */
  readonly endsAfter?: number;
  /** The status of the node; default ready. */
  readonly node?: JsonObject;
}

const STARTED = { phase: 'Running', containerStatuses: [{ ready: true, restartCount: 0 }] };

/** A cluster in memory with the one node `cp-1`, whose kubelet ends deleted pods some looks later. */
export function shellCluster({ says = STARTED, endsAfter = 2, node = {} }: Kubelet = {}): FakeKubernetes {
  const fake = createFakeKubernetes();
  fake.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: SHELL.namespace } });
  const ready = [{ type: 'Ready', status: 'True', message: 'kubelet is posting ready status' }];
  fake.put({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'cp-1' }, status: { conditions: ready, ...node } });
  let looks = 0;
  const port: KubernetesPort = {
    ...fake.port,
    create: async (...args) => {
      const answer = await fake.port.create(...args);
      const pod = answer.ok ? fake.read({ ...SHELL, name: answer.value.metadata.name }) : null;
      if (pod !== null) fake.put({ ...JSON.parse(JSON.stringify(pod)), status: says });
      return answer;
    },
    get: async (...args) => {
      const pod = { ...SHELL, name: args[0].name };
      const isGoing = args[0].kind === 'Pod' && fake.read(pod)?.metadata.deletionTimestamp !== undefined;
      if (isGoing) looks += 1;
      if (isGoing && looks > endsAfter) fake.finish(pod);
      return await fake.port.get(...args);
    },
  };
  return { ...fake, port };
}
