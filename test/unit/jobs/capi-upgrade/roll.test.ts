import { describe, expect, test } from 'vitest';
import { createUpgradeCase, groupRunbook, type UpgradeCase } from '../../../support/capi-upgrade-case.ts';
import { OLD } from '../../../support/capi-upgrade-objects.ts';

const TO = 'v1.31.4';

/** Calls that changed something: dry runs are told by being followed by nothing. */
function changes({ harness }: UpgradeCase): readonly string[] {
  return harness.acts.map(({ item, action, observed }) => `${item}: ${action}: ${observed?.result ?? 'open'}`);
}

describe.each(['v1beta1', 'v1beta2'] as const)('%s', (version) => {
  test('a control plane: backup, new template, version and template at once, every machine replaced', async () => {
    const scene = createUpgradeCase({ version });
    const { draft } = await scene.plan({ group: 'controlplane', to: TO });
    expect(draft.steps.map(({ kind, risk }) => `${kind} ${risk}`)).toEqual([
      'capi.export@1 read',
      'backup.take@1 read',
      'backup.publish@1 read',
      'capi.apply-forward@1 irreversible',
      'capi.roll@1 read',
      'capi.verify@1 read',
    ]);

    expect(await scene.upgrade('controlplane', TO)).toMatchObject({ kind: 'done' });
    expect(Object.values(scene.world.versions('KubeadmControlPlane'))).toEqual([TO, TO, TO]);
    expect(Object.values(scene.world.versions('MachineSet'))).toEqual([OLD, OLD, OLD]);
    const plane = scene.world.read(scene.world.plane);
    const name = scene.harness.acts[0]?.action.split(' ').at(-1) ?? '';
    expect(changes(scene)).toEqual([
      `controlplane: create DevMachineTemplate ${name}: done`,
      `controlplane: set ${TO}: done`,
    ]);
    const ref = { infrastructureRef: { name } };
    expect(plane['spec']).toMatchObject({ version: TO, machineTemplate: version === 'v1beta2' ? { spec: ref } : ref });
  });

  test('a node group behind its control plane, drawn as it goes', async () => {
    const scene = createUpgradeCase({ version });
    await scene.upgrade('controlplane', TO);
    const before = scene.harness.trees.length;
    expect(await scene.upgrade('md-0', TO)).toMatchObject({ kind: 'done' });
    expect(Object.values(scene.world.versions('MachineSet'))).toEqual([TO, TO, TO]);
    expect(scene.harness.trees.at(before + 3)).toEqual([
      'Cluster/prod',
      `├─ControlPlane  ${TO}  3/3  KubeadmControlPlane/prod-cp`,
      `│ └─3 Machines...  ${TO}  ready  See m-cp-4, m-cp-5, m-cp-6`,
      '└─Workers',
      `  └─md-0  ${TO}  1/3  MachineDeployment/prod-md-0`,
      `    ├─Machine/m-w-2  ${OLD}  ready`,
      `    ├─Machine/m-w-3  ${OLD}  ready`,
      `    ├─Machine/m-w-7  ${TO}  ready`,
      `    └─Machine/m-w-8  ${TO}  booting`,
    ]);
    expect(scene.harness.words).toContain('1 of 3: m-w-8 booting; 2 old machines left');
  });

  test('a ClusterClass: only its topology is changed, and the node group waits for its own turn', async () => {
    const scene = createUpgradeCase({ version, topology: true });
    expect(await scene.upgrade('controlplane', TO)).toMatchObject({ kind: 'done' });
    expect(Object.values(scene.world.versions('KubeadmControlPlane'))).toEqual([TO, TO, TO]);
    expect(Object.values(scene.world.versions('MachineSet'))).toEqual([OLD, OLD, OLD]);
    expect(scene.world.read(scene.world.cluster)['spec']).toMatchObject({
      topology: {
        version: TO,
        workers: {
          machineDeployments: [{ metadata: { annotations: { 'topology.cluster.x-k8s.io/defer-upgrade': 'drydock' } } }],
        },
      },
    });

    expect(await scene.upgrade('md-0', TO)).toMatchObject({ kind: 'done' });
    expect(Object.values(scene.world.versions('MachineSet'))).toEqual([TO, TO, TO]);
    expect(changes(scene)).toEqual([
      `controlplane: set ${TO} in the topology: done`,
      `md-0: let it go to ${TO} in the topology: done`,
    ]);
  });
});

test('what is found: short names, nodes and their machines, strategy, nothing under way', async () => {
  const [plane, workers] = await createUpgradeCase().groups();
  expect(plane).toMatchObject({
    kind: 'control-plane',
    name: 'controlplane',
    object: 'KubeadmControlPlane prod/prod-cp',
    version: OLD,
    replicas: 3,
    state: 'steady',
  });
  expect(workers).toMatchObject({ kind: 'node-group', name: 'md-0', strategy: { maxSurge: 1, maxUnavailable: 0 } });
  expect(workers?.nodes.map(({ name, machine, version, ready }) => [name, machine, version, ready])).toEqual([
    ['w-1', 'm-w-1', OLD, true],
    ['w-2', 'm-w-2', OLD, true],
    ['w-3', 'm-w-3', OLD, true],
  ]);
});

test('the same facts give the same lines, and a plan changes nothing', async () => {
  const scene = createUpgradeCase();
  const first = await scene.plan({ group: 'controlplane', to: TO });
  const before = [scene.world.plane, scene.world.cluster].map((ref) => scene.world.read(ref));
  const second = await scene.plan({ group: 'controlplane', to: TO });
  expect(second.steps).toEqual(first.steps);
  expect([scene.world.plane, scene.world.cluster].map((ref) => scene.world.read(ref))).toEqual(before);
  expect(scene.harness.acts).toEqual([]);
});

test('a template that names no image stays: the version alone is set', async () => {
  const scene = createUpgradeCase();
  const { world } = scene;
  world.edit(world.template('prod-cp'), (object) => ({ ...object, spec: { template: { spec: { disk: 20 } } } }));
  expect(await scene.upgrade('controlplane', TO)).toMatchObject({ kind: 'done' });
  expect(changes(scene)).toEqual([`controlplane: set ${TO}: done`]);
});

test('a node group in the same plan as its control plane is planned before that has moved', async () => {
  const scene = createUpgradeCase();
  const workers = await scene.plan({ group: 'md-0', to: TO, behindControlPlane: true });
  expect(workers.blocks).toEqual([]);
  const early = await scene.harness.run(groupRunbook, workers.steps);
  expect(early).toMatchObject({ kind: 'stop', reason: 'plan-drifted' });
  expect(early.note).toContain(`The control plane is at ${OLD}: upgrade it to ${TO} first`);
  expect(changes(scene).filter((each) => each.includes('set'))).toEqual([]);
});

test('a node group that the topology does not own is changed by itself', async () => {
  const scene = createUpgradeCase({ topology: true });
  const { world } = scene;
  await scene.upgrade('controlplane', TO);
  world.edit(world.deployment, (object) => {
    const { name, namespace, uid } = world.read(world.deployment).metadata;
    const labels = { 'cluster.x-k8s.io/cluster-name': 'prod' };
    return { ...object, metadata: { name, namespace: namespace ?? '', uid, labels } };
  });
  const { draft, blocks } = await scene.plan({ group: 'md-0', to: TO });
  expect(blocks).toEqual([]);
  expect(draft.steps[0]?.summary).toContain(`Set MachineDeployment prod-md-0 from ${OLD} to ${TO}`);
});
