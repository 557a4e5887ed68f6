import type {
  ExecOutcome,
  KubernetesObject,
  KubernetesPort,
  KubernetesResult,
} from '../../../../../src/core/ports/kubernetes.ts';

/** What a pod was asked to run. */
export interface Asked {
  readonly pod: string;
  readonly container: string | undefined;
  readonly argv: readonly string[];
  readonly stdin: Uint8Array | undefined;
}

/** Answers one command; `null`: the next script is asked. */
export type Script = (words: string, asked: Asked) => KubernetesResult<ExecOutcome> | null;

/** Pods that answer by script, and what they were asked. */
export interface ScriptedPods {
  readonly kubernetes: Pick<KubernetesPort, 'exec' | 'list'>;
  readonly asked: Asked[];
}

/** A program that ended. */
export function ended(stdout: string, exitCode = 0, stderr = ''): KubernetesResult<ExecOutcome> {
  return { ok: true, value: { exitCode, stdout: Buffer.from(stdout), stderr: Buffer.from(stderr) } };
}

/** The status of member `id` (decimal) as etcdctl prints it. */
export function statusText(id: string, leader = '7'): string {
  const header = `"header":{"cluster_id":99,"member_id":${id},"revision":6,"raft_term":2}`;
  return `[{"Endpoint":"x","Status":{${header},"version":"3.5.16","dbSize":20480,"leader":${leader},"raftIndex":1,"raftTerm":2,"raftAppliedIndex":1,"dbSizeInUse":1}}]`;
}

/** Pods `etcd-cp-1` and `etcd-cp-2`, their members 7 and 8. The first script that answers counts; else a status is printed. */
export function scriptedPods(...scripts: readonly Script[]): ScriptedPods {
  const asked: Asked[] = [];
  return {
    asked,
    kubernetes: {
      list: async () => await Promise.resolve({ ok: true, value: { items: PODS, resourceVersion: '1' } }),
      async exec(pod, command, { container, stdin, timeoutMs }) {
        const argv = typeof command === 'function' ? command(timeoutMs) : command;
        const call = { pod: pod.name, container, argv, stdin };
        asked.push(call);
        const words = argv.filter((word) => !word.startsWith('--')).join(' ');
        const answer = scripts.map((script) => script(words, call)).find((each) => each !== null);
        return await Promise.resolve(answer ?? ended(statusText(pod.name === 'etcd-cp-1' ? '7' : '8')));
      },
    },
  };
}

const PODS: readonly KubernetesObject[] = ['cp-1', 'cp-2'].map((node) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: `etcd-${node}`, namespace: 'kube-system', uid: `uid-${node}`, resourceVersion: '1' },
  spec: {
    nodeName: node,
    containers: [
      {
        name: 'etcd',
        command: ['etcd', `--name=${node}`, `--advertise-client-urls=https://${node}:2379`],
        env: [{ name: 'ETCD_QUOTA_BACKEND_BYTES', value: '8589934592' }],
      },
    ],
  },
  status: { podIP: '10.0.0.1', containerStatuses: [{ name: 'etcd', state: { running: {} } }] },
}));
