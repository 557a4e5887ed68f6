import { describe, expect, test } from 'vitest';
import { createEksaCase, type EksaCase, planOf, ran } from '../../../support/capi-case.ts';
import { annotated } from '../../../support/capi-objects.ts';

test('the machine is deleted, its controller replaces the member, and the API servers are waited for', async () => {
  const scene = createEksaCase();
  const { draft } = await planOf(scene);
  expect(draft.steps.map(({ kind }) => kind)).toEqual([
    'eksa.remove-machine@1',
    'capi.await@1',
    'eksa.await-endpoints@1',
  ]);
  expect(draft.gates).toMatchObject([{ id: 'delete-machine', expect: 'prod-etcd-2' }]);

  expect(await ran(scene)).toMatchObject({ kind: 'done' });
  expect(scene.harness.etcd.ring.members.map(({ name }) => name)).toEqual(['etcd-1', 'etcd-3', 'etcd-4']);
  expect(scene.harness.acts.map(({ action, observed }) => `${action} ${observed?.result}`)).toEqual([
    'delete-machine done',
  ]);
  expect(scene.harness.etcd.calls.filter(({ method }) => method === 'removeMember')).toEqual([]);
});

test('a member that its controller leaves in the list is told of', async () => {
  const end = await ran(createEksaCase({ keepsMember: true }));
  expect(end).toMatchObject({ kind: 'stop', reason: 'operator-stuck', step: 1 });
  expect(end.note).toContain('is still in the list');
});

test('API servers that keep the old endpoints are told of by name', async () => {
  const end = await ran(createEksaCase({ neverRolls: true }));
  expect(end).toMatchObject({ kind: 'stop', reason: 'operator-stuck', step: 2 });
  expect(end.note).toContain('kube-apiserver-cp-1 does not name https://10.0.0.14:2379 yet');
  expect(end.note).toContain('kube-apiserver-cp-2 still names https://10.0.0.12:2379');
});

describe('the plan is blocked', () => {
  const cases: Readonly<Record<string, { readonly change: (scene: EksaCase) => void; readonly words: string }>> = {
    'retries that are no number': {
      change: ({ world }) =>
        world.edit(world.etcdCluster, (it) =>
          annotated(it, 'etcdcluster.cluster.x-k8s.io/healthcheck-retries', 'five'),
        ),
      words: "is 'five', which its controller reads as 0 tries",
    },
    paused: {
      change: ({ world }) => world.edit(world.etcdCluster, (it) => annotated(it, 'cluster.x-k8s.io/paused')),
      words: 'EtcdadmCluster prod-etcd carries cluster.x-k8s.io/paused',
    },
    'being rolled': {
      change: ({ world }) =>
        world.edit(world.etcdCluster, (it) => annotated(it, 'etcdcluster.cluster.x-k8s.io/upgrading')),
      words: 'it is being rolled',
    },
    'a second member silent': {
      change: ({ harness }) => harness.etcd.cut('etcd-3'),
      words: 'without prod-etcd-2 1 of 3 members would be healthy, and 2 are needed',
    },
    'another machine being made': {
      change: ({ world }) =>
        world.edit(world.machine('etcd-3'), (it) => ({ ...it, status: { phase: 'Provisioning' } })),
      words: 'etcd-3',
    },
    'no right to delete machines': {
      change: ({ world }) => world.management.forbid({ verb: 'delete', resource: 'machines' }),
      words: 'may not delete machines',
    },
  };
  test.each(Object.entries(cases))('%s', async (_name, { change, words }) => {
    const scene = createEksaCase();
    change(scene);
    expect((await planOf(scene)).blocks.map(({ evidence }) => evidence).join('; ')).toContain(words);
  });

  test('but not when retries are switched off in order', async () => {
    const scene = createEksaCase();
    scene.world.edit(scene.world.etcdCluster, (it) =>
      annotated(it, 'etcdcluster.cluster.x-k8s.io/healthcheck-retries', '0'),
    );
    expect((await planOf(scene)).blocks).toEqual([]);
  });
});

test.each(['intent-stored', 'call-made', 'observed-stored'] as const)(
  'a worker that dies at %s leaves one deletion and the same end',
  async (point) => {
    const scene = createEksaCase();
    scene.harness.crashAt(point, 1);
    expect(await ran(scene)).toMatchObject({ kind: 'done' });
    expect(scene.harness.deaths()).toBe(1);
    expect(deletions(scene)).toHaveLength(1);
    expect(scene.harness.etcd.ring.members.map(({ name }) => name)).toEqual(['etcd-1', 'etcd-3', 'etcd-4']);
  },
);

test.each([true, false])('an answer that was lost is looked for (it happened: %s)', async (happens) => {
  const scene = createEksaCase();
  scene.world.management.fail({ method: 'delete', error: { code: 'unknown-outcome', message: 'cut' }, happens });
  expect(await ran(scene)).toMatchObject({ kind: 'done' });
  expect(scene.harness.acts.map(({ observed }) => observed?.result)).toEqual(happens ? ['done'] : ['not-done', 'done']);
});

describe('another member falls ill while its controller works', () => {
  test('and comes back: it is waited for', async () => {
    const scene = createEksaCase();
    const { draft } = await planOf(scene);
    const { etcd, clock } = scene.harness;
    const end = await scene.harness.run(scene.runbook, draft.steps, {
      before: (index) => {
        if (index !== 1) return;
        etcd.cut('etcd-3');
        void clock.sleep(40_000).then(() => etcd.heal('etcd-3'));
      },
    });
    expect(end).toMatchObject({ kind: 'done' });
  });

  test('before its machine is deleted: nothing is', async () => {
    const scene = createEksaCase();
    const { draft } = await planOf(scene);
    const end = await scene.harness.run(scene.runbook, draft.steps, {
      before: (index) => (index === 0 ? scene.harness.etcd.cut('etcd-3') : undefined),
    });
    expect(end).toMatchObject({ kind: 'stop', reason: 'second-member-sick' });
    expect(deletions(scene)).toEqual([]);
  });
});

function deletions({ world }: EksaCase) {
  return world.management.calls.filter(({ method }) => method === 'delete');
}
