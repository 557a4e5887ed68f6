import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { PlaygroundCluster } from '../../playground/kubernetes/cluster.ts';
import { waitFor } from '../../playground/waiting.ts';
import { nextFollower, runToFirstPause } from './e2e-faults.ts';
import { type EndedRun, explainFailures, type Scene, startScene, textOf } from './e2e-scene.ts';

const LEASES = '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases?labelSelector=drydock.dev/run';

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
  /** `false`: the members stay as they are. Default: they are fragmented before each test. */
  readonly fill?: false;
}

/** One scene for all tests of a suite: members fragmented before each, everything healthy after each. */
export function useCluster(access: 'exec' | 'tunnel', { quotaBytes, fill }: ClusterWish = {}): ClusterScene {
  let started: { readonly scene: Scene; readonly cluster: PlaygroundCluster } | null = null;
  function parts() {
    if (started === null) throw new Error('the scene is not started');
    return started;
  }
  explainFailures(() => parts().scene);
  beforeAll(async () => {
    const scene = await startScene({
      name: `cluster by ${access}`,
      prod: 'cluster',
      access,
      ...(fill === undefined ? {} : { fill }),
      ...(quotaBytes === undefined ? {} : { cluster: { quotaBytes } }),
    });
    if (scene.cluster === null) throw new Error('no cluster');
    started = { scene, cluster: scene.cluster };
  }, 180_000);
  afterAll(async () => {
    await started?.scene.stop();
  });
  beforeEach(async () => {
    if (fill !== false) await parts().scene.refill();
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
    const end = await scene.ended(run, 120_000);
    expect(await scene.runs.locks()).toEqual([]);
    await waitFor('the cluster to have forgotten the run', async () => !(await remembered()).includes(run));
    expect(new Set(scene.turns.begun()).size).toBe(scene.turns.begun().length);
    return end;
  }
  return { scene: () => parts().scene, cluster: () => parts().cluster, remembered, noTraces };
}

/** The main job on a kubeadm cluster whose etcd runs in static pods, as people see it. */
export function clusterSuite(access: 'exec' | 'tunnel'): void {
  describe(`a kubeadm cluster, etcd by ${access}`, () => {
    const { scene, remembered, noTraces } = useCluster(access);

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
      expect(scene().turns.begun().toSorted()).toEqual(['cp-1', 'cp-2', 'cp-3']);
      expect(scene().turns.begun().at(-1)).toBe(leader);
    });
  });
}

/** What goes wrong in the middle of the main job. */
export function clusterFaultSuite(access: 'exec' | 'tunnel'): void {
  describe(`a kubeadm cluster in trouble, etcd by ${access}`, () => {
    const { scene, cluster, noTraces } = useCluster(access);

    test('an etcd process killed in the middle is brought back by its kubelet; nobody has a second turn', async () => {
      const run = await runToFirstPause(scene());
      const victim = await nextFollower(scene());
      await scene().ring.member(victim).kill();
      const { state } = await noTraces(run);

      // The kubelet is often faster than the next look. Either all goes on, or the run stops before it touches anybody else.
      expect(['done', 'member-unhealthy']).toContain(state.ended.reason);
      expect(scene().turns.begun()).toHaveLength(state.ended.reason === 'done' ? 3 : 1);
      await scene().ring.waitHealthy(120_000);
    });

    test('the API server away in the middle: nothing is done blindly, and the card says what happened', async () => {
      const run = await runToFirstPause(scene());
      await cluster().apiServer.down();
      await waitFor('the run to notice', async () => (await scene().state(run)).ended !== null, {
        timeoutMs: 60_000,
      }).catch(() => undefined);
      await cluster().apiServer.up();
      const { state, card } = await noTraces(run);

      expect([
        'done',
        'member-unhealthy',
        'cluster-unreachable',
        'witness-unavailable',
        'member-silent',
        'quorum-at-risk',
      ]).toContain(state.ended.reason);
      expect(textOf(card).length).toBeGreaterThan(0);
    });
  });
}
