import { describe, expect, test } from 'vitest';
import { JsonObject } from '../../../../src/core/json.ts';
import { createUpgradeCase, groupRunbook, type UpgradeCase } from '../../../support/capi-upgrade-case.ts';
import { OLD } from '../../../support/capi-upgrade-objects.ts';

const TO = 'v1.31.4';
/** Index of the step that applies: behind the export, the backup and its manifest. */
const APPLY = 3;

async function ran(happens: (scene: UpgradeCase) => void, at: number) {
  const scene = createUpgradeCase();
  const { steps } = await scene.plan({ group: 'controlplane', to: TO });
  const end = await scene.harness.run(groupRunbook, steps, {
    before: (index) => {
      if (index === at) happens(scene);
    },
  });
  return { scene, end };
}

const NO_KIND = { code: 'no-such-kind', message: 'the server does not serve Machine' } as const;

describe('an API server that serves fewer kinds than a moment ago', () => {
  test.each(['get', 'list'] as const)('is waited for while machines are replaced: %s', async (method) => {
    const { scene, end } = await ran(
      ({ world }) => world.management.fail({ method, error: NO_KIND, times: 6 }),
      APPLY + 1,
    );
    expect(end).toMatchObject({ kind: 'done' });
    expect(scene.harness.words.join('\n')).toContain('the server does not serve Machine');
  });

  test('is waited for before the call', async () => {
    const { scene, end } = await ran(
      ({ world }) => world.management.fail({ method: 'list', error: NO_KIND, times: 14 }),
      APPLY,
    );
    expect(end).toMatchObject({ kind: 'done' });
    expect(scene.harness.words.join('\n')).toContain('Waiting: The management cluster: the server does not serve');
  });

  test('and stays so: the watch ends as with a silent one', async () => {
    const { end } = await ran(
      ({ world }) => world.management.fail({ method: 'list', error: NO_KIND, times: 9999 }),
      APPLY + 1,
    );
    expect(end).toMatchObject({ kind: 'stop', reason: 'management-silent' });
  });

  test('and stays so at the end: nobody says that the group is not at the version', async () => {
    const { end } = await ran(
      ({ world }) => world.management.fail({ method: 'list', error: NO_KIND, times: 9999 }),
      APPLY + 2,
    );
    expect(end).toMatchObject({ kind: 'stop', reason: 'management-silent', step: APPLY + 2 });
  });

  test.each([APPLY, APPLY + 1])('a Cluster that it serves and does not have ends the run (step %s)', async (at) => {
    const { end } = await ran(({ world }) => world.management.finish(world.cluster), at);
    expect(end).toMatchObject({ kind: 'stop', reason: 'plan-drifted', step: at });
    expect(end.note).toContain('here is no Cluster prod/prod');
  });
});

test('what a provider appends to a version tells two versions of a Machine apart, though no kubelet says so', async () => {
  const scene = createUpgradeCase();
  const { world } = scene;
  const [from, to] = [`${OLD}+vmware.1`, `${OLD}+vmware.2`];
  world.merge(world.plane, { spec: { version: from } });
  for (const name of ['m-cp-1', 'm-cp-2', 'm-cp-3']) world.merge(world.machine(name), { spec: { version: from } });
  const { steps, blocks } = await scene.plan({ group: 'controlplane', to, image: 'dev/node:vmware.2' });
  expect(blocks).toEqual([]);
  expect(await scene.harness.run(groupRunbook, steps)).toMatchObject({ kind: 'done' });
  expect(scene.harness.words.join('\n')).toMatch(/of 3: 3 old machines left/);
  expect(Object.values(world.versions('KubeadmControlPlane'))).toEqual([to, to, to]);
});

describe('the control plane of a Cluster is the one that it names:', () => {
  test('of another kind it is none of ours, whatever bears the label of the cluster', async () => {
    const scene = createUpgradeCase();
    const { world } = scene;
    world.merge(world.cluster, { spec: { controlPlaneRef: { kind: 'RKE2ControlPlane', name: 'prod-cp' } } });
    expect((await scene.groups()).map(({ name }) => name)).toEqual(['md-0']);
  });

  test('of another name it is not taken', async () => {
    const scene = createUpgradeCase();
    const { world } = scene;
    world.edit(world.cluster, (object) => ({
      ...object,
      spec: {
        ...JsonObject.parse(object['spec']),
        controlPlaneRef: { kind: 'KubeadmControlPlane', name: 'prod-new' },
      },
    }));
    await expect(scene.groups()).rejects.toThrow('names KubeadmControlPlane prod-new, which is not among those');
  });
});
