import { expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { clusterApiProvider } from '../../../../jobs/node-groups/cluster-api/provider.ts';
import { planGitops } from '../../../../jobs/steps/gitops/plan-gitops.ts';
import { JsonObject } from '../../../../src/core/json.ts';
import type { ObjectRef } from '../../../../src/core/ports/kubernetes.ts';
import { createUpgradeCase, groupRunbook, type UpgradeCase } from '../../../support/capi-upgrade-case.ts';
import { OLD } from '../../../support/capi-upgrade-objects.ts';
import { planContext } from '../../../support/plan-context.ts';

const TO = 'v1.30.8';

/** Argo CD says on an object that it keeps it. */
function tracked({ world }: UpgradeCase, ref: ObjectRef): void {
  const id = `clusters:${ref.apiVersion.split('/')[0]}/${ref.kind}:${ref.namespace}/${ref.name}`;
  world.merge(ref, { metadata: { annotations: { 'argocd.argoproj.io/tracking-id': id } } });
}

/** The file for Git that stops the upgrade of a group. */
async function fileOf(scene: UpgradeCase, name: string) {
  const context = planContext(scene.harness);
  const group = await scene.group(name);
  const order = { to: TO, controlPlaneFirst: false, by: 'T0HOME/U0OPERATOR', backup: null, options: {} };
  const { patches } = await clusterApiProvider.plan(context, group, order);
  const { checks, files } = await planGitops(context, patches, { suspend: false });
  expect(checks).toMatchObject([{ id: 'gitops', verdict: 'block' }]);
  expect(files).toHaveLength(1);
  return { text: files[0]?.text ?? '', evidence: checks[0]?.evidence ?? '' };
}

function documentsIn(text: string): readonly JsonObject[] {
  return parseAllDocuments(text).map((each) => JsonObject.parse(each.toJS()));
}

test.each([
  ['controlplane', 'KubeadmControlPlane'],
  ['md-0', 'MachineSet'],
] as const)(
  'the file of %s is whole: with nothing but its documents in the cluster the upgrade goes to its end',
  async (name, machines) => {
    const scene = createUpgradeCase();
    const { world } = scene;
    if (name === 'md-0') await scene.upgrade('controlplane', TO);
    const ref = name === 'md-0' ? world.deployment : world.plane;
    tracked(scene, ref);
    const { text } = await fileOf(scene, name);
    const [template, patch, ...more] = documentsIn(text);
    expect(more).toEqual([]);
    expect(template).toMatchObject({ kind: 'DevMachineTemplate', metadata: { namespace: 'prod' } });
    expect(Object.keys(JsonObject.parse(template?.['metadata'])).toSorted()).toEqual([
      'annotations',
      'labels',
      'name',
      'namespace',
    ]);
    expect(JSON.stringify(template)).not.toMatch(/argocd|resourceVersion|drydock\.dev\/run/);
    expect(patch).toMatchObject({ kind: ref.kind, metadata: { name: ref.name, namespace: 'prod' } });

    const before = scene.harness.acts.length;
    world.management.put(template ?? {});
    world.merge(ref, { spec: JsonObject.parse(patch?.['spec']) });
    const { draft, blocks } = await scene.plan({ group: name, to: TO });
    expect(blocks).toEqual([]);
    expect(await scene.harness.run(groupRunbook, draft.steps)).toMatchObject({ kind: 'done' });
    expect(new Set(Object.values(world.versions(machines)))).toEqual(new Set([TO]));
    expect(scene.harness.acts.slice(before).filter(({ action }) => action.startsWith('create'))).toEqual([]);
  },
);

test('the template in the file is the one that Drydock makes', async () => {
  const scene = createUpgradeCase();
  tracked(scene, scene.world.plane);
  const [template] = documentsIn((await fileOf(scene, 'controlplane')).text);
  const { draft } = await scene.plan({ group: 'controlplane', to: TO });
  await scene.harness.run(groupRunbook, draft.steps);
  const { name } = z.looseObject({ name: z.string() }).parse(template?.['metadata']);
  const made = scene.world.read(scene.world.template(name));
  expect(made['spec']).toEqual(template?.['spec']);
  expect(made.metadata.annotations).toEqual(JsonObject.parse(template?.['metadata'])['annotations']);
});

test('of a ClusterClass it is the version of the topology, and says what keeps node groups behind', async () => {
  const scene = createUpgradeCase({ topology: true });
  tracked(scene, scene.world.cluster);
  const { text, evidence } = await fileOf(scene, 'controlplane');
  expect(documentsIn(text)).toEqual([
    expect.objectContaining({ kind: 'Cluster', spec: { topology: { version: TO } } }),
  ]);
  expect(text).toContain(`# spec.topology.version: ${OLD} becomes ${TO}`);
  // Who commits it, and who is stopped, reads that workers follow at once, and what the cluster has that Git has not.
  for (const told of [text, evidence]) {
    expect(told).toContain('every node group and pool of the topology follows at once behind the control plane');
    expect(told).toContain('metadata.annotations "topology.cluster.x-k8s.io/defer-upgrade: drydock"');
    expect(told).toContain('until Git has the same, Argo CD says OutOfSync of the Cluster');
  }
});
