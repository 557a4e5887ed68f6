import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { joinByHand } from '../../playground/join-by-hand.ts';
import { installAccount } from '../../playground/kubernetes/cluster/installed-account.ts';
import { type PlaygroundCluster, startCluster } from '../../playground/kubernetes/cluster.ts';
import { membersOfCluster } from '../../playground/platform-of-cluster.ts';
import { blockedBy, caseOf, QUICK, type Replacements, startReplacements } from '../support/replacements.ts';

/** Faults and replacements on kubeadm, with the rights of the shipped roles, while somebody writes all the time. */
let cluster: PlaygroundCluster;
let prod: Replacements;
const refused: string[] = [];
const LONG = 420_000;

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
  cluster = await startCluster({
    pace: 0.1,
    backOff: { first: 1000, longest: 2000 },
    onRefused: (user, what) => void refused.push(`${user.name}: ${what.verb} ${what.resource} ${what.path}`),
  });
  const account = await installAccount(cluster, ROLES);
  const { tls, programs } = cluster.etcd;
  prod = await startReplacements(
    {
      name: 'prod',
      members: () => membersOfCluster(cluster),
      tls,
      entry: {
        platform: 'kubeadm',
        ...account,
        etcd: { access: 'tunnel', tls, ...QUICK },
        nodeShell: { image: 'busybox:1.37' },
      },
      work: async () => await joinByHand(cluster),
      hint: '',
      stop: async () => await cluster.stop(),
    },
    {
      etcdctl: programs.programs['etcdctl'] ?? 'etcdctl',
      people: { workOutside: async () => void (await joinByHand(cluster)), withinMs: 300_000 },
    },
  );
}, LONG);

afterAll(() => prod.stop());

test(
  'the kubelet alone is silent: its member votes on, and is nothing to replace',
  async () => {
    const { run } = await prod.whileFaulty('stop-kubelet', 'cp-3', 'unreachable for us, but voting');

    expect(run.ended).toMatchObject({ outcome: 'blocked' });
    expect(blockedBy(run)).toEqual(['case']);
  },
  LONG,
);

test.each([
  ['corrupt', 'other data than the others', 'kubeadm-place'],
  ['stop-machine', 'node not ready', 'kubeadm-host'],
  ['fill-disk', 'disk full', 'kubeadm-host'],
] as const)(
  '%s is told as %s, and planned for',
  async (fault, told, as) => {
    const { run } = await prod.whileFaulty(fault, 'cp-2', told);

    expect(caseOf(run)).toBe(as);
  },
  LONG,
);

test(
  'crash-loop: told by pod and log, and replaced on its node, manifest and certificates as they were, its data kept',
  async () => {
    const words = /pod etcd-cp-2: .*restart.*its own files are damaged/;
    await prod.fault('crash-loop', 'cp-2', 'crash-looping', words);

    const run = await prod.replace('cp-2');

    await prod.expectWhole(run, ['cp-1', 'cp-2', 'cp-3']);
    expect(existsSync(join(prod.member('cp-2').dataDirectory, `old-${run.id}/snap/db`))).toBe(true);
    expect(refused).toEqual([]);
  },
  LONG,
);

test(
  'not-ready: a person joins another machine, the run goes on by itself',
  async () => {
    await prod.fault('not-ready', 'cp-3', 'node not ready');
    expect(prod.member('cp-3').pid()).toBeUndefined();
    expect(cluster.node('cp-3').runs('kube-scheduler')).toBe(true);

    const run = await prod.replace('cp-3');

    await prod.expectWhole(run, ['cp-1', 'cp-2', 'cp-4']);
    expect(refused).toEqual([]);
  },
  LONG,
);
