import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { Json } from '../../../../src/core/json.ts';
import { undoRecordsOf } from '../../../../src/core/undo-record.ts';
import { createUpgradeCase, groupRunbook, type UpgradeCase } from '../../../support/capi-upgrade-case.ts';
import { nodeObject, OLD } from '../../../support/capi-upgrade-objects.ts';

const Output = z.looseObject({ undo: z.looseObject({ group: z.string(), change: z.json() }) });

/** What the step left that changed a group. */
function undoIn({ harness }: UpgradeCase, group: string): Json {
  const left = harness.outputs.flatMap((each) => Output.safeParse(each).data ?? []);
  return left.find(({ undo }) => undo.group === group)?.undo.change ?? null;
}

async function undone(scene: UpgradeCase, group: string) {
  return await scene.plan({ group: '', to: '', undo: undoIn(scene, group) });
}

describe('a node group', () => {
  test('returns to its version and template within the minor version of its control plane', async () => {
    const scene = createUpgradeCase();
    await scene.upgrade('controlplane', 'v1.30.8');
    await scene.upgrade('md-0', 'v1.30.8');
    const { draft, blocks } = await undone(scene, 'nodegroup/md-0');
    expect(blocks).toEqual([]);
    expect(draft.steps.map(({ kind }) => kind)).toEqual(['capi.apply@1', 'capi.roll@1', 'capi.verify@1']);
    expect(draft.steps[0]?.summary).toBe(
      `Return MachineDeployment prod-md-0 from v1.30.8 to ${OLD}, with DevMachineTemplate prod-md-0`,
    );
    expect(await scene.harness.run(groupRunbook, draft.steps)).toMatchObject({ kind: 'done' });
    expect(Object.values(scene.world.versions('MachineSet'))).toEqual([OLD, OLD, OLD]);
    expect(scene.world.read(scene.world.deployment)['spec']).toMatchObject({
      template: { spec: { version: OLD, infrastructureRef: { name: 'prod-md-0' } } },
    });
  });

  test('does not return over a minor version: no machine could join', async () => {
    const scene = createUpgradeCase();
    await scene.upgrade('controlplane', 'v1.31.4');
    await scene.upgrade('md-0', 'v1.31.4');
    const { blocks } = await undone(scene, 'nodegroup/md-0');
    expect(blocks.join()).toContain(`kubeadm of ${OLD} cannot join machines to it`);
  });

  test('does not return to a template that is gone, nor when somebody changed it since', async () => {
    const scene = createUpgradeCase();
    await scene.upgrade('controlplane', 'v1.30.8');
    await scene.upgrade('md-0', 'v1.30.8');
    scene.world.management.finish(scene.world.template('prod-md-0'));
    expect((await undone(scene, 'nodegroup/md-0')).blocks.join()).toContain(
      'the template of before, could not be read',
    );
    scene.world.merge(scene.world.deployment, { spec: { template: { spec: { version: 'v1.30.9' } } } });
    expect((await undone(scene, 'nodegroup/md-0')).blocks.join()).toContain('somebody changed it since');
  });
});

/** An upgrade whose first new machine is still booting, and the plan of its undo. */
async function booting() {
  const scene = createUpgradeCase();
  scene.world.stick('booting');
  await scene.upgrade('controlplane', 'v1.31.4');
  scene.world.sleep(true);
  return { scene, ...(await undone(scene, 'controlplane')) };
}

describe('a control plane', () => {
  test('returns until a machine of the new version has joined', async () => {
    const scene = createUpgradeCase();
    scene.world.stick('booting');
    expect(await scene.upgrade('controlplane', 'v1.31.4')).toMatchObject({ reason: 'roll-stalled' });
    const { draft, blocks } = await undone(scene, 'controlplane');
    expect(blocks).toEqual([]);
    scene.world.stick(null);
    scene.world.sleep(true);
    const applied = scene.harness.run(groupRunbook, draft.steps, {
      before: (index) => {
        if (index === 1) scene.world.sleep(false);
      },
    });
    expect(await applied).toMatchObject({ kind: 'done' });
    expect(scene.world.versions('KubeadmControlPlane')).toEqual({ 'm-cp-1': OLD, 'm-cp-2': OLD, 'm-cp-3': OLD });
  });

  test.each<[string, (scene: UpgradeCase) => void, string]>([
    [
      'names its node',
      ({ world }) => {
        world.merge(world.machine('m-cp-4'), { status: { nodeRef: { name: 'cp-4' } } });
        world.workload.put(nodeObject('cp-4', 'v1.31.4'));
      },
      'cp-4 has joined at v1.31.4: nothing brings etcd and the API server back',
    ],
    [
      'has its host and names no node yet',
      ({ world }) => world.merge(world.machine('m-cp-4'), { spec: { providerID: 'dev:////cp-4' } }),
      'Machine m-cp-4 has its host and may have joined at v1.31.4',
    ],
    [
      'is a node, and its Machine says nothing yet',
      ({ world }) => world.workload.put(nodeObject('cp-4', 'v1.31.4', false)),
      'cp-4 has joined at v1.31.4',
    ],
  ])('does not return when after the approval the new machine %s', async (_what, happens, says) => {
    const { scene, draft, blocks } = await booting();
    expect(blocks).toEqual([]);
    happens(scene);
    const end = await scene.harness.run(groupRunbook, draft.steps);
    expect(end).toMatchObject({ kind: 'stop', reason: 'plan-drifted', step: 0 });
    expect(end.note).toContain(says);
    expect(scene.world.read(scene.world.plane)['spec']).toMatchObject({ version: 'v1.31.4' });
    expect((await undone(scene, 'controlplane')).blocks.join()).toContain(says);
  });

  test('does not return when the machine joins between the look and the call', async () => {
    const { scene, draft } = await booting();
    const { world } = scene;
    let reads = 0;
    world.onRead(() => {
      reads += 1;
      if (reads === 2) world.merge(world.machine('m-cp-4'), { spec: { providerID: 'dev:////cp-4' } });
    });
    expect(await scene.harness.run(groupRunbook, draft.steps)).toMatchObject({ reason: 'plan-drifted' });
    expect(reads).toBeGreaterThan(1);
    expect(world.read(world.plane)['spec']).toMatchObject({ version: 'v1.31.4' });
  });

  test('does not return after that', async () => {
    const scene = createUpgradeCase();
    await scene.upgrade('controlplane', 'v1.31.4');
    expect((await undone(scene, 'controlplane')).blocks.join()).toContain(
      'cp-4, cp-5, cp-6 have joined at v1.31.4: nothing brings etcd and the API server back',
    );
  });
});

test('a call whose outcome stays unknown leaves what an undo needs, and the undo looks whether it had one', async () => {
  const scene = createUpgradeCase();
  await scene.upgrade('controlplane', 'v1.30.8');
  const { steps } = await scene.plan({ group: 'md-0', to: 'v1.30.8' });
  const before = scene.harness.acts.length;
  const { management } = scene.world;
  management.fail({ method: 'patchJson', error: { code: 'unknown-outcome', message: 'timed out' }, happens: true });
  let reads = 0;
  let away = true;
  const when = (): boolean => away && reads >= 3;
  management.fail({ method: 'list', when, error: { code: 'unreachable', message: 'no route' }, times: 999 });
  scene.world.onRead(() => {
    reads += 1;
  });
  const end = await scene.harness.run(groupRunbook, steps);
  expect(end).toMatchObject({ kind: 'stop', reason: 'outcome-unknown', step: 0 });
  away = false;

  const left = {
    index: 0,
    status: 'running',
    attempts: 1,
    startedAt: '',
    doneAt: null,
    output: null,
    note: '',
  } as const;
  const acts = scene.harness.acts.slice(before);
  const [record] = undoRecordsOf({ steps: [left], acts });
  expect(record).toMatchObject({ kind: 'group', group: 'nodegroup/md-0' });
  const observed = { result: 'not-done', note: '', evidence: null, at: '' } as const;
  const unmade = acts.map(({ index, item, action, facts, at }) => ({ index, item, action, facts, at, observed }));
  expect(undoRecordsOf({ steps: [left], acts: unmade })).toEqual([]);
  expect(undoRecordsOf({ steps: [left] })).toEqual([]);
  const change = record?.kind === 'group' ? record.change : null;
  expect((await scene.plan({ group: '', to: '', undo: change })).blocks).toEqual([]);
});

test('a topology is never undone', async () => {
  const scene = createUpgradeCase({ topology: true });
  await scene.upgrade('controlplane', 'v1.31.4');
  expect(undoIn(scene, 'controlplane')).toBeNull();
});

/** A node group whose roll-out stood still, and was held. */
async function cancelled() {
  const scene = createUpgradeCase();
  await scene.upgrade('controlplane', 'v1.31.4');
  const { draft } = await scene.plan({ group: 'md-0', to: 'v1.31.4' });
  scene.world.stick('booting');
  const end = await scene.harness.run(groupRunbook, draft.steps);
  expect(end).toMatchObject({ reason: 'roll-stalled' });
  expect(await scene.harness.restoreCleanups(groupRunbook)).toEqual(new Map());
  scene.world.stick(null);
  return scene;
}

describe('a roll-out of a node group that is cancelled', () => {
  test('is paused where it is, and that is not taken for somebody else', async () => {
    const scene = await cancelled();
    expect(scene.world.read(scene.world.deployment)).toMatchObject({
      metadata: { annotations: { 'drydock.dev/held': 'v1.31.4' } },
      spec: { paused: true },
    });
    const group = await scene.group('md-0');
    expect(group).toMatchObject({ state: 'changing', version: 'v1.31.4' });
    expect(group.why).toContain('held by Drydock');
  });

  test('goes on when it is asked for again', async () => {
    const scene = await cancelled();
    const { draft, blocks } = await scene.plan({ group: 'md-0', to: 'v1.31.4' });
    expect(blocks).toEqual([]);
    expect(draft.steps[0]).toMatchObject({
      summary: 'Let MachineDeployment prod-md-0 go on to v1.31.4',
      risk: 'irreversible',
    });
    expect(await scene.harness.run(groupRunbook, draft.steps)).toMatchObject({ kind: 'done' });
    const { spec, metadata } = scene.world.read(scene.world.deployment);
    expect(spec).toMatchObject({ paused: false });
    expect(metadata.annotations?.['drydock.dev/held']).toBeUndefined();
  });
});

describe('the risk of the step that sets a version says whether it can be taken back', () => {
  const REVERSIBLE = ['capi.apply@1', 'disruptive'];
  const FORWARD = ['capi.apply-forward@1', 'irreversible'];

  test.each([
    ['a node group within a minor version: yes', 'md-0', 'v1.30.8', false, REVERSIBLE],
    ['a node group over one: its old version joins no more', 'md-0', 'v1.31.4', false, FORWARD],
    ['a control plane: not after its first machine', 'controlplane', 'v1.30.8', false, FORWARD],
    ['a topology takes no older version', 'controlplane', 'v1.30.8', true, FORWARD],
    ['nor does a node group of one', 'md-0', 'v1.30.8', true, FORWARD],
  ] as const)('%s', async (_what, group, to, topology, says) => {
    const scene = createUpgradeCase({ topology });
    if (group === 'md-0') await scene.upgrade('controlplane', to);
    const { draft, blocks } = await scene.plan({ group, to });
    expect(blocks).toEqual([]);
    const applied = draft.steps.filter(({ kind }) => kind.startsWith('capi.apply'));
    expect(applied.map(({ kind, risk }) => [kind, risk])).toEqual([says]);
    expect(await scene.harness.run(groupRunbook, draft.steps)).toMatchObject({ kind: 'done' });
    const report = JSON.stringify(scene.harness.outputs[draft.steps.length - 1]);
    expect(report.includes('/kube undo')).toBe(says === REVERSIBLE);
  });

  test('a control plane that returns before a machine has joined may go forward again', async () => {
    const scene = createUpgradeCase();
    scene.world.stick('booting');
    await scene.upgrade('controlplane', 'v1.31.4');
    const { draft } = await undone(scene, 'controlplane');
    expect(draft.steps[0]).toMatchObject({ kind: 'capi.apply@1', risk: 'disruptive' });
  });
});
