import { expect, test } from 'vitest';
import { z } from 'zod';
import { createUpgradeCase, groupRunbook, type UpgradeCase } from '../../../support/capi-upgrade-case.ts';

const TO = 'v1.31.4';
const Exported = z.object({
  kind: z.literal('List'),
  drydock: z.object({ cluster: z.string(), run: z.string() }),
  items: z.array(z.object({ kind: z.string(), metadata: z.record(z.string(), z.unknown()) })),
});

/** The text that a run kept. */
function kept({ store }: UpgradeCase): z.infer<typeof Exported> {
  const text = [...store.objects].find(([key]) => key.startsWith('prod/objects/'))?.[1];
  return Exported.parse(JSON.parse(z.string().parse(text)));
}

test('everything of the cluster is kept before its control plane moves, as it could be made again, and no Secret is read', async () => {
  const scene = createUpgradeCase();
  const { world, harness } = scene;
  world.merge(world.plane, {
    metadata: { annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{}', note: 'kept' } },
  });
  const { draft } = await scene.plan({ group: 'controlplane', to: TO });
  const [first] = draft.steps;
  if (first === undefined) throw new Error('no step');
  const end = await harness.run(groupRunbook, [first]);
  expect(end).toMatchObject({ kind: 'done', note: expect.stringMatching(/^12 objects, .*stored as prod\/objects\//) });

  const { items, drydock } = kept(scene);
  expect(drydock).toEqual({ cluster: 'prod', run: 'upgrade-prod-7f3k' });
  const counts = Object.groupBy(items, ({ kind }) => kind);
  expect(Object.entries(counts).map(([kind, all]) => `${all?.length} ${kind}`)).toEqual([
    '1 Cluster',
    '1 KubeadmControlPlane',
    '1 MachineDeployment',
    '1 MachineSet',
    '6 Machine',
    '2 DevMachineTemplate',
  ]);
  const names = new Set(items.flatMap(({ metadata }) => Object.keys(metadata)));
  for (const server of ['uid', 'resourceVersion', 'generation', 'creationTimestamp', 'managedFields'])
    expect(names).not.toContain(server);
  expect(JSON.stringify(items)).not.toContain('last-applied');
  expect(JSON.stringify(items)).toContain('"note":"kept"');
  expect(world.management.calls.filter(({ detail }) => /secret/i.test(detail))).toEqual([]);
});

test('a store that fails for a while is asked again, another cluster of the name is not exported', async () => {
  const scene = createUpgradeCase();
  const { draft } = await scene.plan({ group: 'controlplane', to: TO });
  const [first] = draft.steps;
  if (first === undefined) throw new Error('no step');
  scene.store.fail('keepObjects', { code: 'store', message: 'busy', store: 'away' });
  scene.store.onDone = () => scene.store.fail('keepObjects', null);
  expect(await scene.harness.run(groupRunbook, [first])).toMatchObject({ kind: 'done' });
  expect(scene.harness.words).toContain('Waiting: busy.');

  const { world } = scene;
  const { metadata, ...rest } = world.read(world.cluster);
  world.management.finish(world.cluster);
  world.management.put(JSON.parse(JSON.stringify({ ...rest, metadata: { name: metadata.name, namespace: 'prod' } })));
  expect(await scene.harness.run(groupRunbook, [first])).toMatchObject({ kind: 'stop', reason: 'plan-drifted' });
});

const SPEC = {
  kubeadmConfigSpec: {
    files: [{ path: '/etc/kubernetes/cloud.conf', content: 'ordinary-word', permissions: '0600' }],
    users: [{ name: 'capi', passwd: '$6$ordinary' }],
    joinConfiguration: { discovery: { bootstrapToken: { token: 'abcdef.0123456789abcdef' } } },
    preKubeadmCommands: ['curl -H "Authorization: Bearer s3cr3t-1234" https://example'],
  },
};

test.each([
  ['that does not encrypt gets no contents of files, no passwords and no tokens', [], 'were left out'],
  ['that encrypts gets all', ['age1recipient'], 'stored as'],
])('a store %s', async (_what, recipients, words) => {
  const scene = createUpgradeCase();
  const { world, store, harness } = scene;
  world.merge(world.plane, { spec: SPEC });
  if (store.vault.facts !== null)
    Object.assign(store.vault, {
      facts: { ...store.vault.facts, snapshot: { ...store.vault.facts.snapshot, recipients } },
    });
  const { draft } = await scene.plan({ group: 'controlplane', to: TO });
  const end = await harness.run(groupRunbook, draft.steps.slice(0, 1));

  expect(end).toMatchObject({ kind: 'done', note: expect.stringContaining(words) });
  const text = [...store.objects.values()].join('\n');
  const secrets = ['ordinary-word', '$6$ordinary', 'abcdef.0123456789abcdef', 's3cr3t-1234'];
  expect(secrets.filter((each) => text.includes(each))).toEqual(recipients.length === 0 ? [] : secrets);
  expect(text).toContain('/etc/kubernetes/cloud.conf');
  expect(text).toContain('"name": "capi"');
  expect(text.includes('This store does not encrypt')).toBe(recipients.length === 0);
});
