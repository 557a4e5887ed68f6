import { describe, expect, test } from 'vitest';
import { type CapiCase, createCapiCase } from '../../../support/capi-case.ts';
import { annotated } from '../../../support/capi-objects.ts';

describe('the plan is blocked', () => {
  const cases: Readonly<Record<string, { readonly change: (scene: CapiCase) => void; readonly words: string }>> = {
    'Cluster paused': {
      change: ({ world }) =>
        world.edit(world.cluster, (it) => ({ ...it, spec: { ...Object(it['spec']), paused: true } })),
      words: 'Cluster prod is paused',
    },
    'Cluster being deleted': {
      change: ({ world }) =>
        world.edit(world.cluster, (it) => ({
          ...it,
          metadata: { ...Object(it['metadata']), deletionTimestamp: '2026-11-21T10:00:00Z', finalizers: ['x'] },
        })),
      words: 'Cluster prod is being deleted',
    },
    'control plane paused': {
      change: ({ world }) => world.edit(world.controlPlane, (it) => annotated(it, 'cluster.x-k8s.io/paused')),
      words: 'prod-cp carries cluster.x-k8s.io/paused',
    },
    'machine to be left alone': {
      change: ({ world }) =>
        world.edit(world.machine('cp-2'), (it) => annotated(it, 'cluster.x-k8s.io/skip-remediation')),
      words: 'skip-remediation',
    },
    'another machine being deleted': {
      change: ({ world }) =>
        world.edit(world.machine('cp-3'), (it) => ({
          ...it,
          metadata: { ...Object(it['metadata']), deletionTimestamp: '2026-11-21T09:00:00Z' },
        })),
      words: 'Machine prod-cp-cp-3 is being deleted since 2026-11-21T09:00:00Z',
    },
    'another machine without a node': {
      change: ({ world }) => world.edit(world.machine('cp-3'), (it) => ({ ...it, status: { phase: 'Provisioning' } })),
      words: 'cp-3',
    },
    'a remediation under way': {
      change: ({ world }) =>
        world.edit(world.controlPlane, (it) =>
          annotated(
            it,
            'controlplane.cluster.x-k8s.io/remediation-in-progress',
            '{"machine":"x","timestamp":"2026-11-21T09:00:00Z","retryCount":0}',
          ),
        ),
      words: 'in the middle of a remediation of x since 2026-11-21T09:00:00Z',
    },
    'a learner': {
      change: ({ harness }) => void harness.etcd.addLearner({ name: 'cp-9' }),
      words: 'cp-9 is a learner',
    },
    'a second member silent': {
      change: ({ harness }) => harness.etcd.cut('cp-3'),
      words: 'without prod-cp-cp-2 1 of 2 members would be healthy, and 2 are needed',
    },
    'too many tries': {
      change: ({ world }) => {
        world.edit(world.controlPlane, (it) => ({
          ...it,
          spec: { ...Object(it['spec']), remediation: { maxRetry: 2 } },
        }));
        world.edit(world.machine('cp-2'), (it) =>
          annotated(
            it,
            'controlplane.cluster.x-k8s.io/remediation-for',
            '{"machine":"old","timestamp":"2099-01-01T00:00:00Z","retryCount":2}',
          ),
        );
      },
      words: '2 tries of at most 2',
    },
    'health check of somebody else': {
      change: ({ world }) =>
        world.edit({ ...world.cluster, kind: 'MachineHealthCheck', name: 'prod-cp' }, (it) => ({
          ...it,
          spec: { ...Object(it['spec']), remediation: { templateRef: { kind: 'Rebooter', name: 'reboot' } } },
        })),
      words: 'hands prod-cp-cp-2 to Rebooter reboot',
    },
    'no right to patch machines': {
      change: ({ world }) => world.management.forbid({ verb: 'patch', resource: 'machines' }),
      words: 'may not patch machines of cluster.x-k8s.io in namespace prod',
    },
    'machines of another cluster': {
      change: ({ world }) => {
        for (const node of ['cp-1', 'cp-2', 'cp-3'])
          world.edit(world.machine(node), (it) => ({
            ...it,
            spec: { ...Object(it['spec']), providerID: `dev:////other-${node}` },
            status: { ...Object(it['status']), addresses: [{ type: 'InternalIP', address: '10.9.9.9' }] },
          }));
      },
      words: 'neither uid, provider id nor address fits',
    },
    'a machine of nobody': {
      change: ({ world }) =>
        world.edit(world.machine('cp-2'), (it) => ({
          ...it,
          metadata: { ...Object(it['metadata']), ownerReferences: [] },
        })),
      words: 'is controlled by nobody',
    },
  };
  test.each(Object.entries(cases))('%s', async (_name, { change, words }) => {
    const scene = createCapiCase();
    change(scene);
    const draft = await scene.harness.plan(scene.runbook, {});
    const blocks = draft.checks.filter(({ verdict }) => verdict === 'block');
    expect(blocks.map(({ evidence }) => evidence).join('; ')).toContain(words);
  });
});
