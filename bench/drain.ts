import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type PlaygroundCluster, startCluster } from '../playground/kubernetes/cluster.ts';
import { createRunbookScene } from '../test/support/runbook-scene.ts';
import { install, type Load, leftBehind, OLD, oldNodes, putBack } from './drain/apps.ts';
import { type Drained, inParallel, inSeries } from './drain/kubectl.ts';
import { byRun, type DrainedByRun } from './drain/ours.ts';
import { type BenchOptions, percentile } from './figures.ts';

const FULL = { load: { nodes: 20, takers: 10, apps: 10, podsPerApp: 50 }, rounds: 1 } as const;
const SHORT = { load: { nodes: 4, takers: 2, apps: 2, podsPerApp: 10 }, rounds: 1 } as const;
/** Nodes at once, for Drydock and for kubectl in parallel. */
const AT_ONCE = 5;
const RUN_MS = 1_200_000;
const KUBECTL = fileURLToPath(new URL('../node_modules/.cache/drydock/kubectl-1.32/usr/bin/kubectl', import.meta.url));
const LABEL = `${OLD.key}=${OLD.value}`;

interface Results {
  readonly series: Drained[];
  readonly parallel: Drained[];
  readonly ours: DrainedByRun[];
}

async function round(cluster: PlaygroundCluster, load: Load, results: Results): Promise<void> {
  const nodes = oldNodes(load);
  const ways = [
    async () => void results.ours.push(await oneRun(cluster, nodes)),
    async () =>
      void results.parallel.push(await inParallel(KUBECTL, cluster, { label: LABEL, nodes, atOnce: AT_ONCE })),
    async () => void results.series.push(await inSeries(KUBECTL, cluster, LABEL)),
  ];
  for (const way of ways) {
    await putBack(cluster.api, load);
    await way();
    const left = await leftBehind(cluster.api, load);
    if (left > 0) throw new Error(`${left} pods are left on nodes that were drained`);
  }
}

async function oneRun({ name, kubeconfig }: PlaygroundCluster, nodes: readonly string[]): Promise<DrainedByRun> {
  const entry = { platform: 'kubeadm', kubeconfig, context: `${name}-admin` };
  const scene = createRunbookScene(entry, { withinMs: RUN_MS });
  try {
    return await byRun(scene, nodes, AT_ONCE);
  } finally {
    await scene.close();
  }
}

function print({ series, parallel, ours }: Results, load: Load): void {
  const pods = load.apps * load.podsPerApp;
  console.log(
    `\n${load.nodes} nodes, ${pods} pods in ${load.apps} Deployments, a budget of 10 % each (medians of ${ours.length})`,
  );
  console.log(
    `${' '.repeat(48)}${['s', 'requests', 'evictions', 'refused'].map((name) => name.padStart(12)).join('')}`,
  );
  const rows = [
    ['Drydock, its steps that cordon and drain', ours],
    [`kubectl drain, ${AT_ONCE} processes at once, cordoned first`, parallel],
    ['kubectl drain by label, one process', series],
  ] as const;
  for (const [name, all] of rows)
    console.log(
      name.padEnd(48) +
        figures(all)
          .map((text) => text.padStart(12))
          .join(''),
    );
  const whole = percentile(
    ours.map(({ wholeMs }) => wholeMs / 1_000),
    0.5,
  ).toFixed(1);
  const requests = percentile(
    ours.map(({ wholeRequests }) => wholeRequests),
    0.5,
  );
  console.log(`Drydock, the whole run with plan, dry runs and last look: ${whole} s, ${requests} requests`);
  for (const [name, all] of rows.slice(1)) {
    const time = median(ours, ({ ms }) => ms) / median(all, ({ ms }) => ms);
    const sent = median(ours, (one) => one.requests) / median(all, (one) => one.requests);
    console.log(`  ratio to ${name}: time ${time.toFixed(2)} x, requests ${sent.toFixed(2)} x`);
  }
}

function figures(all: readonly Drained[]): readonly string[] {
  return [
    (median(all, ({ ms }) => ms) / 1_000).toFixed(1),
    ...[(one: Drained) => one.requests, (one: Drained) => one.evictions, (one: Drained) => one.refused].map((of) => {
      return String(median(all, of));
    }),
  ];
}

function median(all: readonly Drained[], of: (one: Drained) => number): number {
  return percentile(all.map(of), 0.5);
}

/**
 * Drains the same nodes of the playground's API server by Drydock, by `kubectl drain` in series and by five of it at once: wall time, requests
 * and evictions that budgets refused. Servers, kubelets and Drydock share this process, kubectl is one of its own.
 */
export async function benchDrain({ short }: BenchOptions): Promise<void> {
  if (!existsSync(KUBECTL))
    throw new Error('There is no kubectl yet: run `node scripts/set-up.mjs --for-tests` first.');
  const { load, rounds } = short ? SHORT : FULL;
  const cluster = await startCluster({ controlPlanes: 1, workers: load.nodes + load.takers });
  const results: Results = { series: [], parallel: [], ours: [] };
  try {
    await install(cluster.api, load);
    for (let index = 0; index < rounds; index += 1) await round(cluster, load, results);
  } finally {
    await cluster.stop();
  }
  print(results, load);
}
