import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { stateCheck } from '../../../../jobs/upgrade/choose-groups.ts';
import { Json, JsonObject } from '../../../../src/core/json.ts';
import type { ObjectRef } from '../../../../src/core/ports/kubernetes.ts';
import { createUpgradeCase, groupRunbook, type UpgradeCase } from '../../../support/capi-upgrade-case.ts';
import { OLD } from '../../../support/capi-upgrade-objects.ts';

const TO = 'v1.30.8';
const Output = z.looseObject({ undo: z.looseObject({ group: z.literal('nodegroup/md-0'), change: Json }) });

/** A node group whose roll-out to {@link TO} stands halfway, held by the run that ended. */
async function halfway(): Promise<UpgradeCase> {
  const scene = createUpgradeCase();
  await scene.upgrade('controlplane', TO);
  scene.world.stick('booting');
  expect(await scene.upgrade('md-0', TO)).toMatchObject({ reason: 'roll-stalled' });
  await scene.harness.restoreCleanups(groupRunbook);
  return scene;
}

/** A node group that is wholly at {@link TO}. */
async function upgraded(): Promise<UpgradeCase> {
  const scene = createUpgradeCase();
  await scene.upgrade('controlplane', TO);
  expect(await scene.upgrade('md-0', TO)).toMatchObject({ kind: 'done' });
  return scene;
}

async function back(scene: UpgradeCase) {
  const [left] = scene.harness.outputs.flatMap((each) => Output.safeParse(each).data ?? []);
  return await scene.plan({ group: '', to: '', undo: left?.undo.change ?? null });
}

function says({ world }: UpgradeCase, ref: ObjectRef, type: string, status: string): void {
  const condition = { type, status, reason: 'Told', message: 'by a test' };
  world.merge(ref, { status: { test: { conditions: [condition] } } });
}

function sicken({ world }: UpgradeCase, name: string): void {
  const node = world.workload.read({ apiVersion: 'v1', kind: 'Node', namespace: null, name });
  const conditions = [{ type: 'Ready', status: 'False', lastTransitionTime: '2026-11-21T10:00:00Z' }];
  const object = JsonObject.parse(node);
  world.workload.put({ ...object, status: { ...JsonObject.parse(object['status']), conditions } });
}

async function stateOf(scene: UpgradeCase, to: string) {
  return stateCheck(await scene.group('md-0'), to);
}

describe('a node group that stands halfway goes on and back', () => {
  test.each<[string, (scene: UpgradeCase) => void, string]>([
    ['an old node is not ready', (scene) => sicken(scene, 'w-2'), 'node w-2 is not ready'],
    [
      'too few machines are there',
      (scene) => says(scene, scene.world.deployment, 'Available', 'False'),
      'Available is False: Told, by a test',
    ],
  ])('although %s, and both say so', async (_what, happens, words) => {
    const scene = await halfway();
    happens(scene);
    expect((await scene.plan({ group: 'md-0', to: TO })).blocks).toEqual([]);
    const check = await stateOf(scene, TO);
    expect(check).toMatchObject({ verdict: 'warn' });
    expect(check.evidence).toContain(words);
    const { blocks, draft } = await back(scene);
    expect(blocks).toEqual([]);
    expect(draft.checks.find(({ id }) => id === 'group-state')).toMatchObject({
      verdict: 'warn',
      title: 'The group is not well, and is taken back all the same',
      evidence: expect.stringContaining(words),
    });
    const [apply] = (await back(scene)).steps;
    if (apply === undefined) throw new Error('the plan has no step');
    expect(await scene.harness.run(groupRunbook, [apply])).toMatchObject({ kind: 'done' });
  });

  test('but not while it is being deleted', async () => {
    const scene = await halfway();
    const metadata = { deletionTimestamp: '2026-11-21T10:00:00Z', finalizers: ['x'] };
    scene.world.merge(scene.world.deployment, { metadata });
    expect((await scene.plan({ group: 'md-0', to: TO })).blocks.join()).toContain('prod-md-0 is being deleted');
    expect((await back(scene)).blocks.join()).toContain('prod-md-0 is being deleted');
  });
});

describe('a node group that is wholly at its new version', () => {
  test('goes back when none of its nodes is ready, and a health check replaces them', async () => {
    const scene = await upgraded();
    for (const name of Object.keys(scene.world.versions('MachineSet'))) sicken(scene, name.replace('m-', ''));
    says(scene, scene.world.deployment, 'Remediating', 'True');
    expect((await stateOf(scene, 'v1.30.9')).verdict).toBe('block');
    const { blocks, steps, draft } = await back(scene);
    expect(blocks).toEqual([]);
    const check = draft.checks.find(({ id }) => id === 'group-state');
    expect(check?.evidence).toMatch(/Remediating is True.*node w-\d is not ready/);
    const [apply] = steps;
    if (apply === undefined) throw new Error('the plan has no step');
    expect(await scene.harness.run(groupRunbook, [apply])).toMatchObject({ kind: 'done' });
    expect(scene.world.read(scene.world.deployment)).toMatchObject({ spec: { template: { spec: { version: OLD } } } });
  });

  test.each<[string, (scene: UpgradeCase) => void, string]>([
    ['it is paused', ({ world }) => world.merge(world.deployment, { spec: { paused: true } }), 'prod-md-0 is paused'],
    [
      'its control plane is being changed',
      (scene) => says(scene, scene.world.plane, 'RollingOut', 'True'),
      'the control plane is not steady, so no machine would be made: RollingOut is True',
    ],
  ])('does not go back while %s', async (_what, happens, words) => {
    const scene = await upgraded();
    happens(scene);
    expect((await back(scene)).blocks.join()).toContain(words);
  });
});

describe('a control plane of which something cannot be told', () => {
  test.each(['MachinesReady', 'EtcdClusterHealthy'])('keeps no group from going on or back: %s', async (type) => {
    for (const made of [halfway, upgraded]) {
      const scene = await made();
      says(scene, scene.world.plane, type, 'Unknown');
      const { blocks, draft } = await back(scene);
      expect(blocks).toEqual([]);
      expect(draft.checks.find(({ id }) => id === 'capi-plane')?.evidence).toContain(`${type} is Unknown`);
      expect((await scene.plan({ group: 'md-0', to: TO })).blocks).toEqual([]);
      const [apply] = draft.steps;
      if (apply === undefined) throw new Error('the plan has no step');
      expect(await scene.harness.run(groupRunbook, [apply])).toMatchObject({ kind: 'done' });
    }
  });

  test('nor, when something is denied, one that is not to begin', async () => {
    const scene = await upgraded();
    says(scene, scene.world.plane, 'MachinesReady', 'False');
    expect((await back(scene)).blocks).toEqual([]);
    expect((await scene.plan({ group: 'md-0', to: TO })).blocks.join()).toContain(
      'the control plane is not well: MachinesReady is False',
    );
  });

  test('is waited for before a group begins, and in vain ends the run with nothing called', async () => {
    for (const tellsAgain of [true, false]) {
      const scene = createUpgradeCase();
      await scene.upgrade('controlplane', TO);
      const { steps } = await scene.plan({ group: 'md-0', to: TO });
      says(scene, scene.world.plane, 'MachinesReady', 'Unknown');
      const calls = scene.harness.acts.length;
      let reads = 0;
      scene.world.onRead(() => {
        reads += 1;
        if (reads === 4 && tellsAgain) says(scene, scene.world.plane, 'MachinesReady', 'True');
      });
      const end = await scene.harness.run(groupRunbook, steps);
      expect(reads).toBeGreaterThan(4);
      expect(end).toMatchObject(tellsAgain ? { kind: 'done' } : { kind: 'stop', reason: 'plan-drifted' });
      if (tellsAgain) continue;
      expect(end.note).toContain('he control plane cannot be told to be well: MachinesReady is Unknown');
      expect(scene.harness.acts.slice(calls).filter(({ action }) => action === `set ${TO}`)).toEqual([]);
    }
  });
});

describe('a control plane that goes up a minor version', () => {
  test.each<[string, (scene: UpgradeCase) => void, string]>([
    [
      'scales',
      ({ world }) => world.merge(world.deployment, { spec: { replicas: 4 }, status: { observedGeneration: 99 } }),
      'nodegroup/md-0: MachineDeployment prod-md-0 has 3 machines and wants 4',
    ],
    [
      'loses a machine',
      ({ world }) => world.merge(world.machine('m-w-1'), { metadata: { deletionTimestamp: '2026-11-21T10:00:00Z' } }),
      'Machine m-w-1 is being deleted',
    ],
    [
      'has a machine without a node',
      ({ world }) => world.merge(world.machine('m-w-1'), { status: { nodeRef: null } }),
      'Machine m-w-1 has no node yet',
    ],
  ])('lets a node group that %s', async (_what, happens, words) => {
    const scene = createUpgradeCase();
    scene.world.sleep(true);
    happens(scene);
    const { blocks, draft, steps } = await scene.plan({ group: 'controlplane', to: 'v1.31.4' });
    expect(blocks).toEqual([]);
    expect(draft.checks.find(({ id }) => id === 'capi-scaling')).toMatchObject({ verdict: 'warn' });
    expect(draft.checks.find(({ id }) => id === 'capi-scaling')?.evidence).toContain(words);
    expect(await scene.harness.run(groupRunbook, steps.slice(0, 4))).toMatchObject({ kind: 'done' });
    expect(scene.world.read(scene.world.plane)).toMatchObject({ spec: { version: 'v1.31.4' } });
  });

  test.each<[string, (scene: UpgradeCase) => void, string]>([
    [
      'rolls',
      (scene) => says(scene, scene.world.deployment, 'RollingOut', 'True'),
      'nodegroup/md-0 is not settled (RollingOut is True',
    ],
    [
      'has an old machine',
      ({ world }) => world.merge(world.machine('m-w-1'), { spec: { version: 'v1.30.5' } }),
      'Machine m-w-1 is not at v1.30.6',
    ],
    [
      'was not seen by its controller',
      ({ world }) => world.merge(world.deployment, { status: { test: { observedGeneration: 0 } } }),
      'has not seen the newest',
    ],
  ])('waits for a node group that %s', async (_what, happens, words) => {
    const scene = createUpgradeCase();
    happens(scene);
    expect((await scene.plan({ group: 'controlplane', to: 'v1.31.4' })).blocks.join()).toContain(words);
  });
});

test('a control plane whose new machine is not healthy is watched on, and begins nothing else', async () => {
  const scene = createUpgradeCase();
  scene.world.stick('booting');
  expect(await scene.upgrade('controlplane', TO)).toMatchObject({ reason: 'roll-stalled' });
  says(scene, scene.world.plane, 'ControlPlaneComponentsHealthy', 'False');
  expect((await scene.plan({ group: 'controlplane', to: TO })).blocks).toEqual([]);
  const group = await scene.group('controlplane');
  expect(stateCheck(group, TO)).toMatchObject({
    verdict: 'warn',
    evidence: expect.stringContaining('ControlPlaneComponentsHealthy is False'),
  });
  expect(stateCheck(group, 'v1.31.4').verdict).toBe('block');
});
