import { describe, expect, test } from 'vitest';
import { JsonObject } from '../../../../src/core/json.ts';
import { createUpgradeCase, groupRunbook, type UpgradeCase } from '../../../support/capi-upgrade-case.ts';

const TO = 'v1.31.4';

/** A cluster whose control plane is up, and the plan of its node group. */
async function planned() {
  const scene = createUpgradeCase();
  expect(await scene.upgrade('controlplane', TO)).toMatchObject({ kind: 'done' });
  const { steps, blocks } = await scene.plan({ group: 'md-0', to: TO });
  expect(blocks).toEqual([]);
  return { scene, steps };
}

/** Somebody sets the version with a template of this name. */
function refer({ world }: UpgradeCase, name: string): void {
  world.merge(world.deployment, { spec: { template: { spec: { version: TO, infrastructureRef: { name } } } } });
}

/** The same with a template of their own. */
function bring(scene: UpgradeCase): void {
  const { world } = scene;
  const { spec = {} } = JsonObject.parse(world.read(world.template('prod-md-0')));
  const { apiVersion, kind, name } = world.template('git-md-0');
  world.management.put({ apiVersion, kind, metadata: { name, namespace: 'prod' }, spec });
  refer(scene, name);
}

async function ended(scene: UpgradeCase): Promise<unknown> {
  expect(await scene.harness.restoreCleanups(groupRunbook)).toEqual(new Map());
  const { spec, metadata } = scene.world.read(scene.world.deployment);
  return { paused: JsonObject.parse(spec)['paused'] ?? false, annotations: metadata.annotations ?? {} };
}

const FREE = { paused: false, annotations: {} };
const HELD = { paused: true, annotations: { 'drydock.dev/held': TO } };

describe('a roll-out that somebody else began is never held:', () => {
  test('they came between plan and call, with a template of their own', async () => {
    const { scene, steps } = await planned();
    bring(scene);
    const end = await scene.harness.run(groupRunbook, steps);
    expect(end).toMatchObject({ kind: 'stop', reason: 'plan-drifted' });
    expect(end.note).toContain('template git-md-0');
    expect(await ended(scene)).toEqual(FREE);
  });

  test('they came with the very template of the plan, and the watch ends before it is over', async () => {
    const { scene, steps } = await planned();
    const name = /with DevMachineTemplate (\S+),/.exec(steps[0]?.summary ?? '')?.[1] ?? '';
    scene.world.stick('booting');
    let reads = 0;
    scene.world.onRead(() => {
      reads += 1;
      if (reads === 1) refer(scene, name);
    });
    expect(await scene.harness.run(groupRunbook, steps)).toMatchObject({ reason: 'roll-stalled' });
    expect(scene.harness.acts.filter(({ action }) => action === `set ${TO}`)).toHaveLength(1);
    expect(scene.harness.outputs[0]).toMatchObject({ undo: null });
    expect(await ended(scene)).toEqual(FREE);
  });

  test('they came between look and call: the call is refused, and theirs goes on', async () => {
    const { scene, steps } = await planned();
    let reads = 0;
    scene.world.onRead(() => {
      reads += 1;
      if (reads === 2) bring(scene);
    });
    scene.world.sleep(true);
    expect(await scene.harness.run(groupRunbook, steps)).toMatchObject({ reason: 'plan-drifted' });
    expect(await ended(scene)).toEqual(FREE);
  });

  test('they began before the plan: the run only watches', async () => {
    const { scene } = await planned();
    scene.world.stick('booting');
    bring(scene);
    const { steps } = await scene.plan({ group: 'md-0', to: TO });
    expect(steps[0]?.summary).toBe(`Let MachineDeployment prod-md-0 go on to ${TO}`);
    expect(await scene.harness.run(groupRunbook, steps)).toMatchObject({ reason: 'roll-stalled' });
    expect(await ended(scene)).toEqual(FREE);
  });

  test('they changed it again while the run watched', async () => {
    const { scene, steps } = await planned();
    const end = await scene.harness.run(groupRunbook, steps, {
      before: (index) => {
        if (index === 1) bring(scene);
      },
    });
    expect(end).toMatchObject({ reason: 'change-reverted' });
    expect(await ended(scene)).toEqual(FREE);
  });
});

describe('a roll-out of ours is held', () => {
  test.each(['cleanup-registered', 'intent-stored', 'call-made', 'observed-stored'] as const)(
    'also when the worker died at %s',
    async (point) => {
      const { scene, steps } = await planned();
      scene.harness.crashAt(point, 1);
      scene.world.stick('booting');
      expect(await scene.harness.run(groupRunbook, steps)).toMatchObject({ reason: 'roll-stalled' });
      expect(scene.harness.deaths()).toBe(1);
      expect(await ended(scene)).toEqual(HELD);
    },
  );

  test('and again when it was let go and stands still once more', async () => {
    const { scene, steps } = await planned();
    scene.world.stick('booting');
    await scene.harness.run(groupRunbook, steps);
    expect(await ended(scene)).toEqual(HELD);
    const again = await scene.plan({ group: 'md-0', to: TO });
    expect(await scene.harness.run(groupRunbook, again.steps)).toMatchObject({ reason: 'roll-stalled' });
    expect(await ended(scene)).toEqual(HELD);
  });
});
