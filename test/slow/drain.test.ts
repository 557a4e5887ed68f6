import { afterAll, beforeAll, expect, test } from 'vitest';
import { installAccount } from '../../playground/kubernetes/cluster/installed-account.ts';
import { type PlaygroundCluster, startCluster } from '../../playground/kubernetes/cluster.ts';
import { waitFor } from '../../playground/waiting.ts';
import { deployWorkload, type SampleWorkload } from '../../playground/workload/workload.ts';
import type { RunState } from '../../src/core/run-state.ts';
import { drainParams } from '../support/drain-params.ts';
import { runUnderFire } from '../support/replace-killed.ts';

/** A drain on a cluster with a scheduler, controllers and kubelets, with the rights of the shipped role, by workers that are killed. */
let cluster: PlaygroundCluster;
let nginx: SampleWorkload;
let entry: Readonly<Record<string, unknown>>;
const refused: string[] = [];
const LONG = 180_000;

const BOUNDARIES = [
  'call-made of cordon',
  'intent-after-store of evictions',
  'call-made of evictions',
  'observed-after-store of evictions',
] as const;

beforeAll(async () => {
  cluster = await startCluster({
    controlPlanes: 1,
    workers: 3,
    pace: 0.1,
    onRefused: (user, what) => void refused.push(`${user.name}: ${what.verb} ${what.resource} ${what.path}`),
  });
  nginx = await deployWorkload(cluster.api);
  entry = { platform: 'kubeadm', ...(await installAccount(cluster, ['roles/drain/role.yaml'])) };
}, LONG);

afterAll(async () => {
  nginx.stop();
  await cluster.stop();
});

test(
  'workers are killed at every call of a drain: the budget holds, what blocks is said, and it goes on when the budget is widened',
  async () => {
    let state: 'before' | 'narrow' | 'wide' = 'before';
    async function follow({ acts, scratch }: RunState): Promise<void> {
      if (state === 'before' && acts.some(({ action }) => action === 'evictions')) {
        state = 'narrow';
        await nginx.setNeeded(10);
      }
      if (state === 'narrow' && / budget web\/nginx never allows an eviction/.test(scratch?.note ?? '')) {
        state = 'wide';
        await nginx.setNeeded(8);
      }
    }

    const { run, deaths } = await runUnderFire({
      entry,
      runbook: 'drain',
      verb: 'drain',
      params: drainParams({ nodes: ['worker-1', 'worker-2'] }),
      boundaries: BOUNDARIES,
      onLook: follow,
      withinMs: LONG - 30_000,
    });

    expect(run.ended).toMatchObject({ outcome: 'succeeded', reason: 'done' });
    expect(deaths).toEqual(expect.arrayContaining([...BOUNDARIES]));
    expect(state).toBe('wide');
    expect(nginx.lowest().ready).toBeGreaterThanOrEqual(8);
    // The run waited until its Deployment said so; who watches its pods hears of it by a watch of its own.
    await waitFor('all pods to be ready', () => nginx.now().ready === 10, { timeoutMs: 5000 });
    const nodes = await cluster.api.request({ method: 'GET', path: '/api/v1/nodes/worker-1' });
    expect(nodes.body).toMatchObject({
      spec: { unschedulable: true },
      metadata: { annotations: { 'drydock.dev/cordoned-by': run.id } },
    });
    expect(refused.filter((each) => each.includes('drydock-worker'))).toEqual([]);
  },
  LONG,
);
