import { describe, expect, test } from 'vitest';
import { etcdReplace } from '../../../jobs/etcd-replace/runbook.ts';
import { PLACE_CALLS } from '../../support/place-calls.ts';
import { type ReplaceScene, replaceScene } from '../../support/replace-scene.ts';
import type { CrashPoint } from '../../support/step-harness.ts';

const POINTS = ['intent-stored', 'call-made', 'observed-stored'] as const satisfies readonly CrashPoint[];

async function sick(): Promise<{
  readonly scene: ReplaceScene;
  readonly run: () => Promise<{ readonly kind: string; readonly reason: string }>;
}> {
  const scene = replaceScene();
  scene.breakData('m-2');
  const draft = await scene.plan();
  return { scene, run: async () => await scene.run(draft) };
}

/** How often etcd was really asked for a change of its list. */
function changesOf(scene: ReplaceScene): Readonly<Record<string, number>> {
  const count = (method: string): number => scene.harness.etcd.calls.filter((call) => call.method === method).length;
  return { removeMember: count('removeMember'), addMember: count('addMember'), promote: count('promote') };
}

describe('a worker that dies is followed by one that looks first', () => {
  test.each(PLACE_CALLS.flatMap((call, at) => POINTS.map((point) => ({ call, point, nth: at + 1 }))))(
    '$call, $point: the same end, and nothing done twice',
    async ({ call, point, nth }) => {
      const { scene, run } = await sick();
      scene.harness.crashAt(point, nth);

      expect(await run()).toMatchObject({ kind: 'done' });
      expect(scene.harness.deaths()).toBe(1);
      expect(scene.members()).toEqual(['m-1 voter', 'm-3 voter', 'm-2 voter']);
      expect(changesOf(scene)).toEqual({ removeMember: 1, addMember: 1, promote: 1 });
      expect(scene.machine('m-2').has('/var/lib/etcd/old-replace-prod-test/wal/broken')).toBe(true);
      const last = scene.harness.acts.findLast(({ action }) => action === call);
      expect(last?.observed?.result).toBe('done');
      expect(await scene.harness.restoreCleanups(etcdReplace)).toEqual(new Map());
      expect(scene.members()).toHaveLength(3);
    },
  );

  test('at every call in turn', async () => {
    const { scene, run } = await sick();
    for (const [at] of PLACE_CALLS.entries()) scene.harness.crashAt('call-made', at + 1);

    expect(await run()).toMatchObject({ kind: 'done' });
    expect(scene.harness.deaths()).toBe(PLACE_CALLS.length);
    expect(changesOf(scene)).toEqual({ removeMember: 1, addMember: 1, promote: 1 });
  });
});

describe('a call without a certain answer', () => {
  const lost = { code: 'unknown-outcome', message: 'the connection was lost' } as const;

  test.each([
    { method: 'removeMember', happens: true, calls: 1 },
    { method: 'removeMember', happens: false, calls: 2 },
    { method: 'addMember', happens: true, calls: 1 },
    { method: 'addMember', happens: false, calls: 2 },
    { method: 'promote', happens: true, calls: 1 },
    { method: 'promote', happens: false, calls: 2 },
  ] as const)('$method, happened: $happens', async ({ method, happens, calls }) => {
    const { scene, run } = await sick();
    scene.harness.etcd.failOnce({ method, error: lost, happens });

    expect(await run()).toMatchObject({ kind: 'done' });
    expect(changesOf(scene)).toMatchObject({ [method]: calls });
    expect(scene.members()).toEqual(['m-1 voter', 'm-3 voter', 'm-2 voter']);
  });

  test.each(['removeMember', 'addMember', 'promote'] as const)(
    '%s twice without effect: there is no third',
    async (method) => {
      const { scene, run } = await sick();
      scene.harness.etcd.failOnce({ method, error: lost });
      scene.harness.etcd.failOnce({ method, error: lost });

      expect(await run()).toMatchObject({ kind: 'stop', reason: 'call-without-effect' });
      expect(changesOf(scene)).toMatchObject({ [method]: 2 });
    },
  );
});
