import { describe, expect, test } from 'vitest';
import { stateCheck } from '../../../../jobs/upgrade/choose-groups.ts';
import type { JsonObject } from '../../../../src/core/json.ts';
import type { Check } from '../../../../src/core/plan.ts';
import { createUpgradeCase, groupRunbook, type UpgradeCase } from '../../../support/capi-upgrade-case.ts';
import { OLD } from '../../../support/capi-upgrade-objects.ts';

const TO = 'v1.31.4';

function says({ world }: UpgradeCase, type: string, status: 'True' | 'False' | 'Unknown'): void {
  const condition = { type, status, reason: 'ConnectionDown', message: 'nobody answers' };
  world.merge(world.plane, { status: { test: { conditions: [condition] } } });
}

/** What the plan of an upgrade says of how a group is. */
async function stateOf(scene: UpgradeCase, group: string): Promise<Check> {
  return stateCheck(await scene.group(group), TO);
}

describe('a control plane of which something cannot be told is not changed:', () => {
  test.each(['CertificatesAvailable', 'EtcdClusterHealthy', 'ControlPlaneComponentsHealthy'])(
    '%s is Unknown',
    async (type) => {
      const scene = createUpgradeCase();
      says(scene, type, 'Unknown');
      expect(await stateOf(scene, 'controlplane')).toMatchObject({
        verdict: 'block',
        title: 'controlplane is not well',
        evidence: `KubeadmControlPlane prod/prod-cp: ${type} is Unknown: ConnectionDown, nobody answers`,
      });
    },
  );

  test.each(['Available', 'MachinesReady'])('%s is told for a warning', async (type) => {
    const scene = createUpgradeCase();
    says(scene, type, 'Unknown');
    expect(await stateOf(scene, 'controlplane')).toMatchObject({ verdict: 'pass' });
    for (const group of ['controlplane', 'md-0']) {
      const { blocks, draft } = await scene.plan({ group, to: group === 'md-0' ? OLD : TO });
      expect(blocks).toEqual([]);
      expect(draft.checks.find(({ id }) => id === 'capi-plane')).toMatchObject({
        verdict: 'warn',
        evidence: `${type} is Unknown: ConnectionDown, nobody answers`,
      });
    }
  });

  test('and its roll-out is not over before that can be told again', async () => {
    const scene = createUpgradeCase();
    const { steps } = await scene.plan({ group: 'controlplane', to: TO });
    const end = await scene.harness.run(groupRunbook, steps, {
      before: (index) => {
        if (index === 4) says(scene, 'MachinesReady', 'Unknown');
      },
    });
    expect(end).toMatchObject({ reason: 'roll-stalled' });
    expect(end.note).toContain('MachinesReady is Unknown');
  });
});

function leaves({ world }: UpgradeCase): void {
  world.merge(world.cluster, {
    metadata: { deletionTimestamp: '2026-11-21T10:00:00Z', finalizers: ['cluster.cluster.x-k8s.io'] },
  });
}

test('a Cluster that is being deleted is refused, in the plan and right before the call', async () => {
  const early = createUpgradeCase();
  leaves(early);
  for (const group of ['controlplane', 'md-0']) {
    const check = await stateOf(early, group);
    expect(check).toMatchObject({ verdict: 'block', title: expect.stringContaining('is paused') });
    expect(check.evidence).toContain('Cluster prod/prod is being deleted');
  }

  const late = createUpgradeCase();
  const { steps } = await late.plan({ group: 'controlplane', to: TO });
  leaves(late);
  const end = await late.harness.run(groupRunbook, steps, { from: 3 });
  expect(end).toMatchObject({ reason: 'plan-drifted' });
  expect(end.note).toContain('Cluster prod/prod is being deleted');
  expect(late.world.read(late.world.plane)['spec']).toMatchObject({ version: OLD });
});

/** A control plane whose first new machine does not come up. */
async function halfway(): Promise<UpgradeCase> {
  const scene = createUpgradeCase();
  scene.world.stick('booting');
  expect(await scene.upgrade('controlplane', TO)).toMatchObject({ reason: 'roll-stalled' });
  return scene;
}

describe('a roll-out of a control plane that is watched to its end', () => {
  test('may have a new machine of which nothing can be told yet', async () => {
    const scene = await halfway();
    says(scene, 'EtcdClusterHealthy', 'Unknown');
    expect((await scene.plan({ group: 'controlplane', to: TO })).blocks).toEqual([]);
  });

  test.each<[string, (scene: UpgradeCase) => void, string]>([
    [
      'etcd is not healthy',
      (scene) => says(scene, 'EtcdClusterHealthy', 'False'),
      'EtcdClusterHealthy is False: ConnectionDown',
    ],
    [
      'it is being deleted',
      ({ world }) =>
        world.merge(world.plane, { metadata: { deletionTimestamp: '2026-11-21T10:00:00Z', finalizers: ['x'] } }),
      'KubeadmControlPlane prod-cp is being deleted',
    ],
    [
      'it replaces a sick machine',
      ({ world }) =>
        world.merge(world.plane, {
          metadata: { annotations: { 'controlplane.cluster.x-k8s.io/remediation-in-progress': '{}' } },
        }),
      'is replacing a machine that is sick',
    ],
    [
      'an old machine has no ready node',
      ({ world }) => world.workload.finish({ apiVersion: 'v1', kind: 'Node', namespace: null, name: 'cp-2' }),
      'node cp-2 of Machine m-cp-2 is gone',
    ],
  ])('is refused when %s', async (_what, happens, words) => {
    const scene = await halfway();
    happens(scene);
    const { blocks } = await scene.plan({ group: 'controlplane', to: TO });
    expect(blocks.join()).toContain(`group-state: ${words.startsWith('is ') ? 'KubeadmControlPlane prod-cp ' : ''}`);
    expect(blocks.join()).toContain(words);
  });
});

/** The plan of a node group that goes up, while a health check replaces one of its machines. */
async function handed(machine: string) {
  const scene = createUpgradeCase();
  await scene.upgrade('controlplane', TO);
  scene.world.stick('booting');
  await scene.upgrade('md-0', TO);
  const remediating = { type: 'Remediating', status: 'True', reason: 'Remediating', message: machine };
  scene.world.merge(scene.world.deployment, { status: { test: { conditions: [remediating] } } });
  const { world } = scene;
  world.merge(world.machine(machine), {
    status: { conditions: [{ type: 'OwnerRemediated', status: 'False', reason: 'Waits', message: '' }] },
  });
  return await scene.plan({ group: 'md-0', to: TO });
}

test('a node group whose new machines are replaced by a health check is watched on, and refused when an old one is', async () => {
  const names = Object.entries((await halfwayGroup()).world.versions('MachineSet'));
  const fresh = names.find(([, version]) => version === TO)?.[0] ?? '';
  expect((await handed(fresh)).blocks).toEqual([]);
  expect((await handed('m-w-1')).blocks.join()).toContain('Remediating is True');
});

/** A node group that was held halfway to {@link TO}. */
async function halfwayGroup(): Promise<UpgradeCase> {
  const scene = createUpgradeCase();
  await scene.upgrade('controlplane', TO);
  scene.world.stick('booting');
  expect(await scene.upgrade('md-0', TO)).toMatchObject({ reason: 'roll-stalled' });
  await scene.harness.restoreCleanups(groupRunbook);
  scene.world.stick(null);
  return scene;
}

describe('a node group that is held halfway', () => {
  test('keeps its control plane at the minor version', async () => {
    const { blocks } = await (await halfwayGroup()).plan({ group: 'controlplane', to: 'v1.32.0' });
    expect(blocks.join()).toContain('capi-order: nodegroup/md-0 is not settled (MachineDeployment prod-md-0 was held');
    expect(blocks.join()).toContain('let that end first');
  });

  test('lets it go to another patch, and goes there itself', async () => {
    const scene = await halfwayGroup();
    expect(await scene.upgrade('controlplane', 'v1.31.5')).toMatchObject({ kind: 'done' });
    const group = await scene.group('md-0');
    expect(group).toMatchObject({ state: 'changing', held: true });
    expect(stateCheck(group, 'v1.31.5')).toMatchObject({
      verdict: 'warn',
      title: `nodegroup/md-0 stands halfway to ${TO}, where Drydock held it, and goes on to v1.31.5`,
    });
    expect(stateCheck(group, 'v1.31.0')).toMatchObject({ verdict: 'block' });
    expect(stateCheck({ ...group, held: false }, 'v1.31.5')).toMatchObject({ verdict: 'block' });
    expect(await scene.upgrade('md-0', 'v1.31.5')).toMatchObject({ kind: 'done' });
    expect(Object.values(scene.world.versions('MachineSet'))).toEqual(['v1.31.5', 'v1.31.5', 'v1.31.5']);
    expect(scene.world.read(scene.world.deployment)).toMatchObject({ spec: { paused: false } });
  });
});

describe('a pool of machines keeps its control plane at the minor version', () => {
  const POOL: JsonObject = { replicas: 1, template: { spec: { version: OLD } } };

  test.each<[string, JsonObject, JsonObject, string]>([
    ['behind', { ...POOL, template: { spec: { version: 'v1.29.4' } } }, {}, 'MachinePool mp (v1.29.4) is behind'],
    ['with an older node', POOL, { nodeRefs: [{ name: 'mp-1' }] }, 'its node mp-1 is at v1.29.4'],
    ['without a version', { replicas: 1 }, {}, 'MachinePool mp is not settled (it names no version)'],
  ])('%s', async (_what, spec, status, words) => {
    const scene = withPool(spec, status);
    expect((await scene.plan({ group: 'controlplane', to: TO })).blocks.join()).toContain(words);
    expect((await scene.plan({ group: 'controlplane', to: 'v1.30.8' })).blocks).toEqual([]);
  });

  test.each<[string, JsonObject, JsonObject, string]>([
    ['it lost a node', POOL, { nodeRefs: [{ name: 'mp-2' }] }, 'its node mp-2 is gone'],
    ['it scales', POOL, { replicas: 3 }, 'it has 3 machines and wants 1'],
  ])('but not because %s', async (_what, spec, status, words) => {
    const { blocks, draft } = await withPool(spec, status).plan({ group: 'controlplane', to: TO });
    expect(blocks).toEqual([]);
    expect(draft.checks.find(({ id }) => id === 'capi-scaling')?.evidence).toContain(`MachinePool mp: ${words}`);
  });
});

/** A cluster with one pool. */
function withPool(spec: JsonObject, status: JsonObject): UpgradeCase {
  const scene = createUpgradeCase();
  const { world } = scene;
  const node = world.workload.read({ apiVersion: 'v1', kind: 'Node', namespace: null, name: 'w-1' });
  const { metadata } = JSON.parse(JSON.stringify(node));
  world.workload.put({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'mp-1', annotations: metadata.annotations },
    status: { nodeInfo: { kubeletVersion: 'v1.29.4' }, conditions: [{ type: 'Ready', status: 'True' }] },
  });
  world.management.put({
    apiVersion: world.groups.core,
    kind: 'MachinePool',
    metadata: { name: 'mp', namespace: 'prod', labels: { 'cluster.x-k8s.io/cluster-name': 'prod' } },
    spec,
    status,
  });
  return scene;
}
