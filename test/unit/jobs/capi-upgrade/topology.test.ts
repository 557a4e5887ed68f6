import { describe, expect, test } from 'vitest';
import { JsonObject } from '../../../../src/core/json.ts';
import { createUpgradeCase, groupRunbook, type UpgradeCase } from '../../../support/capi-upgrade-case.ts';
import { OLD } from '../../../support/capi-upgrade-objects.ts';

const TO = 'v1.31.4';
const DEFER = 'topology.cluster.x-k8s.io/defer-upgrade';
const HELD = { metadata: { annotations: { [DEFER]: 'drydock' } } };
const MD = { class: 'worker', name: 'md-0', replicas: 3 };

/** Sets the topology of the Cluster. */
function settle({ world }: UpgradeCase, version: string, workers: JsonObject): void {
  world.edit(world.cluster, (object) => {
    const spec = JsonObject.parse(object['spec']);
    return { ...object, spec: { ...spec, topology: { classRef: { name: 'quick' }, version, workers } } };
  });
}

function workersOf({ world }: UpgradeCase): JsonObject {
  const spec = JsonObject.parse(world.read(world.cluster)['spec']);
  return JsonObject.parse(JsonObject.parse(spec['topology'])['workers']);
}

function withPool(): UpgradeCase {
  const scene = createUpgradeCase({ topology: true });
  settle(scene, OLD, { machineDeployments: [MD], machinePools: [{ class: 'p', name: 'mp-0' }] });
  return scene;
}

async function appliedAfter(scene: UpgradeCase, happens: () => void) {
  const { draft, blocks } = await scene.plan({ group: 'controlplane', to: TO });
  expect(blocks).toEqual([]);
  const at = draft.steps.findIndex(({ kind }) => kind.startsWith('capi.apply'));
  scene.world.sleep(true);
  happens();
  return await scene.harness.run(groupRunbook, draft.steps.slice(at, at + 1));
}

test.each([
  [false, 'it cannot be held; it cannot be taken back once a machine of the new version has joined.'],
  [true, '; it can be neither held nor taken back.'],
] as const)(
  'the forecast of a control plane says that it cannot be held, and until when it can be taken back (topology: %s)',
  async (topology, words) => {
    const { draft } = await createUpgradeCase({ topology }).plan({ group: 'controlplane', to: TO });
    expect(draft.forecast.join(' ')).toContain(words);
  },
);

describe('a pool of a topology', () => {
  test('is held back with the groups, and the plan says who lets it go', async () => {
    const scene = withPool();
    const { draft } = await scene.plan({ group: 'controlplane', to: TO });
    const says = draft.checks.find(({ id }) => id === 'capi-pools');
    expect(says).toMatchObject({ verdict: 'warn', title: 'MachinePools stay behind' });
    expect(says?.evidence).toContain(`MachinePool mp-0 is held back in the topology by the annotation ${DEFER}`);
    const step = draft.steps.find(({ kind }) => kind.startsWith('capi.apply'));
    expect(step?.summary).toContain('with nodegroup/md-0, MachinePool mp-0 held back');
    expect(await scene.harness.run(groupRunbook, draft.steps)).toMatchObject({ kind: 'done' });
    expect(workersOf(scene)).toMatchObject({ machineDeployments: [HELD], machinePools: [HELD] });
    expect(JSON.stringify(scene.harness.outputs.at(-1))).toContain(
      'Held back in the topology until people let it go: MachinePool mp-0.',
    );
    expect(JSON.stringify(scene.harness.outputs.at(-1))).toContain(
      `until each is upgraded: nodegroup/md-0. Next: \`/kube upgrade prod nodegroup/md-0 --to ${TO}\`.`,
    );
  });

  test('outside of a topology stays where it is, and the plan says so', async () => {
    const scene = createUpgradeCase();
    scene.world.management.put({
      apiVersion: scene.world.groups.core,
      kind: 'MachinePool',
      metadata: { name: 'prod-mp', namespace: 'prod', labels: { 'cluster.x-k8s.io/cluster-name': 'prod' } },
      spec: { replicas: 2, template: { spec: { version: OLD } } },
    });
    const { draft, blocks } = await scene.plan({ group: 'controlplane', to: TO });
    expect(blocks).toEqual([]);
    expect(draft.checks.find(({ id }) => id === 'capi-pools')?.evidence).toBe(
      `MachinePool prod-mp stays at ${OLD}: Drydock upgrades no pools`,
    );
  });
});

describe('after the approval, before the call:', () => {
  test.each<[string, JsonObject, string]>([
    [
      'a group came to the topology',
      { machineDeployments: [MD, { ...MD, name: 'md-1' }], machinePools: [{ class: 'p', name: 'mp-0' }] },
      'nodegroup/md-1 came to it since the plan, and would go up with nobody having approved that',
    ],
    [
      'a pool came to it',
      {
        machineDeployments: [MD],
        machinePools: [
          { class: 'p', name: 'mp-0' },
          { class: 'p', name: 'mp-1' },
        ],
      },
      'MachinePool mp-1 came to it since the plan',
    ],
    [
      'a group left it',
      { machineDeployments: [], machinePools: [{ class: 'p', name: 'mp-0' }] },
      'nodegroup/md-0 left it since the plan',
    ],
  ])('%s: the run drifts, and nothing is set', async (_what, workers, says) => {
    const scene = withPool();
    const end = await appliedAfter(scene, () => settle(scene, OLD, workers));
    expect(end).toMatchObject({ kind: 'stop', reason: 'plan-drifted' });
    expect(end.note).toContain(says);
    expect(scene.harness.acts).toEqual([]);
    expect(scene.world.read(scene.world.cluster)['spec']).toMatchObject({ topology: { version: OLD } });
  });

  test('somebody set the version and held nothing back: that is not told as done', async () => {
    const scene = withPool();
    const end = await appliedAfter(scene, () => settle(scene, TO, { machineDeployments: [MD], machinePools: [] }));
    expect(end).toMatchObject({ kind: 'stop', reason: 'plan-drifted' });
    expect(end.note).toContain(`is at ${TO}, and does not hold nodegroup/md-0 back`);
    expect(scene.harness.acts).toEqual([]);
  });

  test('a group comes between the look and the call: nothing is set', async () => {
    const scene = withPool();
    let reads = 0;
    const end = await appliedAfter(scene, () =>
      scene.world.onRead(() => {
        reads += 1;
        if (reads === 2) settle(scene, OLD, { machineDeployments: [MD, { ...MD, name: 'md-1' }] });
      }),
    );
    expect(end).toMatchObject({ reason: 'plan-drifted' });
    expect(scene.world.read(scene.world.cluster)['spec']).toMatchObject({ topology: { version: OLD } });
  });
});

test('the version is set, and somebody takes the annotations away at once: that is told', async () => {
  const scene = withPool();
  let reads = 0;
  const end = await appliedAfter(scene, () =>
    scene.world.onRead(() => {
      reads += 1;
      if (reads === 3) settle(scene, TO, { machineDeployments: [MD], machinePools: [{ class: 'p', name: 'mp-0' }] });
    }),
  );
  expect(end).toMatchObject({ kind: 'stop', reason: 'change-reverted' });
  expect(end.note).toContain('does not hold nodegroup/md-0, MachinePool mp-0 back');
});

test('a topology that is at the version already: who goes along is told, and nobody is said to be held back', async () => {
  const scene = createUpgradeCase({ topology: true });
  scene.world.sleep(true);
  settle(scene, TO, { machineDeployments: [MD] });
  const { draft } = await scene.plan({ group: 'controlplane', to: TO });
  expect(draft.checks.find(({ id }) => id === 'capi-topology')).toMatchObject({
    verdict: 'warn',
    evidence: `the topology is at ${TO} already and does not hold nodegroup/md-0 back: they go there too`,
  });
  const step = draft.steps.find(({ kind }) => kind.startsWith('capi.apply'));
  expect(step?.summary).toBe(`Let the topology of Cluster prod/prod go on to ${TO}`);
});

describe('who is held back is freed later, and nobody approved that', () => {
  const FREED = { machineDeployments: [MD], machinePools: [{ class: 'p', name: 'mp-0' }] };
  const SAYS = `he topology of Cluster prod does not hold nodegroup/md-0, MachinePool mp-0 back any more: they go to ${TO} behind the control plane, and nobody approved that; last written by argocd-controller`;

  /** As a sync of what Git has: the version, and no annotations. */
  function free(scene: UpgradeCase): void {
    settle(scene, TO, FREED);
    const fieldsV1 = { 'f:spec': { 'f:topology': { 'f:workers': {} } } };
    const entry = { manager: 'argocd-controller', operation: 'Update', time: '2026-11-22T10:00:00Z', fieldsV1 };
    scene.world.edit(scene.world.cluster, (object) => ({
      ...object,
      metadata: { ...JsonObject.parse(object['metadata']), managedFields: [entry] },
    }));
  }

  test.each([
    ['before the first look', 'capi.roll@1', 'change-reverted'],
    ['before the last look', 'capi.verify@1', 'not-on-target'],
  ])('%s', async (_when, kind, reason) => {
    const scene = withPool();
    const { draft } = await scene.plan({ group: 'controlplane', to: TO });
    const at = draft.steps.findIndex((each) => each.kind === kind);
    const before = (index: number): void => (index === at ? free(scene) : undefined);
    const end = await scene.harness.run(groupRunbook, draft.steps, { before });
    expect(end).toMatchObject({ kind: 'stop', reason, step: at });
    expect(end.note).toContain(SAYS);
  });

  test('in the middle of the roll-out', async () => {
    const scene = withPool();
    const { draft } = await scene.plan({ group: 'controlplane', to: TO });
    let reads = 0;
    const end = await scene.harness.run(groupRunbook, draft.steps, {
      before: (index) => {
        if (draft.steps[index]?.kind !== 'capi.roll@1') return;
        scene.world.onRead(() => {
          reads += 1;
          if (reads === 4) free(scene);
        });
      },
    });
    expect(end).toMatchObject({ kind: 'stop', reason: 'change-reverted', note: expect.stringContaining(SAYS) });
    expect(reads).toBe(4);
    expect(Object.values(scene.world.versions('MachineSet'))).toEqual([OLD, OLD, OLD]);
  });

  test('what the same plan lets go is not missed by the look at its end; what it does not, is', async () => {
    const scene = withPool();
    const { draft } = await scene.plan({ group: 'controlplane', to: TO });
    const [together, alone] = [
      await scene.closing('controlplane', TO, ['md-0']),
      await scene.closing('controlplane', TO),
    ];
    expect(await scene.harness.run(groupRunbook, draft.steps)).toMatchObject({ kind: 'done' });
    settle(scene, TO, { machineDeployments: [MD], machinePools: [{ class: 'p', name: 'mp-0', ...HELD }] });
    expect(await scene.harness.run(groupRunbook, together)).toMatchObject({ kind: 'done' });
    expect(await scene.harness.run(groupRunbook, alone)).toMatchObject({
      reason: 'not-on-target',
      note: expect.stringContaining('does not hold nodegroup/md-0 back any more'),
    });
  });
});
