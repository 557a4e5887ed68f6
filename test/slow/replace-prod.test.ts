import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeTemporaryDirectory, removeDirectory } from '../../playground/directories.ts';
import { throughAny } from '../../playground/etcd-membership.ts';
import { damageLog } from '../../playground/faults/wal.ts';
import { installAccount } from '../../playground/kubernetes/cluster/installed-account.ts';
import { type PlaygroundCluster, startCluster } from '../../playground/kubernetes/cluster.ts';
import { joinControlPlane } from '../../playground/kubernetes/kubeadm/join.ts';
import { membersOfCluster } from '../../playground/platform-of-cluster.ts';
import { ringOfCluster } from '../../playground/ring-of-cluster.ts';
import type { RunState } from '../../src/core/run-state.ts';
import { type RingWriter, startRingWriter, WRITER_PREFIX } from '../support/ring-writer.ts';
import { createRunbookScene, type RunbookScene } from '../support/runbook-scene.ts';

/** The whole of a replacement on kubeadm, with the rights of the shipped roles, while somebody writes all the time. */
let cluster: PlaygroundCluster;
let directory: string;
let scene: RunbookScene;
let writer: RingWriter;
const refused: string[] = [];
const LONG = 420_000;
const PATIENCE_MS = 150_000;

/** What an installer applies for replacements on kubeadm, etcd by tunnel. */
const ROLES = [
  'node-shell/namespace.yaml',
  'node-shell/role.yaml',
  'roles/etcd-backup/role.yaml',
  'roles/etcd-backup/tunnel/role.yaml',
  'roles/etcd-replace/role.yaml',
  'roles/etcd-replace/tunnel/role.yaml',
  'roles/etcd-replace/kubeadm/role.yaml',
];

beforeAll(async () => {
  directory = await makeTemporaryDirectory('replace-prod');
  cluster = await startCluster({
    pace: 0.1,
    backOff: { first: 1000, longest: 2000 },
    onRefused: (user, what) => void refused.push(`${user.name}: ${what.verb} ${what.resource} ${what.path}`),
  });
  const account = await installAccount(cluster, ROLES);
  const store = join(directory, 'store');
  await mkdir(store);
  const times = { watch: '3s', joined: '2m', caughtUp: '1m', hostBuilt: '3m' };
  scene = createRunbookScene(
    {
      platform: 'kubeadm',
      ...account,
      etcd: { access: 'tunnel', tls: cluster.etcd.tls, defrag: { sample: '500ms' }, replace: times },
      nodeShell: { image: 'busybox:1.37' },
      backups: { store: { type: 'file', path: store } },
    },
    { workOutside: async () => await joinControlPlane(cluster, cluster.addNode('cp-4')), withinMs: 300_000 },
  );
  writer = startRingWriter(ringOfCluster(cluster));
}, LONG);

afterAll(async () => {
  await writer.stop();
  await scene.close();
  await cluster.stop();
  await removeDirectory(directory);
});

async function replace(name: string): Promise<RunState> {
  const params = { target: { kind: 'member', name }, backup: null, overHealthy: false, peerUrl: null };
  return await scene.run('etcd-replace', { ...params, by: 'T0HOME/U0OPERATOR' });
}

/** What a member has must be seen for a while before anything is done: asked again until a plan says that it is. */
async function replacedInTheEnd(name: string): Promise<RunState> {
  let blocks: readonly string[] = [];
  const untilMs = Date.now() + PATIENCE_MS;
  for (;;) {
    const run = await replace(name);
    if (run.ended?.outcome !== 'blocked') return run;
    blocks = (run.plan?.checks ?? [])
      .filter(({ verdict }) => verdict === 'block')
      .map(({ id, evidence }) => `${id}: ${evidence}`);
    if (Date.now() > untilMs) throw new Error(`still blocked: ${blocks.join('; ')}`);
  }
}

async function voters(): Promise<readonly string[]> {
  return await throughAny(cluster.etcd.endpoints, cluster.etcd.tls, async (ring) =>
    (await ring.list())
      .filter(({ isLearner }) => !isLearner)
      .map(({ name }) => name)
      .toSorted(),
  );
}

function keysAt(clientUrl: string): ReadonlySet<string> {
  const { ca, cert, key } = cluster.etcd.tls;
  const access = [`--endpoints=${clientUrl}`, `--cacert=${ca}`, `--cert=${cert}`, `--key=${key}`];
  const output = execFileSync(
    cluster.etcd.programs.programs['etcdctl'] ?? 'etcdctl',
    [...access, 'get', '--prefix', '--keys-only', WRITER_PREFIX],
    {
      encoding: 'utf8',
      maxBuffer: 64 << 20,
      env: { PATH: process.env['PATH'], ETCDCTL_API: '3' },
    },
  );
  return new Set(output.split('\n').filter((line) => line !== ''));
}

/** Every acknowledged key is in each member itself. */
function nothingIsLost(): void {
  const acknowledged = [...writer.acknowledged];
  expect(acknowledged.length).toBeGreaterThan(50);
  for (const { clientUrl } of membersOfCluster(cluster).filter((each) => each.pid() !== undefined)) {
    const kept = keysAt(clientUrl);
    expect(acknowledged.filter((key) => !kept.has(key))).toEqual([]);
  }
}

test(
  'crash-looping: replaced on its node, manifest and certificates as they were, its data kept',
  async () => {
    const [, member] = membersOfCluster(cluster);
    if (member === undefined) throw new Error('there is no second member');
    await member.hold();
    await damageLog(member.dataDirectory);
    await member.release();

    const run = await replacedInTheEnd('cp-2');

    expect(run.ended).toMatchObject({ outcome: 'succeeded' });
    expect(await voters()).toEqual(['cp-1', 'cp-2', 'cp-3']);
    expect(existsSync(join(member.dataDirectory, `old-${run.id}/snap/db`))).toBe(true);
    nothingIsLost();
    expect(refused).toEqual([]);
  },
  LONG,
);

test(
  'its machine is off: a person joins another one, the run goes on by itself',
  async () => {
    await cluster.node('cp-3').powerOff();

    const run = await replacedInTheEnd('cp-3');

    expect(run.ended).toMatchObject({ outcome: 'succeeded' });
    expect(await voters()).toEqual(['cp-1', 'cp-2', 'cp-4']);
    nothingIsLost();
    expect(refused).toEqual([]);
  },
  LONG,
);
