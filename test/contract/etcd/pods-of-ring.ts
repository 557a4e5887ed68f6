import { spawn } from 'node:child_process';
import { buffer } from 'node:stream/consumers';
import type { EtcdMember, EtcdRing } from '../../../playground/etcd-ring.ts';
import type {
  ExecOutcome,
  Forward,
  KubernetesError,
  KubernetesErrorCode,
  KubernetesObject,
  KubernetesPort,
  KubernetesResult,
} from '../../../src/core/ports/kubernetes.ts';
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts';

/** The part of the Kubernetes port that leads to etcd. */
export type WayToPods = Pick<KubernetesPort, 'list' | 'exec' | 'forward'>;

/** A ring seen as the etcd pods of a kubeadm cluster: `exec` runs the real etcdctl on this machine, `forward` pipes bytes. */
export interface PodsOfRing {
  readonly kubernetes: WayToPods;
  close(): Promise<void>;
}

const PKI = '/etc/kubernetes/pki/etcd';

/** `etcdctl`: the program that the pods have. `others`: members that were added later. */
export function podsOfRing(ring: EtcdRing, etcdctl: string, others: readonly EtcdMember[]): PodsOfRing {
  const proxies: TcpProxy[] = [];
  const files = new Map([
    [`--cacert=${PKI}/ca.crt`, `--cacert=${ring.tls.ca}`],
    [`--cert=${PKI}/healthcheck-client.crt`, `--cert=${ring.tls.cert}`],
    [`--key=${PKI}/healthcheck-client.key`, `--key=${ring.tls.key}`],
  ]);
  function member(pod: string): EtcdMember {
    const found = [...ring.members, ...others].find(({ name }) => `etcd-${name}` === pod);
    if (found === undefined) throw new Error(`no pod ${pod}`);
    return found;
  }
  const kubernetes: WayToPods = {
    list: async () =>
      await Promise.resolve({
        ok: true,
        value: { items: [...ring.members, ...others].map(podOf), resourceVersion: '1' },
      }),
    async exec(pod, command, options) {
      const [program = '', ...args] = typeof command === 'function' ? command(options.timeoutMs) : command;
      if (member(pod.name).pid() === undefined) return failed('server-error', 'container not found ("etcd")');
      if (program !== 'etcdctl') return failed('server-error', `no such program in the image: ${program}`);
      return await run(
        etcdctl,
        args.map((arg) => files.get(arg) ?? arg),
        options,
      );
    },
    async forward(pod, port, _call) {
      const proxy = await startTcpProxy(member(pod.name).clientUrl);
      proxies.push(proxy);
      const localPort = Number(new URL(proxy.url).port);
      return {
        ok: true,
        value: { localPort, close: async () => await proxy.close(), lastProblem: problemsOf(proxy, pod.name, port) },
      } satisfies KubernetesResult<Forward>;
    },
  };
  return { kubernetes, close: async () => void (await Promise.all(proxies.map(async (proxy) => await proxy.close()))) };
}

/** What a port-forward tells of a connection that the pod refused. */
function problemsOf(proxy: TcpProxy, pod: string, port: number): NonNullable<Forward['lastProblem']> {
  const told = new WeakMap<Error, KubernetesError>();
  return () => {
    const problem = proxy.problem();
    if (problem === null) return null;
    const refused = problem.message.includes('ECONNREFUSED') ? 'connect: connection refused' : problem.message;
    const message = `port ${port} of pod ${pod}: dial tcp4 127.0.0.1:${port}: ${refused}`;
    const known = told.get(problem) ?? { code: 'server-error', message };
    told.set(problem, known);
    return known;
  };
}

function podOf(member: EtcdMember): KubernetesObject {
  const { name, clientUrl } = member;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `etcd-${name}`, namespace: 'kube-system', uid: `uid-of-${name}`, resourceVersion: '1' },
    spec: {
      nodeName: name,
      containers: [
        {
          name: 'etcd',
          command: ['etcd', `--name=${name}`, `--advertise-client-urls=${clientUrl}`, `--quota-backend-bytes=${QUOTA}`],
        },
      ],
    },
    status: {
      podIP: '127.0.0.1',
      containerStatuses: [{ name: 'etcd', state: member.pid() === undefined ? { waiting: {} } : { running: {} } }],
    },
  };
}

const QUOTA = 512 * 1024 * 1024;

type Limits = Parameters<KubernetesPort['exec']>[2];

async function run(program: string, args: readonly string[], limits: Limits): Promise<KubernetesResult<ExecOutcome>> {
  if (limits.signal?.aborted === true) return failed('cancelled', 'cancelled');
  const child = spawn(program, args, { stdio: 'pipe' });
  const outputs = Promise.all([buffer(child.stdout), buffer(child.stderr)]);
  const { promise, resolve } = Promise.withResolvers<KubernetesResult<number>>();
  const timer = setTimeout(() => resolve(failed('unknown-outcome', 'no answer in time')), limits.timeoutMs);
  limits.signal?.addEventListener('abort', () => resolve(failed('cancelled', 'cancelled')), { once: true });
  child.once('error', (error) => resolve(failed('server-error', error.message)));
  child.once('close', (code) => resolve({ ok: true, value: code ?? 137 }));
  child.stdin.on('error', () => undefined);
  child.stdin.end(limits.stdin ?? Buffer.alloc(0));
  const ended = await promise;
  clearTimeout(timer);
  if (!ended.ok) return ended;
  const [stdout, stderr] = await outputs;
  return { ok: true, value: { exitCode: ended.value, stdout, stderr } };
}

function failed(
  code: KubernetesErrorCode,
  message: string,
): { readonly ok: false; readonly error: { readonly code: KubernetesErrorCode; readonly message: string } } {
  return { ok: false, error: { code, message } };
}
