import { describe, expect, test } from 'vitest';
import { CORDONED_BY } from '../../../../src/core/drain/view.ts';
import type { PlanDraft } from '../../../../src/core/runbook.ts';
import { type GenericScene, genericScene, genericUpgrade } from '../../../support/generic-scene.ts';
import type { CrashPoint } from '../../../support/step-world.ts';

const WEB = { deployments: [{ name: 'web', replicas: 4 }] };
const EARLIER = 'upgrade-prod-7f3k';
/** What the harness calls its run. */
const OURS = 'defrag-prod-test';

/** Somebody cordoned worker-1: a run, by its mark, or people, who leave none. */
function cordon({ world }: GenericScene, by: string | null): void {
  world.setNode('worker-1', {
    spec: { unschedulable: true },
    metadata: { annotations: by === null ? {} : { [CORDONED_BY]: by } },
  });
}

function markOf({ world }: GenericScene): string | undefined {
  const node = world.fake.read({ apiVersion: 'v1', kind: 'Node', namespace: null, name: 'worker-1' });
  return node?.metadata.annotations?.[CORDONED_BY];
}

function check(draft: PlanDraft, wanted: string): string | undefined {
  return draft.checks.find(({ id }) => id === wanted)?.evidence;
}

describe('a node that an upgrade left cordoned when it was cancelled', () => {
  test('is taken over by the next one, which says so and takes the cordon away in the end', async () => {
    const scene = genericScene(WEB);
    cordon(scene, EARLIER);
    const draft = await scene.plan();

    expect(check(draft, 'taken-over')).toBe(
      `worker-1 by ${EARLIER}: this run takes that cordon over, and takes it away when the node is back at the version. If it ends before that, the node stays cordoned. Is somebody still at work there?`,
    );
    expect(check(draft, 'cordoned')).toBeUndefined();
    expect(draft.steps[0]?.summary).toBe(
      `Cordon worker-1, taking over the cordon of ${EARLIER}: no new pods are placed there`,
    );
    expect(await scene.run()).toMatchObject({ kind: 'done' });
    expect(['worker-1', 'worker-2'].map((node) => scene.world.isCordoned(node))).toEqual([false, false]);
    expect(markOf(scene)).toBeUndefined();
  });

  test('stays cordoned, as it was, when the next one ends before; the one after that takes it over again', async () => {
    const scene = genericScene(WEB);
    cordon(scene, EARLIER);
    scene.world.stuck.add(scene.world.podsOn('worker-1')[0] ?? '');

    expect(await scene.run()).toMatchObject({ reason: 'pod-stuck' });
    await scene.harness.restoreCleanups(genericUpgrade);
    expect(scene.world.isCordoned('worker-1')).toBe(true);
    expect(markOf(scene)).toBe(OURS);
    cordon(scene, 'upgrade-prod-9xyz');
    expect(check(await scene.plan(), 'taken-over')).toContain('worker-1 by upgrade-prod-9xyz');
  });

  test.each<[CrashPoint, number]>([
    ['intent-stored', 1],
    ['call-made', 1],
    ['observed-stored', 1],
    ['call-made', 2],
  ])('is taken over once when a worker dies at %s, the %i. time', async (point, nth) => {
    const scene = genericScene(WEB);
    cordon(scene, EARLIER);
    scene.harness.crashAt(point, nth);

    expect(await scene.run()).toMatchObject({ kind: 'done' });
    expect(scene.harness.deaths()).toBe(1);
    const patched = scene.world.fake.calls.filter(
      ({ method, detail }) => method === 'patchMerge' && detail.includes('worker-1'),
    );
    // It is taken over, and opened.
    expect(patched).toHaveLength(2);
    expect(scene.world.isCordoned('worker-1')).toBe(false);
  });

  test('is not taken over when somebody else cordoned it since the plan', async () => {
    for (const by of ['drain-prod-9xyz', null]) {
      const scene = genericScene(WEB);
      cordon(scene, EARLIER);
      const draft = await scene.plan();
      scene.world.setNode('worker-1', { metadata: { annotations: { [CORDONED_BY]: by } } });
      const end = await scene.run(scene.upgraded, draft);

      expect(end).toMatchObject({ kind: 'done' });
      expect(scene.world.isCordoned('worker-1')).toBe(true);
      expect(markOf(scene)).not.toBe(OURS);
    }
  });
});

test.each(['drain-prod-7f3k', null])('a cordon that was made on purpose is never taken over: %s', async (by) => {
  const scene = genericScene(WEB);
  cordon(scene, by);
  const draft = await scene.plan();

  expect(check(draft, 'taken-over')).toBeUndefined();
  expect(check(draft, 'cordoned')).toContain('it stays cordoned, however this run ends');
  expect(await scene.run()).toMatchObject({ kind: 'done' });
  expect(scene.world.isCordoned('worker-1')).toBe(true);
  expect(markOf(scene)).toBe(by ?? undefined);
});
