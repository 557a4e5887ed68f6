// Round trips through Drydock's adapter and through kubectl, in turns, in a process of its own. Argument: JSON as `Order` has it.
// Writes one JSON line: samples in ms by name.
import { execFile, spawn } from 'node:child_process';
import { Agent, get } from 'node:http';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { z } from 'zod';
import { openKubernetes } from '../../src/adapters/kubernetes/open.ts';
import type { KubernetesResult } from '../../src/core/ports/kubernetes.ts';

const Order = z.object({
  kubeconfig: z.string(),
  kubectl: z.string(),
  pod: z.string(),
  execs: z.number(),
  opens: z.number(),
  requests: z.number(),
});

const NAMESPACE = 'kube-system';
/** etcd's port for metrics: plain HTTP. */
const PORT = 2381;
const CALL = { timeoutMs: 60_000 };
const PROGRAM = ['etcdctl', 'version'];

const order = Order.parse(JSON.parse(process.argv[2] ?? ''));
const kubernetes = openKubernetes({ kubeconfig: order.kubeconfig });
const pod = { namespace: NAMESPACE, name: order.pod };
const samples: Record<string, number[]> = {};

async function timed<T>(name: string, act: () => Promise<T>): Promise<T> {
  const began = performance.now();
  const value = await act();
  (samples[name] ??= []).push(performance.now() - began);
  return value;
}

function valueOf<T>(result: KubernetesResult<T>): T {
  if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}`);
  return result.value;
}

const global = [`--kubeconfig=${order.kubeconfig}`, `--namespace=${NAMESPACE}`];

async function kubectl(args: readonly string[]): Promise<string> {
  return (await promisify(execFile)(order.kubectl, [...global, ...args])).stdout;
}

/** What etcd says to a path that it does not serve: a short answer that costs it nothing. */
async function ask(port: number, agent: Agent | false): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  get({ host: '127.0.0.1', port, path: '/', agent }, (response) => {
    response.resume().once('end', () => resolve());
  }).once('error', reject);
  await promise;
}

interface Way {
  readonly localPort: number;
  close(): Promise<void>;
}

async function openOurs(): Promise<Way> {
  return valueOf(await kubernetes.forward(pod, PORT, CALL));
}

async function openTheirs(): Promise<Way> {
  const child = spawn(
    order.kubectl,
    [...global, 'port-forward', `pod/${order.pod}`, `:${PORT}`, '--address=127.0.0.1'],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    const port = /127\.0\.0\.1:(\d+) ->/.exec(line)?.[1];
    if (port !== undefined) resolve(Number(port));
  });
  void ended.then(() => reject(new Error('kubectl port-forward ended')));
  const localPort = await promise;
  return {
    localPort,
    close: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

async function execs(): Promise<void> {
  // Reads the kubeconfig and learns what the server serves: a worker does that once.
  valueOf(await kubernetes.version(CALL));
  for (let turn = 0; turn < order.execs; turn += 1) {
    const ours = await timed(
      'exec ours',
      async () => await kubernetes.exec(pod, PROGRAM, { ...CALL, container: 'etcd' }),
    );
    if (valueOf(ours).exitCode !== 0) throw new Error('etcdctl version failed');
    await timed('exec kubectl', async () => await kubectl(['exec', order.pod, '--container=etcd', '--', ...PROGRAM]));
    await timed('kubectl alone', async () => await kubectl(['get', '--raw=/version']));
  }
}

async function opens(): Promise<void> {
  for (let turn = 0; turn < order.opens; turn += 1) {
    for (const [name, open] of [
      ['open ours', openOurs],
      ['open kubectl', openTheirs],
    ] as const) {
      const way = await timed(name, async () => {
        const opened = await open();
        await ask(opened.localPort, false);
        return opened;
      });
      await way.close();
    }
  }
}

async function requests(): Promise<void> {
  const ways = { ours: await openOurs(), kubectl: await openTheirs() };
  const kept = {
    ours: new Agent({ keepAlive: true, maxSockets: 1 }),
    kubectl: new Agent({ keepAlive: true, maxSockets: 1 }),
  };
  for (let turn = 0; turn < order.requests; turn += 1) {
    for (const who of ['ours', 'kubectl'] as const) {
      await timed(`connection ${who}`, async () => await ask(ways[who].localPort, false));
    }
  }
  for (let turn = 0; turn < order.requests; turn += 1) {
    for (const who of ['ours', 'kubectl'] as const) {
      await timed(`kept ${who}`, async () => await ask(ways[who].localPort, kept[who]));
    }
  }
  for (const who of ['ours', 'kubectl'] as const) {
    kept[who].destroy();
    await ways[who].close();
  }
}

await execs();
await opens();
await requests();
await kubernetes.close();
process.stdout.write(`${JSON.stringify(samples)}\n`);
