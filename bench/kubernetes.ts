import { existsSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { type PlaygroundCluster, startCluster } from '../playground/kubernetes/cluster.ts';
import { startProcess } from '../playground/processes.ts';
import { type BenchOptions, percentile, printSides } from './figures.ts';
import { bytesOfPod, changePods, createPods, NAMESPACE } from './kubernetes/many-pods.ts';
import { type Cost, inTurns, MEASURED, printCosts, type Subject, toItsEnd } from './programs.ts';

const FULL = { pods: 5000, rounds: 3, execs: 40, opens: 20, requests: 200 };
const SHORT = { pods: 500, rounds: 1, execs: 5, opens: 3, requests: 20 };

function file(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url));
}
const KUBECTL = file('../node_modules/.cache/drydock/kubectl-1.32/usr/bin/kubectl');
const CLIENT = file('kubernetes/client.ts');
const ROUND_TRIPS = file('kubernetes/round-trips.ts');

const Mark = z.object({ mark: z.number(), atMs: z.number(), peakKib: z.number(), cpuMs: z.number() });
function ours(cluster: PlaygroundCluster, act: string, name: string): Subject {
  return { name, command: process.execPath, args: [CLIENT, act, cluster.kubeconfig] };
}

function kubectl(cluster: PlaygroundCluster, words: string): Subject {
  const cache = `--cache-dir=${join(cluster.directory, 'kubectl-cache')}`;
  const args = [`--kubeconfig=${cluster.kubeconfig}`, cache, ...words.split(' ')];
  return { name: `kubectl ${words}`, command: KUBECTL, args };
}

/** Lets a program watch while every pod is changed once. From the first change until it has told of the last. */
async function whileChanging(
  { name, command, args }: Subject,
  pods: number,
  change: () => Promise<void>,
): Promise<Cost> {
  const marks = [pods, 2 * pods];
  const at = new Map(marks.map((mark) => [mark, Promise.withResolvers<z.infer<typeof Mark>>()]));
  const running = await startProcess({
    name,
    command: process.execPath,
    args: [MEASURED, JSON.stringify({ command, args, marks })],
    onLine(line, stream) {
      const read = stream === 'stdout' ? Mark.safeParse(JSON.parse(line)) : null;
      if (read?.success === true) at.get(read.data.mark)?.resolve(read.data);
    },
  });
  async function failEarly(): Promise<void> {
    await running.ended;
    for (const mark of at.values()) mark.reject(new Error(`${name} ended early:\n${running.output()}`));
  }
  void failEarly();
  const [ready, done] = marks.map(async (mark) => await at.get(mark)?.promise);
  void done?.catch(() => undefined);
  const before = await ready;
  const beganMs = Number(process.hrtime.bigint()) / 1e6;
  await change();
  const after = await done;
  await running.ended;
  if (before === undefined || after === undefined) throw new Error(`${name} told of no mark`);
  return { ms: after.atMs - beganMs, cpuMs: after.cpuMs - before.cpuMs, peakKib: after.peakKib };
}

async function lists(cluster: PlaygroundCluster, rounds: number): Promise<void> {
  const title = 'as processes, from start to end';
  const small = [ours(cluster, 'version', 'Drydock, one small answer'), kubectl(cluster, 'get --raw=/version')];
  const floors = await inTurns(small, rounds, toItsEnd);
  printCosts(`What both cost with one small answer, ${title}`, floors);
  const subjects = [
    ours(cluster, 'list', 'Drydock, list'),
    ours(cluster, 'each-page', 'Drydock, page by page'),
    kubectl(cluster, 'get pods -A -o json'),
  ];
  const costs = await inTurns(subjects, rounds, toItsEnd);
  printCosts(`List of all pods, ${title}`, costs);
  const [node = [], go = []] = [...floors.values()];
  const above = [...costs].map(([name, all], index) => [name, less(all, index < 2 ? node : go)] as const);
  printCosts('List of all pods, less the one small answer: what it adds to a process that runs', new Map(above));
}

/** Costs less the medians of others. */
function less(costs: readonly Cost[], others: readonly Cost[]): readonly Cost[] {
  function median(of: (cost: Cost) => number): number {
    return percentile(others.map(of), 0.5);
  }
  const [ms, cpuMs, peakKib] = [median((one) => one.ms), median((one) => one.cpuMs), median((one) => one.peakKib)];
  return costs.map((one) => ({ ms: one.ms - ms, cpuMs: one.cpuMs - cpuMs, peakKib: one.peakKib - peakKib }));
}

/** Once each: making the changes takes the server most of a minute. */
async function watches(cluster: PlaygroundCluster, { pods }: typeof FULL): Promise<void> {
  let turn = 0;
  const subjects = [ours(cluster, 'watch', 'Drydock, watch'), kubectl(cluster, `get pods -n ${NAMESPACE} -w -o name`)];
  const costs = await inTurns(subjects, 1, async (subject) => {
    turn += 1;
    return await whileChanging(subject, pods, async () => await changePods(cluster.api, pods, String(turn)));
  });
  printCosts(`Watch of ${pods} changes, from the first change until the last is seen; memory with the list`, costs);
}

const Samples = z.record(z.string(), z.array(z.number()));

async function roundTrips(cluster: PlaygroundCluster, { execs, opens, requests }: typeof FULL): Promise<void> {
  const order = { kubeconfig: cluster.kubeconfig, kubectl: KUBECTL, pod: 'etcd-cp-1', execs, opens, requests };
  const running = await startProcess({
    name: 'round trips',
    command: process.execPath,
    args: [ROUND_TRIPS, JSON.stringify(order)],
  });
  const { code } = await running.ended;
  if (code !== 0) throw new Error(`the round trips failed:\n${running.output()}`);
  const samples = Samples.parse(JSON.parse(running.output().split('\n').at(-1) ?? ''));
  function sides(title: string, what: string, names: readonly [string, string]): void {
    const [mine, theirs] = [samples[`${what} ours`] ?? [], samples[`${what} kubectl`] ?? []];
    printSides(title, { name: names[0], samples: mine }, { name: names[1], samples: theirs });
  }
  sides('exec of `etcdctl version` in an etcd pod', 'exec', [
    'Drydock, in a running process',
    'kubectl exec, a process each',
  ]);
  const alone = percentile(samples['kubectl alone'] ?? [], 0.5).toFixed(2);
  console.log(`kubectl get --raw=/version, a process each: ${alone} ms (p50)`);
  sides('Opening a port-forward, and one request through it', 'open', [
    'Drydock, in a running process',
    'kubectl port-forward, a process each',
  ]);
  const kept = ['Drydock', 'kubectl port-forward'] as const;
  sides('A request through an open port-forward, each on a new connection', 'connection', kept);
  sides('A request through an open port-forward, all on one connection', 'kept', kept);
}

/**
 * Drydock's Kubernetes adapter beside kubectl on the same API server, that of the playground, which runs in this process on a real
 * etcd ring: list and watch of 5,000 pods (time, processor time and peak memory of the client), exec and port-forward.
 */
export async function benchKubernetes({ short }: BenchOptions): Promise<void> {
  if (!existsSync(KUBECTL))
    throw new Error('There is no kubectl yet: run `node scripts/set-up.mjs --for-tests` first.');
  const load = short ? SHORT : FULL;
  const cluster = await startCluster();
  try {
    await roundTrips(cluster, load);
    await createPods(cluster.api, load.pods);
    console.log(`\n${load.pods} pods of ${await bytesOfPod(cluster.api)} bytes (JSON) are in the cluster.`);
    await lists(cluster, load.rounds);
    await watches(cluster, load);
  } finally {
    await cluster.stop();
  }
}
