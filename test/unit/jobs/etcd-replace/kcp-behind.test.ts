import { expect, test } from 'vitest';
import { etcdReplace } from '../../../../jobs/etcd-replace/runbook.ts';
import { removeFrom } from '../../../fakes/etcd-membership.ts';
import { type CapiCase, createCapiCase } from '../../../support/capi-case.ts';
import { recordRing } from '../../../support/past-ring.ts';
import { paramsOf, SHORT } from '../../../support/replace-matrix/scene.ts';
import { createSmallVault } from '../../../support/small-vault.ts';

/** Somebody removed the member before anybody asked; its machine is still there. */
function removedByHand(): CapiCase {
  const scene = createCapiCase();
  const { ring } = scene.harness.etcd;
  ring.removed.push(...ring.members.splice(1, 1));
  return scene;
}

test('behind a removal by hand the machine is replaced all the same', async () => {
  const scene = removedByHand();
  const draft = await scene.harness.plan(scene.runbook, {});
  expect(draft.checks.filter(({ verdict }) => verdict === 'block')).toEqual([]);
  expect(draft.gates).toMatchObject([{ expect: 'prod-cp-cp-2', title: expect.not.stringContaining('member') }]);

  expect(await scene.harness.run(scene.runbook, draft.steps)).toMatchObject({ kind: 'done' });
  expect(scene.harness.etcd.ring.members.map(({ name }) => name)).toEqual(['cp-1', 'cp-3', 'cp-4']);
  expect(scene.harness.outputs.at(-1)).toMatchObject({
    removed: null,
    added: { peerUrls: ['https://10.0.0.14:2380'] },
  });
});

test('behind a removal by hand nothing is asked while one of the others is away', async () => {
  const scene = removedByHand();
  const draft = await scene.harness.plan(scene.runbook, {});
  scene.harness.etcd.cut('cp-3');
  expect(await scene.harness.run(scene.runbook, draft.steps)).toMatchObject({ reason: 'second-member-sick' });
  expect(scene.harness.acts).toEqual([]);
});

test('without a management cluster in the configuration the plan says what is missing', async () => {
  const scene = createCapiCase({ harness: { cluster: { platform: 'cluster-api', management: null } } });
  const draft = await scene.harness.plan(scene.runbook, {});
  expect(draft.steps).toEqual([]);
  expect(draft.checks).toMatchObject([
    { id: 'controller', verdict: 'block', evidence: expect.stringContaining('has no `management`') },
  ]);
});

test.each([
  ['that it cannot be read', 'forbidden', 'no right to list machines', 'The management cluster could not be read'],
  ['that it is away', 'unreachable', 'no route', 'The management cluster could not be read'],
] as const)('the plan says of the management cluster %s', async (_what, code, message, title) => {
  const scene = createCapiCase();
  scene.world.management.fail({ method: 'list', error: { code, message }, times: 10 });
  const draft = await scene.harness.plan(scene.runbook, {});
  expect(draft.checks).toMatchObject([
    { id: 'controller', verdict: 'block', title, evidence: expect.stringContaining(message) },
  ]);
});

test('a member that answers and leads hands leadership on first, behind the same gate', async () => {
  const scene = createCapiCase({ condition: 'data-differs' });
  scene.harness.etcd.changeLeader('cp-2');
  const draft = await scene.harness.plan(scene.runbook, {});
  expect(draft.checks.filter(({ verdict }) => verdict === 'block')).toEqual([]);
  expect(draft.steps.map(({ kind }) => kind)).toEqual(['etcd.move-leader@1', 'capi.remediate@1', 'capi.await@1']);
  expect(draft.gates).toMatchObject([{ id: 'delete-machine', beforeStep: 0 }]);

  expect(await scene.harness.run(scene.runbook, draft.steps)).toMatchObject({ kind: 'done' });
  expect(scene.harness.acts.map(({ action }) => action)).toEqual(['move-leader', 'remediate']);
  expect(scene.harness.etcd.ring.members.map(({ name }) => name)).toEqual(['cp-1', 'cp-3', 'cp-4']);
});

test('member and node are gone, and its machine stands: the controller is asked all the same', async () => {
  const store = createSmallVault();
  const { harness, world } = createCapiCase({ backups: store.vault, replace: SHORT });
  const { etcd } = harness;
  recordRing(etcd, store, 'cluster-api');
  removeFrom(etcd.ring, etcd.member('cp-2').id);
  world.workload.finish({ apiVersion: 'v1', kind: 'Node', namespace: null, name: 'cp-2' });
  const draft = await harness.plan(etcdReplace, paramsOf('cp-2'));

  expect(draft.checks.filter(({ verdict }) => verdict === 'block')).toEqual([]);
  expect(draft.gates).toMatchObject([{ expect: 'prod-cp-cp-2' }]);
  expect(await harness.run(etcdReplace, draft.steps)).toMatchObject({ kind: 'done' });
  expect(etcd.ring.members.map(({ name }) => name)).toEqual(['cp-1', 'cp-3', 'cp-4']);
});
