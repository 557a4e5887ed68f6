import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type OcpPlayground, startOcp } from '../../../../playground/openshift/start.ts';
import { waitFor } from '../../../../playground/waiting.ts';
import { byHand, editedMachine } from '../../../support/openshift/by-hand.ts';

let ocp: OcpPlayground;
let hand: ReturnType<typeof byHand>;

beforeAll(async () => {
  ocp = await startOcp({ pace: 0.1, backOff: { first: 1_000, longest: 2_000 } });
  hand = byHand(ocp);
}, 120_000);
afterAll(() => ocp.stop());

const PATIENCE = { timeoutMs: 180_000, everyMs: 500 };
const LONG = 400_000;
const GUARD_OFF = '{"spec":{"unsupportedConfigOverrides":{"useUnsupportedUnsafeNonHANonProductionUnstableEtcd":true}}}';
const GUARD_ON = '{"spec":{"unsupportedConfigOverrides":null}}';

function startedVoters(lines: Awaited<ReturnType<typeof hand.members>>): readonly string[] {
  return lines
    .filter(({ status, isLearner }) => status === 'started' && !isLearner)
    .map(({ name }) => name)
    .toSorted();
}

async function nodeSecrets(node: string): Promise<readonly string[]> {
  const names = await hand.oc('get', 'secrets', '-n', 'openshift-etcd', '-o', 'name');
  return names
    .split('\n')
    .map((line) => line.replace('secret/', ''))
    .filter((name) => name.endsWith(`-${node}`));
}

async function deleteSecrets(node: string): Promise<void> {
  for (const kind of ['peer', 'serving', 'serving-metrics']) {
    await hand.oc('delete', 'secret', '-n', 'openshift-etcd', `etcd-${kind}-${node}`);
  }
}

function phaseOf(machine: string): Promise<string> {
  return hand.oc('get', 'machine', machine, '-n', 'openshift-machine-api', '-o', 'jsonpath={.status.phase}');
}

async function threeVoters(through: string, names: readonly string[]): Promise<void> {
  await waitFor(
    `the voters ${names.join(', ')}`,
    async () => {
      const lines = await hand.members(through).catch(() => []);
      return lines.length === names.length && startedVoters(lines).join() === names.join();
    },
    PATIENCE,
  );
  await ocp.settled(PATIENCE.timeoutMs);
}

test(
  'a member whose machine does not run is replaced as the document says it',
  async () => {
    await ocp.powerOff('cp-2');
    const state = 'jsonpath={.items[*].status.providerStatus.instanceState}';
    await waitFor('the machine to be stopped', async () => {
      const states = await hand.oc('get', 'machines', '-n', 'openshift-machine-api', '-o', state);
      return states.includes('stopped');
    });

    // Remove the member through a pod that is not on the node.
    const sick = await waitFor('the list', async () =>
      (await hand.members('cp-1').catch(() => [])).find(({ name }) => name === 'cp-2'),
    );
    await waitFor('etcd to let it go', async () => {
      const said = await hand.etcdctl('cp-1', 'member', 'remove', sick.id).catch(() => '');
      return said.includes('removed from cluster');
    });
    expect((await hand.members('cp-1')).map(({ name }) => name).toSorted()).toEqual(['cp-1', 'cp-3']);

    // Without the guard off the operator would change nothing at two of two.
    await hand.oc('patch', 'etcd/cluster', '--type=merge', '-p', GUARD_OFF);
    await hand.oc('delete', 'node', 'cp-2');
    expect(await nodeSecrets('cp-2')).toHaveLength(3);
    await deleteSecrets('cp-2');

    // Delete the machine, and create another one.
    const old = 'ocp-x7k2p-master-1';
    const saved = await hand.oc('get', 'machine', old, '-n', 'openshift-machine-api', '-o', 'json');
    await hand.oc('delete', 'machine', old, '-n', 'openshift-machine-api', '--wait=true', '--timeout=120s');
    const next = editedMachine(saved, 'ocp-x7k2p-master-3');
    const made = await ocp.cluster.api.request({
      method: 'POST',
      path: '/apis/machine.openshift.io/v1beta1/namespaces/openshift-machine-api/machines',
      body: next,
    });
    expect(made.status).toBe(201);
    await waitFor('Provisioning', async () => (await phaseOf('ocp-x7k2p-master-3')) === 'Provisioning', PATIENCE);
    await waitFor('Running', async () => (await phaseOf('ocp-x7k2p-master-3')) === 'Running', PATIENCE);

    await threeVoters('cp-1', ['cp-1', 'cp-3', 'cp-4']);
    await hand.oc('patch', 'etcd/cluster', '--type=merge', '-p', GUARD_ON);
    const health = await hand.etcdctl('cp-1', 'endpoint', 'health', '--cluster');
    expect(health.match(/is healthy/g)).toHaveLength(3);
    expect(await nodeSecrets('cp-2')).toEqual([]);
    expect(await nodeSecrets('cp-4')).toHaveLength(3);
  },
  LONG,
);

test(
  'a member whose pod crashes again and again is replaced as the document says it',
  async () => {
    const node = ocp.cluster.node('cp-3');
    // Stop the pod, and put manifest and data aside.
    await hand.onNode(
      'cp-3',
      'mkdir -p /var/lib/etcd-backup',
      'mv /etc/kubernetes/manifests/etcd-pod.yaml /var/lib/etcd-backup/',
    );
    await waitFor('etcd to have ended', () => node.etcd.pid() === undefined, PATIENCE);
    const running = await hand.onNode('cp-3', 'crictl ps --name "^(etcd|kube-scheduler)$" -o json');
    expect(running).toContain('"name": "kube-scheduler"');
    expect(running).not.toContain('"name": "etcd"');
    await hand.onNode('cp-3', 'mkdir -p /var/lib/etcd-old && mv /var/lib/etcd/* /var/lib/etcd-old/');
    expect(await readdir(join(node.root, 'var/lib/etcd-old'))).toContain('member');

    const sick = await waitFor('the list', async () =>
      (await hand.members('cp-1').catch(() => [])).find(({ name }) => name === 'cp-3'),
    );
    await waitFor('etcd to let it go', async () => {
      const said = await hand.etcdctl('cp-1', 'member', 'remove', sick.id).catch(() => '');
      return said.includes('removed from cluster');
    });
    await hand.oc('patch', 'etcd/cluster', '--type=merge', '-p', GUARD_OFF);
    await deleteSecrets('cp-3');
    const reason = `{"spec":{"forceRedeploymentReason":"single-master-recovery-${Date.now()}"}}`;
    await hand.oc('patch', 'etcd', 'cluster', '-p', reason, '--type=merge');

    await threeVoters('cp-1', ['cp-1', 'cp-3', 'cp-4']);
    await hand.oc('patch', 'etcd/cluster', '--type=merge', '-p', GUARD_ON);
    const health = await hand.etcdctl('cp-1', 'endpoint', 'health', '--cluster');
    expect(health.match(/is healthy/g)).toHaveLength(3);
    expect(existsSync(join(node.root, 'etc/kubernetes/manifests/etcd-pod.yaml'))).toBe(true);
  },
  LONG,
);
