import { z } from 'zod';
import type { OcpPlayground } from '../../../playground/openshift/start.ts';
import { waitFor } from '../../../playground/waiting.ts';
import { kubectl } from '../cluster-pods.ts';

/** A line of `etcdctl member list`. */
export interface MemberLine {
  readonly id: string;
  readonly status: string;
  readonly name: string;
  readonly peerUrl: string;
  readonly isLearner: boolean;
}

const PATIENCE = { timeoutMs: 120_000, everyMs: 500 };
const AWAY = /etcdserver: |rpc error: code = |context deadline exceeded|connection refused/;

/** What an engineer types on a cluster: `oc` is kubectl here, `oc rsh` an exec into the container `etcdctl`. */
export function byHand({ cluster }: OcpPlayground) {
  /** While the operator restarts members the API server does not answer for moments: what an engineer typed is typed again. */
  async function oc(...args: readonly string[]): Promise<string> {
    let attempt = 0;
    const said = await waitFor(
      `kubectl ${args.join(' ')} to be answered`,
      async () => {
        const answer = await kubectl(cluster, args);
        attempt += 1;
        return answer.code !== 0 && AWAY.test(answer.text) ? false : answer;
      },
      PATIENCE,
    );
    // An attempt whose answer was lost may have deleted it.
    const isGone = attempt > 1 && args[0] === 'delete' && said.text.includes('NotFound');
    if (said.code !== 0 && !isGone) throw new Error(`kubectl ${args.join(' ')}: ${said.code}\n${said.text}`);
    return said.text;
  }
  async function etcdctl(node: string, ...args: readonly string[]): Promise<string> {
    return oc('exec', '-n', 'openshift-etcd', `etcd-${node}`, '-c', 'etcdctl', '--', 'etcdctl', ...args);
  }
  /** `oc debug node/NAME`, then `chroot /host`. */
  async function onNode(node: string, ...script: readonly string[]): Promise<string> {
    const pod = debugPod(node);
    await cluster.api.request({ method: 'POST', path: '/api/v1/namespaces/default/pods', body: pod });
    await waitFor('the debug pod to run', async () => {
      const phase = await oc('get', 'pod', `debug-${node}`, '-o', 'jsonpath={.status.phase}');
      return phase.trim() === 'Running';
    });
    let said = '';
    for (const line of script) said += await oc('exec', `debug-${node}`, '--', 'chroot', '/host', 'sh', '-c', line);
    await oc('delete', 'pod', `debug-${node}`, '--grace-period=1', '--wait=true');
    return said;
  }
  async function members(node: string): Promise<readonly MemberLine[]> {
    const text = await etcdctl(node, 'member', 'list');
    return text
      .trim()
      .split('\n')
      .map((line) => {
        const [id = '', status = '', name = '', peerUrl = '', , learner = ''] = line.split(', ');
        return { id, status, name, peerUrl, isLearner: learner === 'true' };
      });
  }
  return { oc, etcdctl, onNode, members };
}

function debugPod(node: string) {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `debug-${node}`, namespace: 'default' },
    spec: {
      nodeName: node,
      hostNetwork: true,
      hostPID: true,
      restartPolicy: 'Never',
      tolerations: [{ operator: 'Exists' }],
      containers: [
        {
          name: 'debug',
          image: 'busybox:1.37',
          command: ['sleep', '3600'],
          securityContext: { privileged: true, runAsUser: 0 },
          volumeMounts: [{ name: 'host', mountPath: '/host' }],
        },
      ],
      volumes: [{ name: 'host', hostPath: { path: '/', type: 'Directory' } }],
    },
  };
}

const Machine = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string(), namespace: z.string(), labels: z.record(z.string(), z.string()) }),
  spec: z.looseObject({}),
});

/** The saved Machine as the document edits it: no status, no providerID, another name. */
export function editedMachine(json: string, name: string): z.infer<typeof Machine> {
  const { apiVersion, kind, metadata, spec } = Machine.parse(JSON.parse(json));
  const { providerID: _id, lifecycleHooks: _hooks, ...rest } = spec;
  return { apiVersion, kind, metadata: { name, namespace: metadata.namespace, labels: metadata.labels }, spec: rest };
}
