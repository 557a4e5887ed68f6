import { describe, expect, test } from 'vitest';
import { createUpgradeCase, type UpgradeCase } from '../../../support/capi-upgrade-case.ts';
import type { UpgradeWorldOptions } from '../../../support/capi-upgrade-world.ts';

const TO = 'v1.31.4';

interface Refusal {
  readonly what: string;
  readonly options?: UpgradeWorldOptions;
  readonly group?: string;
  readonly to?: string;
  readonly image?: string;
  readonly before?: (scene: UpgradeCase) => void;
  readonly says: string;
}

const REFUSALS: readonly Refusal[] = [
  { what: 'an older version', to: 'v1.29.9', says: 'v1.29.9 is older' },
  { what: 'two minor versions up', to: 'v1.32.0', says: 'more than one minor version up' },
  { what: 'a node group above its control plane', group: 'md-0', says: 'upgrade it to v1.31.4 first' },
  {
    what: 'an even number of replicas',
    before: ({ world }) => world.merge(world.plane, { spec: { replicas: 2 } }),
    says: 'only odd numbers',
  },
  {
    what: 'maxSurge 0 with one replica',
    before: ({ world }) =>
      world.merge(world.plane, {
        spec: { replicas: 1, rollout: { strategy: { rollingUpdate: { maxSurge: 0 } } } },
      }),
    says: 'a machine would go before the next is there',
  },
  {
    what: 'OnDelete',
    group: 'md-0',
    to: 'v1.30.6',
    before: ({ world }) => world.merge(world.deployment, { spec: { rollout: { strategy: { type: 'OnDelete' } } } }),
    says: 'only when somebody deletes them',
  },
  {
    what: 'a node group that is behind by a minor version',
    before: ({ world }) => world.merge(world.deployment, { spec: { template: { spec: { version: 'v1.29.4' } } } }),
    says: 'nodegroup/md-0 (v1.29.4) is behind the control plane (v1.30.6)',
  },
  {
    what: 'an image that does not say its version',
    before: ({ world }) =>
      world.merge(world.template('prod-cp'), { spec: { template: { spec: { image: 'dev/node:latest' } } } }),
    says: 'does not contain v1.30.6: name the image of v1.31.4 with --image',
  },
  {
    what: 'a webhook that refuses',
    before: ({ world }) =>
      world.management.fail({
        method: 'patchJson',
        error: { code: 'invalid', message: 'admission webhook denied the request: cannot update' },
      }),
    says: 'change KubeadmControlPlane prod-cp: admission webhook denied the request',
  },
  {
    what: 'a missing right to make templates',
    before: ({ world }) => world.management.forbid({ verb: 'create', resource: 'devmachinetemplates' }),
    says: 'create DevMachineTemplate prod-cp-',
  },
  {
    what: 'a template that is gone',
    before: ({ world }) => world.management.finish(world.template('prod-cp')),
    says: 'DevMachineTemplate prod-cp could not be read',
  },
  {
    what: 'a hook of the topology',
    options: { topology: true },
    before: ({ world }) =>
      world.merge(world.cluster, {
        metadata: { annotations: { 'before-upgrade.hook.cluster.cluster.x-k8s.io/approval': '' } },
      }),
    says: 'hook approval, which holds an upgrade before it begins',
  },
  {
    what: 'a node group before its topology',
    options: { topology: true },
    group: 'md-0',
    says: 'the topology of Cluster prod is at v1.30.6: a node group goes to the version of the topology',
  },
  {
    what: 'an owner of a topology whose Cluster has none',
    before: ({ world }) =>
      world.merge(world.plane, { metadata: { labels: { 'topology.cluster.x-k8s.io/owned': '' } } }),
    says: 'a change would be taken back',
  },
  {
    what: 'a topology that is being changed',
    options: { topology: true },
    before: ({ world }) =>
      world.merge(world.cluster, {
        status: {
          conditions: [
            {
              type: 'TopologyReconciled',
              status: 'False',
              reason: 'MachineDeploymentsUpgradePending',
              message: 'md-1',
            },
          ],
        },
      }),
    says: 'TopologyReconciled is False: MachineDeploymentsUpgradePending, md-1',
  },
];

describe('it is refused in the plan, and nothing is changed:', () => {
  test.each(REFUSALS)('$what', async ({ options = {}, group = 'controlplane', to = TO, image, before, says }) => {
    const scene = createUpgradeCase(options);
    scene.world.sleep(true);
    before?.(scene);
    const { blocks } = await scene.plan({ group, to, ...(image === undefined ? {} : { image }) });
    expect(blocks.join('\n')).toContain(says);
    expect(scene.harness.acts).toEqual([]);
  });
});

test('an image that is given by name is used', async () => {
  const scene = createUpgradeCase();
  const { blocks, steps } = await scene.plan({ group: 'controlplane', to: TO, image: 'dev/node:mine' });
  expect(blocks).toEqual([]);
  expect(steps.find(({ kind }) => kind.startsWith('capi.apply'))?.summary).toContain('with dev/node:mine');
});

test('without access to etcd there is no backup, and so no upgrade of a control plane', async () => {
  const scene = createUpgradeCase({ etcdAccess: null });
  const { blocks } = await scene.plan({ group: 'controlplane', to: TO });
  expect(blocks).toEqual(['backup: the configuration of prod does not say how']);
});

test('a cluster of EKS Anywhere, and one without a management cluster, are refused with words', async () => {
  const anywhere = createUpgradeCase({ platform: 'eks-anywhere' });
  expect((await anywhere.plan({ group: 'md-0', to: TO })).blocks.join()).toContain('Drydock does not upgrade it yet');
  const alone = createUpgradeCase({ management: null });
  expect((await alone.plan({ group: 'md-0', to: TO })).blocks.join()).toContain('has no `management`');
});

test('nodes that say another cluster than the configuration are not acted on', async () => {
  const scene = createUpgradeCase({ management: { namespace: 'other' } });
  expect((await scene.plan({ group: 'md-0', to: TO })).blocks.join()).toContain(
    'the configuration names namespace other',
  );
});
