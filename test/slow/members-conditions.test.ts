import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createFaultBook, type FaultBook, type FaultOrder } from '../../playground/faults/faults.ts';
import { fillRing } from '../../playground/fill.ts';
import { platformOfHosts } from '../../playground/hosts/host-platform.ts';
import { type HostRing, startHostRing } from '../../playground/hosts/host-ring.ts';
import { type PlaygroundCluster, startCluster } from '../../playground/kubernetes/cluster.ts';
import { membersOfCluster } from '../../playground/platform-of-cluster.ts';
import type { PlaygroundPlatform } from '../../playground/platforms.ts';
import { StateReport } from '../../src/core/state-report.ts';
import { BINARY_3_5 } from '../contract/etcd/real-ring.ts';
import { conditionsIn } from '../support/diagnosis-scene.ts';
import { createRunbookScene, type RunbookScene } from '../support/runbook-scene.ts';

/** What real members, nodes and hosts show of each fault, as `/kube members` tells it. */
const DEFRAG = { sample: '500ms' };
const START_MS = 120_000;

async function reportOf(scene: RunbookScene): Promise<StateReport> {
  const { ended, steps } = await scene.run('members');
  expect(ended, JSON.stringify(ended)).toMatchObject({ outcome: 'succeeded' });
  return StateReport.parse(Object(steps.at(-1)?.output).report);
}

/** Who is not well. A disk that is slow because the machine of the tests is busy is no fault of anybody. */
async function unwell(scene: RunbookScene): Promise<readonly string[]> {
  const conditions = Object.entries(conditionsIn(await reportOf(scene)));
  return conditions.flatMap(([name, is]) => (is === 'healthy' || is === 'disk slow' ? [] : [`${name}: ${is}`]));
}

/** Sets a fault, waits until it is told as this, and clears it again. Answers the report that told it. */
async function whatIsTold(
  { scene, book }: { readonly scene: RunbookScene; readonly book: FaultBook },
  order: FaultOrder,
  condition: string,
): Promise<StateReport> {
  expect(await book.set(order)).toMatchObject({ ok: true });
  let told: StateReport | null = null;
  await expect
    .poll(
      async () => {
        told = await reportOf(scene);
        return conditionsIn(told)[order.member];
      },
      { timeout: START_MS, interval: 500 },
    )
    .toBe(condition);
  expect(await book.set({ ...order, fault: 'clear' })).toMatchObject({ ok: true });
  await expect.poll(async () => await unwell(scene), { timeout: START_MS, interval: 500 }).toEqual([]);
  if (told === null) throw new Error('nothing was told');
  return told;
}

describe('on a bare ring with access to its hosts', () => {
  let ring: HostRing;
  let scene: RunbookScene;
  let book: FaultBook;
  beforeAll(async () => {
    ring = await startHostRing({ binary: BINARY_3_5, quotaBytes: 64 * 1024 * 1024, restartMs: 500 });
    const platform = platformOfHosts('edge', ring, { defrag: DEFRAG });
    scene = createRunbookScene(platform.entry);
    book = createFaultBook(() => [platform]);
    await fillRing(ring, { megabytes: 1, valueBytes: 1_000, keep: 1 });
  }, START_MS);
  afterAll(async () => {
    await book.close();
    await scene.close();
    await ring.stop();
  });

  test.each([
    ['crash-loop', 'crash-looping', /etcd\.service is (?:activating|failed).*its own files are damaged/],
    ['stop-machine', 'not running', /m-1 and m-3 are not connected to it/],
    ['corrupt', 'other data than the others', /it has other data than m-1 and m-3 at revision \d+/],
    ['fill-disk', 'disk full', /are free on its data volume/],
  ] as const)(
    '%s: %s',
    async (fault, condition, words) => {
      const report = await whatIsTold({ scene, book }, { cluster: 'edge', fault, member: 'm-2' }, condition);
      expect(report.notes.join('\n')).toMatch(words);
      expect(report.healthy).toBe(false);
    },
    START_MS * 2,
  );
});

describe('on kubeadm, through the tunnel', () => {
  let cluster: PlaygroundCluster;
  let scene: RunbookScene;
  let book: FaultBook;
  beforeAll(async () => {
    cluster = await startCluster();
    scene = createRunbookScene({
      platform: 'kubeadm',
      kubeconfig: cluster.kubeconfig,
      etcd: { access: 'tunnel', tls: cluster.etcd.tls, defrag: DEFRAG },
    });
    const platform: PlaygroundPlatform = {
      name: 'prod',
      members: () => membersOfCluster(cluster),
      tls: cluster.etcd.tls,
      entry: {},
      work: null,
      hint: '',
      stop: async () => await cluster.stop(),
    };
    book = createFaultBook(() => [platform]);
  }, START_MS);
  afterAll(async () => {
    await book.close();
    await scene.close();
    await cluster.stop();
  });

  test(
    'crash-loop: crash-looping, by pod and log',
    async () => {
      const order = { cluster: 'prod', fault: 'crash-loop', member: 'cp-2' } as const;
      const report = await whatIsTold({ scene, book }, order, 'crash-looping');
      expect(report.notes.join('\n')).toMatch(/pod etcd-cp-2: .*restart.*its own files are damaged/);
    },
    START_MS * 2,
  );

  test(
    'the kubelet alone is silent: its member votes on, and is nothing to replace',
    async () => {
      const { nodes } = cluster;
      const node = nodes.find(({ name }) => name === 'cp-3');
      await node?.stopKubelet();
      await expect
        .poll(async () => conditionsIn(await reportOf(scene))['cp-3'], { timeout: START_MS, interval: 500 })
        .toBe('unreachable for us, but voting');
      node?.startKubelet();
      await expect.poll(async () => (await reportOf(scene)).healthy, { timeout: START_MS, interval: 500 }).toBe(true);
    },
    START_MS * 2,
  );
});
