import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { KubernetesObject } from '../../../src/core/ports/kubernetes.ts';
import {
  CALL,
  type ClusterUnderTest,
  codeOf,
  forcePodAway,
  makeNode,
  makePod,
  POLL,
  type Target,
  valueOf,
} from './cluster-under-test.ts';

/** Evictions against budgets. Pods stand on a Node without a kubelet: their end is made by force. */
export function evictionSuite(target: Target): void {
  describe(`evictions: ${target.name}`, () => {
    let cluster: ClusterUnderTest;
    let node: string;
    beforeAll(async () => {
      cluster = await target.start();
      node = (await makeNode(cluster, 'evictions')).metadata.name;
    });
    afterAll(() => cluster.stop());

    async function running(name: string, app: string): Promise<KubernetesObject> {
      return makePod(cluster, name, { labels: { app }, node, ready: true });
    }

    function budgetRef(name: string) {
      return { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', namespace: cluster.namespace, name };
    }

    /** A budget over the pods of an app, processed. */
    async function budget(name: string, app: string, healthy: number, allowed: number): Promise<void> {
      const spec = { minAvailable: healthy - allowed, selector: { matchLabels: { app } } };
      const { namespace } = cluster;
      const object = { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: { namespace, name }, spec };
      valueOf(await cluster.port.create(object, CALL));
      if (!cluster.hasControllers) await process(name, healthy, allowed);
      await expect
        .poll(async () => statusOf(name), POLL)
        .toMatchObject({ observedGeneration: 1, disruptionsAllowed: allowed });
    }

    /** What the controller of budgets writes. */
    async function process(name: string, healthy: number, allowed: number): Promise<void> {
      const status = {
        observedGeneration: 1,
        disruptionsAllowed: allowed,
        currentHealthy: healthy,
        desiredHealthy: healthy - allowed,
        expectedPods: healthy,
      };
      valueOf(await cluster.port.patchMerge(budgetRef(name), { status }, { ...CALL, subresource: 'status' }));
    }

    async function statusOf(name: string): Promise<unknown> {
      return valueOf(await cluster.port.get(budgetRef(name), CALL))['status'];
    }

    function evict(pod: KubernetesObject, options: { readonly dryRun?: boolean; readonly uid?: string } = {}) {
      const { name, uid } = pod.metadata;
      return cluster.port.evict(
        { namespace: cluster.namespace, name, uid: options.uid ?? uid },
        { ...CALL, dryRun: options.dryRun === true },
      );
    }

    function ended(pod: KubernetesObject) {
      const { name } = pod.metadata;
      return cluster.port.get({ apiVersion: 'v1', kind: 'Pod', namespace: cluster.namespace, name }, CALL);
    }

    test('without a budget: accepted, terminating until its kubelet confirms, accepted again', async () => {
      const pod = await running('free', 'free');
      expect(codeOf(await evict(pod, { dryRun: true }))).toBe('ok');
      expect(valueOf(await ended(pod)).metadata.deletionTimestamp).toBeUndefined();
      expect(codeOf(await evict(pod))).toBe('ok');
      expect(valueOf(await ended(pod)).metadata.deletionTimestamp).toMatch(/^\d{4}-/);
      expect(codeOf(await evict(pod))).toBe('ok');
      await forcePodAway(cluster, 'free');
      expect(codeOf(await evict(pod))).toBe('not-found');
    });

    test('another uid is a conflict', async () => {
      const pod = await running('uid', 'uid');
      expect(codeOf(await evict(pod, { uid: '11111111-1111-1111-1111-111111111111' }))).toBe('conflict');
      await forcePodAway(cluster, 'uid');
    });

    test('a budget allows one, then none; the server counts itself', async () => {
      const pods = [await running('db-1', 'db'), await running('db-2', 'db')];
      await budget('db', 'db', 2, 1);
      const [one, two] = pods;
      if (one === undefined || two === undefined) throw new Error('two pods');
      expect(codeOf(await evict(one, { dryRun: true }))).toBe('ok');
      expect(await statusOf('db')).toMatchObject({ disruptionsAllowed: 1 });
      expect(codeOf(await evict(one))).toBe('ok');
      const refused = await evict(two);
      expect(codeOf(refused)).toBe('budget');
      expect(refused.ok ? [] : refused.error.causes?.map(({ reason }) => reason)).toEqual(['DisruptionBudget']);
      expect(refused.ok ? '' : refused.error.message).toContain('budget db');
      expect(codeOf(await evict(two, { dryRun: true }))).toBe('budget');
      await forcePodAway(cluster, 'db-1');
      await forcePodAway(cluster, 'db-2');
    });

    test('two budgets over one pod block for good; a pending pod ignores them', async () => {
      const pod = await running('two', 'two');
      await budget('two-a', 'two', 1, 1);
      await budget('two-b', 'two', 1, 1);
      expect(codeOf(await evict(pod))).toBe('blocked-for-good');
      const pending = await makePod(cluster, 'pending', { labels: { app: 'two' } });
      expect(codeOf(await evict(pending))).toBe('ok');
      await forcePodAway(cluster, 'two');
    });
  });
}
