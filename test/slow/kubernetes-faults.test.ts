import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import type { PlaygroundCluster } from '../../playground/kubernetes/cluster.ts';
import { waitFor } from '../../playground/waiting.ts';
import {
  BROKEN_KUBECONFIGS,
  makeAccount,
  makeTokenPlugin,
  replaceAccount,
  rewriteKubeconfig,
  takeRights,
  tokenOf,
  withUser,
} from '../support/cluster-rights.ts';
import { callsLeft, LEASES, leasesLeft, makeForeignLease, wordsOf } from '../support/cluster-traces.ts';
import { runToFirstPause } from '../support/e2e-faults.ts';
import { type EndedRun, explainFailures, type Scene, startScene, textOf } from '../support/e2e-scene.ts';
import { type HangingEtcdctl, makeHangingEtcdctl } from '../support/hanging-etcdctl.ts';

vi.setConfig({ testTimeout: 240_000 });

let scene: Scene;
let cluster: PlaygroundCluster;
let etcdctl: HangingEtcdctl;
/** What puts the cluster back, last first. */
const undoing: (() => Promise<unknown>)[] = [];

explainFailures(() => scene);

beforeAll(async () => {
  etcdctl = await makeHangingEtcdctl();
  scene = await startScene({
    name: 'faults of Kubernetes',
    prod: 'cluster',
    clusters: ['prod'],
    access: 'exec',
    // A ring that does not answer is waited for 24 times as long: 12 s, for busy machines.
    configuration: { sample: '500ms' },
    cluster: { etcd: etcdctl.etcd },
  });
  if (scene.cluster === null) throw new Error('no cluster');
  ({ cluster } = scene);
}, 180_000);

afterAll(async () => {
  await scene.stop();
  await etcdctl.remove();
});

beforeEach(async () => {
  if (scene.turns.begun().length > 0) await scene.refill();
});

afterEach(async () => {
  await etcdctl.release();
  for (const undo of undoing.splice(0).toReversed()) await undo();
  await cluster.waitReady(120_000);
});

/** The end of a run that left no lock and no program, and gave nobody two turns. */
async function settledEndOf(run: string): Promise<EndedRun> {
  const end = await scene.ended(run, 200_000);
  expect(await scene.runs.locks()).toEqual([]);
  await waitFor('every call of etcdctl to have ended', () => callsLeft(cluster).length === 0);
  expect(new Set(scene.turns.begun()).size).toBe(scene.turns.begun().length);
  return end;
}

/** As {@link settledEndOf}, of a run that left no Lease either. */
async function endOf(run: string): Promise<EndedRun> {
  const end = await settledEndOf(run);
  await waitFor('the Lease of the run to be gone', async () => !(await leasesLeft(cluster)).includes(run));
  return end;
}

/**
 * Restarts the worker with another kubeconfig. The file is as it was at the end of the test, and the worker goes on with what it read: the
 * tests with kubeconfigs of their own are the last of this file.
 */
async function withKubeconfig(change: Parameters<typeof rewriteKubeconfig>[1]): Promise<void> {
  undoing.push(await rewriteKubeconfig(cluster, change));
  await scene.worker.stop(5000);
  await scene.worker.start();
}

/** Takes verbs on a resource away from the shipped roles until the end of the test. */
async function withoutRights(resource: string, verbs: readonly string[]): Promise<void> {
  undoing.push(await takeRights(cluster, resource, verbs));
}

async function defrag(): Promise<string> {
  const run = await scene.ask('/kube defrag prod --pause 1s');
  await scene.approve(run);
  return run;
}

test('an exec that hangs while the plan is made: nothing is planned, and the card names what hung', async () => {
  await etcdctl.hang('endpoint status');
  const run = await scene.ask('/kube defrag prod');
  await scene.until('the plan to be refused', run, (state) => state.ended !== null, 200_000);
  await etcdctl.release();
  const end = await endOf(run);

  expect(end.state.ended).toMatchObject({ outcome: 'blocked' });
  expect(wordsOf(end)).toMatch(/etcd-cp-\d/);
});

test('an exec that hangs in the middle of a turn until the API server goes away: it is not repeated', async () => {
  await etcdctl.hang('defrag');
  const run = await defrag();
  await waitFor('the call to hang', () => callsLeft(cluster).some((words) => words.includes(' defrag')));
  await cluster.apiServer.down();
  await cluster.apiServer.up();
  const { state } = await scene.ended(run, 200_000);
  expect(callsLeft(cluster)).toHaveLength(1);
  await etcdctl.release();
  const end = await endOf(run);

  expect(scene.turns.begun()).toEqual([]);
  expect(state.acts).toHaveLength(1);
  expect(wordsOf(end)).toContain('the program may still be running');
});

test('an etcd process killed during its turn, and started again at once: a person is told, because the call may still begin', async () => {
  const killed = scene.turns.atNext((member) => void scene.ring.member(member).kill());
  const run = await defrag();
  const victim = await killed;
  const end = await endOf(run);

  expect(scene.turns.begun()).toEqual([victim]);
  // An unchanged file tells nothing by itself where the member's work cannot be seen: the run waits 8 s here, which is too short. Whether
  // the member is back by then is a matter of the machine.
  expect(end.state.ended).toMatchObject({ outcome: 'needs-a-person' });
  expect(['outcome-unknown', 'member-silent']).toContain(end.state.ended?.reason);
  expect(wordsOf(end)).toMatch(new RegExp(`${victim} (?:answers, but after|did not answer for) `));
  expect(wordsOf(end)).toContain('the connection to etcd broke before it answered');
});

test('an etcd process killed during its turn that stays away: a person is told which member to look at', async () => {
  const killed = Promise.withResolvers<void>();
  const begun = scene.turns.atNext((member) => void killForGood(member).then(killed.resolve, killed.reject));
  const run = await defrag();
  const victim = await begun;
  await killed.promise;
  const end = await endOf(run);

  expect(scene.turns.begun()).toEqual([victim]);
  expect(end.state.ended).toMatchObject({ outcome: 'needs-a-person', reason: 'member-silent' });
  expect(wordsOf(end)).toContain(`${victim} did not answer for `);
});

/** Its kubelet is held back until the end of the test. */
async function killForGood(member: string): Promise<void> {
  const node = cluster.node(member);
  undoing.push(async () => {
    node.startKubelet();
    await backAgain(member);
  });
  const stopped = node.stopKubelet();
  await node.etcd.kill();
  await stopped;
}

test('a pod taken away during its turn: its member stays away, and a person is told which one', async () => {
  const taken = scene.turns.atNext((member) => void takeAway(member));
  const run = await defrag();
  const victim = await taken;
  const end = await endOf(run);

  expect(scene.turns.begun()).toEqual([victim]);
  expect(end.state.ended).toMatchObject({ outcome: 'needs-a-person', reason: 'member-silent' });
  expect(wordsOf(end)).toContain(`${victim} did not answer for `);
});

/** A kubelet waits up to 10 s before it starts a program that was killed twice. */
async function backAgain(member: string): Promise<void> {
  await waitFor(`${member} to be healthy`, async () => await cluster.node(member).etcd.healthy(), {
    timeoutMs: 120_000,
  });
}

async function takeAway(member: string): Promise<void> {
  const manifest = join(cluster.node(member).root, 'etc/kubernetes/manifests/etcd.yaml');
  const aside = join(cluster.node(member).root, 'etc/kubernetes/etcd.yaml');
  undoing.push(
    async () => await backAgain(member),
    async () => await rename(aside, manifest),
  );
  await rename(manifest, aside);
  // A kubelet on a busy machine may come to it only when the turn is over.
  await cluster.node(member).etcd.kill();
}

test('no right to pods/exec: the card names the rule that is missing', async () => {
  await withoutRights('pods/exec', ['get', 'create']);
  const end = await endOf(await scene.ask('/kube defrag prod'));

  expect(end.state.ended).toMatchObject({ outcome: 'blocked', reason: 'no-access' });
  expect(wordsOf(end)).not.toContain('did not answer');
  expect(wordsOf(end)).toMatch(
    /add `(?:get|create)` on `pods\/exec` in namespace kube-system to the role of system:serviceaccount:drydock:drydock-worker/,
  );
});

test('no right to Leases: the plan is refused before anybody approves, and the card names the rule that is missing', async () => {
  await withoutRights('leases', ['get', 'list', 'create', 'update', 'delete']);
  const end = await endOf(await scene.ask('/kube defrag prod'));

  expect(end.state.ended).toMatchObject({ outcome: 'blocked', reason: 'check-blocked' });
  expect(scene.turns.begun()).toEqual([]);
  expect(wordsOf(end)).toContain('leases');
});

test('Leases that may be read and not written: the call is not made, and the card names the rule that is missing', async () => {
  await withoutRights('leases', ['create', 'update', 'delete']);
  const end = await endOf(await defrag());

  expect(end.state.ended).toMatchObject({ outcome: 'failed', reason: 'witness-unavailable' });
  expect(scene.turns.begun()).toEqual([]);
  expect(wordsOf(end)).toContain('leases');
});

test('a Lease of a run that nobody knows: the call is not made, and the card names the Lease', async () => {
  const lease = await makeForeignLease(cluster);
  undoing.push(async () => await removeLease(lease));
  const run = await defrag();
  const end = await endOf(run);
  // What contradicts stays for the person who looks.
  expect(await leasesLeft(cluster)).toContain(lease);

  expect(end.state.ended).toMatchObject({ outcome: 'needs-a-person', reason: 'witness-contradiction' });
  expect(scene.turns.begun()).toEqual([]);
  expect(textOf(end.card)).toContain(`kubectl -n kube-system delete lease ${lease}`);
});

async function deleteMirror(member: string): Promise<void> {
  const path = `/api/v1/namespaces/kube-system/pods/etcd-${member}?gracePeriodSeconds=0`;
  await cluster.api.request({ method: 'DELETE', path });
}

test('a mirror pod deleted during its turn, then a token that is refused: etcd goes on, the plug-in is asked once more, and the run goes on', async () => {
  await makeAccount(cluster, 'renewed');
  const plugin = await makeTokenPlugin(cluster);
  await plugin.give(await tokenOf(cluster, 'renewed'));
  await withKubeconfig((file) => withUser(file, plugin.user));
  const deleted = scene.turns.atNext((member) => void deleteMirror(member));
  const run = await runToFirstPause(scene);
  await deleted;
  const before = await plugin.asked();
  // The worker may ask between the end of the old token and the gift of the new one.
  await plugin.withhold();
  await replaceAccount(cluster, 'renewed');
  await plugin.give(await tokenOf(cluster, 'renewed'));
  const end = await endOf(run);

  expect(end.state.ended).toMatchObject({ outcome: 'succeeded', reason: 'done' });
  expect(scene.turns.begun()).toHaveLength(3);
  expect((await plugin.asked()) - before).toBe(1);
});

test('a token that is refused for good: the run stops, and the card says so', async () => {
  await makeAccount(cluster, 'refused');
  const token = await tokenOf(cluster, 'refused');
  await withKubeconfig((file) => withUser(file, { token }));
  const run = await runToFirstPause(scene);
  await replaceAccount(cluster, 'refused');
  const end = await settledEndOf(run);
  await removeLease(`drydock-${run}`);

  expect(end.state.ended).toMatchObject({ outcome: 'failed', reason: 'access-refused' });
  expect(scene.turns.begun()).toHaveLength(1);
  expect(wordsOf(end)).toContain('the server does not accept the credentials');
});

async function removeLease(name: string): Promise<void> {
  await cluster.api.request({ method: 'DELETE', path: `${LEASES}/${name}` });
}

test.each(Object.entries(BROKEN_KUBECONFIGS))(
  'a kubeconfig with %s: status and plan say it',
  async (_, { change, words }) => {
    await withKubeconfig(change);
    const status = await endOf(await scene.ask('/kube status prod'));
    const plan = await endOf(await scene.ask('/kube defrag prod'));

    expect(wordsOf(status)).toMatch(words);
    expect(wordsOf(status)).not.toContain('does not answer');
    expect(plan.state.ended).toMatchObject({ outcome: 'blocked', reason: 'no-access' });
    expect(wordsOf(plan)).toMatch(words);
  },
);
