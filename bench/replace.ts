import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { makeTemporaryDirectory, removeDirectory } from '../playground/directories.ts';
import type { EtcdRing } from '../playground/etcd-ring.ts';
import { damageLog } from '../playground/faults/wal.ts';
import { HOST_FACTS } from '../playground/hosts/host.ts';
import { platformOfHosts } from '../playground/hosts/host-platform.ts';
import { type HostRing, startHostRing } from '../playground/hosts/host-ring.ts';
import { waitFor } from '../playground/waiting.ts';
import { BINARY_3_5 } from '../test/contract/etcd/real-ring.ts';
import { createRunbookScene, type RunbookScene } from '../test/support/runbook-scene.ts';
import { type BenchOptions, percentile } from './figures.ts';
import { replaceByHand } from './replace/by-hand.ts';
import { onCluster } from './replace/clusters.ts';
import { type Replacement, replaceByRun } from './replace/ours.ts';
import { type VoterWatch, watchVoters } from './replace/voters.ts';

const FULL = { rounds: 3, watch: '2m' };
const SHORT = { rounds: 1, watch: '3s' };
const NAME = 'm-2';
const RUN_MS = 900_000;

/** A bare ring whose hosts may be worked on by ssh. */
async function onBareRing({ rounds, watch }: typeof FULL): Promise<void> {
  const directory = await makeTemporaryDirectory('bench-replace');
  const ring = await startHostRing({ binary: BINARY_3_5, restartMs: 1_000 });
  const store = join(directory, 'store');
  await mkdir(store);
  const { entry } = platformOfHosts('edge', ring, { replace: { watch } });
  const scene = createRunbookScene(
    { ...entry, backups: { store: { type: 'file', path: store } } },
    { withinMs: RUN_MS },
  );
  const voters = watchVoters(ring, 3);
  try {
    const ours: Replacement[] = [];
    const byHand: ReadonlyMap<string, number>[] = [];
    for (let round = 0; round < rounds; round += 1) {
      ours.push(await oneByRun(ring, scene, voters));
      byHand.push(await oneByHand(ring, join(directory, `by-hand-${round}`)));
    }
    printRuns(`Bare ring, 3 members, a crash loop, in place by ssh; watch ${watch}`, ours);
    compare(ours, byHand);
  } finally {
    await voters.stop();
    await scene.close();
    await ring.stop();
    await removeDirectory(directory);
  }
}

/** Its log is damaged, and systemd starts it again and again. */
async function giveCrashLoop(ring: HostRing): Promise<void> {
  const host = ring.host(NAME);
  await host.service.stop();
  await damageLog(host.path(HOST_FACTS.dataDirectory));
  await host.service.start();
  const { restarts } = host.service.status();
  await waitFor('a crash loop', async () => (host.service.status().restarts > restarts + 1 ? true : undefined));
}

async function oneByRun(ring: HostRing, scene: RunbookScene, voters: VoterWatch): Promise<Replacement> {
  await giveCrashLoop(ring);
  const took = await replaceByRun(scene, NAME, voters);
  await settled(ring);
  return took;
}

async function oneByHand(ring: HostRing, snapshot: string): Promise<ReadonlyMap<string, number>> {
  await giveCrashLoop(ring);
  const took = await replaceByHand({ ring, etcdctl: `${BINARY_3_5}ctl`, name: NAME, snapshot });
  await settled(ring);
  return took;
}

async function settled(ring: EtcdRing): Promise<void> {
  await ring.waitHealthy(60_000);
}

/** Prints medians in seconds. */
function printRuns(title: string, runs: readonly Replacement[]): void {
  console.log(`\n${title} (medians of ${runs.length}, s)`);
  line('from approval to three healthy voters', median(runs.map(({ whole }) => whole)));
  line('from approval to the end of the run', median(runs.map(({ ended }) => ended)));
  for (const part of runs[0]?.parts.keys() ?? [])
    line(`  ${part}`, median(runs.map(({ parts }) => parts.get(part) ?? 0)));
}

/** Prints a person's way, and what a run takes for each second of it, with the watch and without. */
function compare(ours: readonly Replacement[], byHand: readonly ReadonlyMap<string, number>[]): void {
  console.log('\nA person with etcdctl 3.5, without a pause, a mistake or a second look (medians, s)');
  const whole = median(byHand.map(sum));
  line('from the first command to the last', whole);
  for (const part of byHand[0]?.keys() ?? []) line(`  ${part}`, median(byHand.map((parts) => parts.get(part) ?? 0)));
  const ended = median(ours.map((each) => each.ended));
  const unwatched = median(ours.map((each) => each.ended - (each.parts.get('watch') ?? 0)));
  console.log(`${'ratio, run to person'.padEnd(48)}${`${(ended / whole).toFixed(2)} x`.padStart(12)}`);
  console.log(
    `${'ratio, run without its watch to person'.padEnd(48)}${`${(unwatched / whole).toFixed(2)} x`.padStart(12)}`,
  );
}

function line(name: string, ms: number): void {
  console.log(`${name.padEnd(48)}${(ms / 1000).toFixed(2).padStart(12)}`);
}

function median(samples: readonly number[]): number {
  return percentile(samples, 0.5);
}

function sum(parts: ReadonlyMap<string, number>): number {
  return [...parts.values()].reduce((total, ms) => total + ms, 0);
}

/**
 * The time from the approval of a replacement to three healthy voters, by its parts, on real etcd: on a bare ring beside the same work
 * by etcdctl, in turns; on the playground's kubeadm and OpenShift clusters alone, where most of it is the time of stand-ins.
 */
export async function benchReplace({ short }: BenchOptions): Promise<void> {
  const load = short ? SHORT : FULL;
  await onBareRing(load);
  printRuns(`kubeadm, a crash loop, in place in a node shell; watch ${load.watch}`, [
    await onCluster('prod', load.watch, RUN_MS),
  ]);
  printRuns(`OpenShift, a crash loop, on the same node; watch ${load.watch}`, [
    await onCluster('ocp', load.watch, RUN_MS),
  ]);
}
