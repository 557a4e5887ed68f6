import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { PlaygroundCluster } from '../../playground/kubernetes/cluster.ts';
import type { BackOffRules } from '../../playground/kubernetes/node/back-off.ts';
import { waitFor } from '../../playground/waiting.ts';
import { clusterBreaks } from './cluster-breaks.ts';
import { nextFollower, runToFirstPause, turnsSeen } from './e2e-faults.ts';
import { type EndedRun, explainFailures, type Scene, startScene, textOf } from './e2e-scene.ts';

const LEASES = '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases?labelSelector=drydock.dev/run';

/** The account of the worker, with the shipped roles. */
const WORKER = 'system:serviceaccount:drydock:drydock-worker';

/** A kubeadm cluster with Drydock at work on it. */
export interface ClusterScene {
  readonly scene: () => Scene;
  readonly cluster: () => PlaygroundCluster;
  /** Notes of runs that the cluster remembers. */
  readonly remembered: () => Promise<string>;
  /** Waits for the end of a run and expects that nothing is left of it. */
  readonly noTraces: (run: string) => Promise<EndedRun>;
}

/** What a suite wants of its cluster; all optional. */
interface ClusterWish {
  /** Quota of the members, bytes. */
  readonly quotaBytes?: number;
  /** `false`: the members stay as they are. Default: they are fragmented before each test that needs it. */
  readonly fill?: false;
  /** Between two looks at the ring, for instance `500ms`; a run waits 24 times as long for a ring that does not answer. */
  readonly sample?: string;
  /** How long kubelets wait before they start again what was killed twice; default: as long as a kubelet. */
  readonly backOff?: BackOffRules;
}

/** One scene for all tests of a suite: members that had a turn are fragmented again before the next one, everything is healthy after each. */
export function useCluster(access: 'exec' | 'tunnel', { fill, sample, ...wish }: ClusterWish = {}): ClusterScene {
  let started: { readonly scene: Scene; readonly cluster: PlaygroundCluster } | null = null;
  const refused: string[] = [];
  function parts() {
    if (started === null) throw new Error('the scene is not started');
    return started;
  }
  explainFailures(() => parts().scene);
  beforeAll(async () => {
    const scene = await startScene({
      name: `cluster by ${access}`,
      prod: 'cluster',
      clusters: ['prod'],
      access,
      ...(fill === undefined ? {} : { fill }),
      ...(sample === undefined ? {} : { configuration: { sample } }),
      cluster: {
        ...wish,
        onRefused: ({ name }, { verb, resource, subresource, namespace }) => {
          if (name === WORKER) refused.push(`${verb} ${resource}/${subresource} in ${namespace}`);
        },
      },
    });
    if (scene.cluster === null) throw new Error('no cluster');
    started = { scene, cluster: scene.cluster };
  }, 180_000);
  afterAll(async () => {
    await started?.scene.stop();
    // Also what a runbook only tries, and goes on without: the shipped roles grant all that these suites used, faults included.
    if (refused.length > 0) throw new Error(`the shipped roles lack: ${[...new Set(refused)].join('; ')}`);
  });
  beforeEach(async () => {
    const { scene } = parts();
    if (fill !== false && scene.turns.begun().length > 0) await scene.refill();
  });
  afterEach(async () => {
    const { scene, cluster } = parts();
    for (const member of scene.ring.members) member.resume();
    if (!cluster.apiServer.running()) await cluster.apiServer.up();
    await cluster.waitReady(120_000);
  });
  async function remembered(): Promise<string> {
    const { body } = await parts().cluster.api.request({ method: 'GET', path: LEASES });
    return JSON.stringify(body);
  }
  async function noTraces(run: string): Promise<EndedRun> {
    const { scene } = parts();
    const end = await scene.ended(run, 200_000);
    expect(await scene.runs.locks()).toEqual([]);
    await waitFor('the cluster to have forgotten the run', async () => !(await remembered()).includes(run));
    expect(new Set(scene.turns.begun()).size).toBe(scene.turns.begun().length);
    return end;
  }
  return { scene: () => parts().scene, cluster: () => parts().cluster, remembered, noTraces };
}

/** Two runs and what they wait for, on a busy machine. */
const LONG_MS = 240_000;

const MEMBERS = ['cp-1', 'cp-2', 'cp-3'];

/** The main job on a kubeadm cluster whose etcd runs in static pods, as people see it, and what goes wrong in the middle of it. */
export function clusterSuite(access: 'exec' | 'tunnel'): void {
  describe(`a kubeadm cluster, etcd by ${access}`, { timeout: LONG_MS }, () => {
    const parts = useCluster(access, { sample: '500ms', backOff: { first: 500, longest: 500 } });
    const { scene, remembered, noTraces } = parts;

    test('status tells nodes, control plane and ring', async () => {
      const run = await scene().ask('/kube status prod');
      const { card, state } = await scene().ended(run);

      expect(state.ended).toMatchObject({ outcome: 'succeeded' });
      expect(textOf(card)).toContain('3 of 3 nodes are ready, Kubernetes v1.36.2. 3 of 3 members are healthy');
    });

    test('defrag rewrites every member once, the leader last, and the cluster remembers each call while it lasts', async () => {
      const leader = (await scene().ring.leader()).name;
      const run = await scene().ask('/kube defrag prod');
      await scene().approve(run);
      await scene().until('the first turn', run, (state) => state.acts.length > 0);
      await waitFor('the note of the call', async () => (await remembered()).includes(`drydock/${run}`));
      const { state } = await noTraces(run);

      expect(state.ended).toMatchObject({ outcome: 'succeeded', reason: 'done' });
      expect(scene().turns.begun().toSorted()).toEqual(MEMBERS);
      expect(scene().turns.begun().at(-1)).toBe(leader);
    });

    clusterFaults(parts);
    clusterBreaks(access, parts);
  });
}

/** What goes away between two turns or in one. */
function clusterFaults({ scene, cluster, noTraces, remembered }: ClusterScene): void {
  const undoing: (() => Promise<void>)[] = [];
  // Runs before the hook of the suite that waits until everything is healthy.
  afterEach(async () => {
    for (const undo of undoing.splice(0)) await undo();
  });

  /** Kills the next follower while the run pauses. Its kubelet is held back; answers what lets it go. */
  async function killNext(run: string): Promise<{ readonly victim: string; readonly startKubelet: () => void }> {
    const victim = await nextFollower(scene());
    const node = cluster().node(victim);
    await node.stopKubelet();
    undoing.push(async () => {
      node.startKubelet();
      await waitFor(`${victim} to be healthy`, async () => await node.etcd.healthy(), { timeoutMs: 120_000 });
    });
    await node.etcd.kill();
    await scene().until('the run to wait', run, ({ scratch }) => isWaitingFor(victim, scratch?.note));
    return { victim, startKubelet: () => node.startKubelet() };
  }

  test('an etcd process killed between two turns, and then the API server away for a moment, are waited for, and every member has its one turn', async () => {
    const run = await runToFirstPause(scene());
    const { startKubelet } = await killNext(run);
    startKubelet();
    await scene().until('the second turn to be over', run, (state) => turnsSeen(state) === 2, LONG_MS);
    await cluster().apiServer.down();
    await scene().until('the run to wait', run, ({ scratch }) => scratch?.note.startsWith(WAITING) ?? false);
    await cluster().apiServer.up();
    const { state } = await noTraces(run);

    expect(state.ended).toMatchObject({ outcome: 'succeeded', reason: 'done' });
    expect(scene().turns.begun().toSorted()).toEqual(MEMBERS);
  });

  test('an etcd process killed between two turns that stays away: nobody else is touched', async () => {
    const run = await runToFirstPause(scene());
    const [first = ''] = scene().turns.begun();
    const { victim } = await killNext(run);
    const { state, card } = await noTraces(run);

    expect(state.ended).toMatchObject({ outcome: 'failed', reason: 'member-unhealthy' });
    expect(state.ended.note).toContain(victim);
    expect(textOf(card)).toContain(`Left as it was: ${othersThan(first)}.`);
    expect(scene().turns.begun()).toEqual([first]);
  });

  async function seesRing(): Promise<boolean> {
    const { card } = await scene().ended(await scene().ask('/kube status prod'));
    return textOf(card).includes('3 of 3 members are healthy');
  }

  /** The API server comes back, and Drydock sees it. */
  async function apiServerBack(): Promise<void> {
    await cluster().apiServer.up();
    await cluster().waitReady(120_000);
    // By tunnel, a way that failed is not tried again for 10 s.
    await waitFor('Drydock to see the ring again', seesRing, { timeoutMs: 60_000, everyMs: 1000 });
  }

  /** The API server goes away between two turns, for good. Answers the stopped run. */
  async function awayBetweenTurns(): Promise<string> {
    const run = await runToFirstPause(scene());
    await cluster().apiServer.down();
    const [first = ''] = scene().turns.begun();
    const { state, card } = await scene().ended(run, 120_000);

    expect(state.ended).toMatchObject({ outcome: 'failed', reason: 'quorum-at-risk' });
    expect(state.ended.note).toMatch(/^The ring does not answer: .* refuses connections; nothing was sent\./);
    expect(textOf(card)).toContain('No further member was touched.');
    expect(textOf(card)).toContain(state.ended.note);
    expect(textOf(card)).toContain(`In the unfinished one: defragment of ${first} done.`);
    expect(textOf(card)).toContain(`Left as it was: ${othersThan(first)}.`);
    expect(textOf(card)).toContain('Its locks are free again.');
    expect(scene().turns.begun()).toEqual([first]);
    expect(await scene().runs.locks()).toEqual([]);
    return run;
  }

  /** The API server goes away in the middle of the next turn, for good. Answers the stopped run. */
  async function awayInTurn(): Promise<string> {
    const [first = ''] = scene().turns.begun();
    const run = await scene().ask('/kube defrag prod --pause 2s');
    const away = Promise.withResolvers<void>();
    const begun = scene().turns.atNext(() => {
      void cluster().apiServer.down().then(away.resolve, away.reject);
    });
    await scene().approve(run);
    const second = await begun;
    await away.promise;
    const { state, card } = await scene().ended(run, 120_000);

    expect(state.ended).toMatchObject({ outcome: 'needs-a-person', reason: 'member-silent' });
    expect(state.ended.note).toMatch(
      new RegExp(`^${second} did not answer for .* refuses connections; nothing was sent\\.`),
    );
    expect(state.acts).toMatchObject([{ item: second, action: 'defragment', observed: { result: 'unknown' } }]);
    expect(textOf(card)).toContain(state.ended.note);
    expect(textOf(card)).toContain(`Left as it was: ${othersThan(first, second)}.`);
    expect(textOf(card)).toContain('Its locks are free again.');
    expect(scene().turns.begun()).toEqual([first, second]);
    expect(await scene().runs.locks()).toEqual([]);
    return run;
  }

  test(
    'the API server away for good between two turns, then in one: nobody else is touched, a person is told which member to look at, and the next run does the rest',
    async () => {
      const stopped = await awayBetweenTurns();
      await apiServerBack();
      const doubtful = await awayInTurn();
      await apiServerBack();
      const last = await scene().ask('/kube defrag prod --pause 0s');
      await scene().approve(last);
      const { state } = await noTraces(last);

      expect(state.ended).toMatchObject({ outcome: 'succeeded', reason: 'done' });
      expect(scene().turns.begun().toSorted()).toEqual(MEMBERS);
      // A run that could not remove its note leaves it to the next one.
      for (const run of [stopped, doubtful]) expect(await remembered()).not.toContain(run);
    },
    2 * LONG_MS,
  );
}

const WAITING = 'Waiting, the ring is not healthy: The ring does not answer: ';

function isWaitingFor(member: string, note = ''): boolean {
  return note.startsWith('Waiting') && note.includes(member);
}

function othersThan(...members: readonly string[]): string {
  return MEMBERS.filter((name) => !members.includes(name)).join(', ');
}
