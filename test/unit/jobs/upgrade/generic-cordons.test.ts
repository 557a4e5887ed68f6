import { describe, expect, test } from 'vitest';
import { CORDONED_BY } from '../../../../src/core/drain/view.ts';
import type { PlanDraft } from '../../../../src/core/runbook.ts';
import { podObject } from '../../../support/drain-objects.ts';
import { type GenericScene, genericScene, TO } from '../../../support/generic-scene.ts';

const WEB = { deployments: [{ name: 'web', replicas: 4 }] };
const EARLIER = 'upgrade-prod-7f3k';

/** Somebody cordoned a node: a run, by its mark, or people, who leave none. */
function cordon({ world }: GenericScene, node: string, by: string | null): void {
  world.setNode(node, {
    spec: { unschedulable: true },
    metadata: { annotations: by === null ? {} : { [CORDONED_BY]: by } },
  });
}

function markOf({ world }: GenericScene, name: string): string | undefined {
  const node = world.fake.read({ apiVersion: 'v1', kind: 'Node', namespace: null, name });
  return node?.metadata.annotations?.[CORDONED_BY];
}

function check(draft: PlanDraft, wanted: string): string | undefined {
  return draft.checks.find(({ id }) => id === wanted)?.evidence;
}

describe('a node that was cordoned before an upgrade', () => {
  test.each([EARLIER, 'drain-prod-7f3k', null])('stays so by %s, which the plan and the end say', async (by) => {
    const scene = genericScene(WEB);
    cordon(scene, 'worker-1', by);
    const draft = await scene.plan();

    expect(check(draft, 'cordoned')).toBe(
      `worker-1 by ${by ?? 'somebody else'}: it stays cordoned, however this run ends. When nobody is at work there, \`/kube uncordon\` opens it`,
    );
    expect(await scene.run()).toMatchObject({ kind: 'done' });
    expect(['worker-1', 'worker-2'].map((node) => scene.world.isCordoned(node))).toEqual([true, false]);
    expect(markOf(scene, 'worker-1')).toBe(by ?? undefined);
    expect(JSON.stringify(scene.harness.outputs)).toContain(
      `worker-1 is cordoned by ${by ?? 'somebody else'}, and stays so`,
    );
  });

  test('and is at the version already is told with the command that opens it', async () => {
    const scene = genericScene(WEB);
    cordon(scene, 'worker-1', EARLIER);
    scene.upgraded('worker-1');

    expect((await scene.plan()).notes).toContain(
      `Still cordoned: worker-1 (by ${EARLIER}). When nobody is at work there: \`/kube uncordon prod node/worker-1\`.`,
    );
  });

  test('a node at the version that takes pods is not told as cordoned', async () => {
    const scene = genericScene(WEB);
    scene.upgraded('worker-1');

    expect((await scene.plan()).notes.join(' ')).not.toContain('Still cordoned');
  });
});

test('a node that reached the version behind the plan is not touched', async () => {
  const scene = genericScene(WEB);
  const draft = await scene.plan();
  scene.upgraded('worker-1');
  const pods = scene.world.podsOn('worker-1');

  expect(await scene.run(scene.upgraded, draft)).toMatchObject({
    kind: 'stop',
    reason: 'plan-drifted',
    note: `worker-1 is at ${TO} by now: nothing is left to do there.`,
  });
  expect(scene.world.isCordoned('worker-1')).toBe(false);
  expect(scene.world.podsOn('worker-1')).toEqual(pods);
});

test('a node with a member of etcd is drained as the plan says, where others keep the node of another one cordoned', async () => {
  const scene = genericScene(WEB);
  for (const node of ['worker-1', 'cp-1', 'worker-3'])
    scene.world.addPod(
      podObject({
        namespace: 'kube-system',
        name: `etcd-${node}`,
        node,
        labels: { component: 'etcd' },
        annotations: { 'kubernetes.io/config.mirror': 'x' },
        ready: true,
      }),
    );
  cordon(scene, 'cp-1', null);
  const draft = await scene.plan();

  expect(check(draft, 'etcd')).toContain('etcd-cp-1 on cp-1 is on a node that others keep cordoned');
  expect(await scene.run(scene.upgraded, draft)).toMatchObject({ kind: 'done' });
});
