import { describe, expect, test } from 'vitest';
import { etcdReplace } from '../../../../jobs/etcd-replace/runbook.ts';
import type { ReplaceCase } from '../../../../src/core/etcd/diagnosis/case.ts';
import { JsonObject } from '../../../../src/core/json.ts';
import type { ObjectRef } from '../../../../src/core/ports/kubernetes.ts';
import type { PlanDraft } from '../../../../src/core/runbook.ts';
import { removeFrom } from '../../../fakes/etcd-membership.ts';
import { kubeadmScene } from '../../../support/kubeadm-scene.ts';
import { machineOf, nodeOf } from '../../../support/ocp-replace/objects.ts';
import { OCP_MEMBERS, type OcpScene, ocpScene } from '../../../support/ocp-replace/scene.ts';
import { recordRing } from '../../../support/past-ring.ts';
import { paramsOf, SHORT } from '../../../support/replace-matrix/scene.ts';
import { createSmallVault } from '../../../support/small-vault.ts';

const SMALL = { dbSizeBytes: 64 * 1024, dbSizeInUseBytes: 32 * 1024 };
const NODE: ObjectRef = { apiVersion: 'v1', kind: 'Node', namespace: null, name: 'cp-2' };
const OLD = 'ocp-master-1';
const NEXT = 'ocp-master-3';

function machineRef(name: string): ObjectRef {
  return { apiVersion: 'machine.openshift.io/v1beta1', kind: 'Machine', namespace: 'openshift-machine-api', name };
}

/** Where an earlier run ended: the member is out of the list, its node is deleted. */
async function ended(id: ReplaceCase = 'ocp-machine'): Promise<OcpScene> {
  const store = createSmallVault();
  const scene = await ocpScene({
    case: id,
    pace: 0.1,
    replace: SHORT,
    backups: store.vault,
    etcd: { members: OCP_MEMBERS.map((each) => Object.assign({}, each, SMALL)) },
  });
  const { etcd } = scene.harness;
  recordRing(etcd, store, 'openshift');
  removeFrom(etcd.ring, etcd.member('cp-2').id);
  scene.world.fake.finish(NODE);
  scene.world.fake.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'openshift-etcd-operator' } });
  return scene;
}

/** Its Machine went, too. */
function loseMachine({ world }: OcpScene): void {
  world.fake.finish(machineRef(OLD));
}

async function planOf({ harness }: OcpScene, name = 'cp-2', kind: 'member' | 'node' = 'node'): Promise<PlanDraft> {
  return await harness.plan(etcdReplace, { ...paramsOf(name), target: { kind, name } });
}

function blocksOf({ checks }: PlanDraft): readonly string[] {
  return checks.filter(({ verdict }) => verdict === 'block').map(({ id, evidence }) => `${id}: ${evidence}`);
}

function kindsOf({ steps }: PlanDraft): readonly string[] {
  return steps.map(({ kind }) => kind).filter((kind) => /^(ocp|node)\./.test(kind));
}

describe('OpenShift, behind the deletion of the node', () => {
  test('the old Machine stands still: it goes, and a new one is made', async () => {
    const scene = await ended();
    const draft = await planOf(scene);

    expect(blocksOf(draft)).toEqual([]);
    expect(draft.facts).toMatchObject({ case: 'ocp-machine', machine: { name: OLD }, newMachine: NEXT });
    expect(draft.gates.map(({ expect: typed }) => typed)).toEqual(['cp-2', OLD]);
    expect(await scene.harness.run(etcdReplace, draft.steps)).toMatchObject({ kind: 'done' });
    expect(scene.ring()).toEqual(['cp-1', 'cp-3', 'cp-4']);
    expect(scene.world.fake.read(machineRef(OLD))).toBeNull();
  });

  test.each(['without a node yet', 'with its node'])('the next Machine was made, %s: it is waited for', async (how) => {
    const scene = await ended();
    loseMachine(scene);
    const isThere = how === 'with its node';
    const made = machineOf(NEXT, isThere ? 'cp-4' : null);
    scene.world.fake.put(made);
    if (isThere) scene.world.fake.put(nodeOf('cp-4', true));
    const draft = await planOf(scene);

    expect(blocksOf(draft)).toEqual([]);
    expect(draft.facts).toMatchObject({ case: 'ocp-machine', machine: null, newMachine: NEXT });
    expect(kindsOf(draft)).toEqual([
      'ocp.guard-off@1',
      'ocp.delete-secrets@1',
      'ocp.await-machine@1',
      'ocp.await-members@1',
      'ocp.guard-back@1',
      'ocp.redeploy@1',
      'ocp.await-revision@1',
    ]);
    expect(await scene.harness.run(etcdReplace, draft.steps)).toMatchObject({ kind: 'done' });
    expect(scene.ring()).toEqual(['cp-1', 'cp-3', 'cp-4']);
    expect(scene.world.overrides()).toBeNull();
    expect(scene.acts().filter((each) => /machine/.test(each))).toEqual([]);
  });

  test('the next one was made, and the old one is still ending: both are waited for', async () => {
    const scene = await ended();
    const { fake, knobs } = scene.world;
    knobs.finalizer = 'example.com/held';
    const { signal } = new AbortController();
    const uid = fake.read(machineRef(OLD))?.metadata.uid ?? '';
    await fake.port.delete(machineRef(OLD), { preconditions: { uid }, timeoutMs: 1000, signal });
    fake.put(machineOf(NEXT, null));
    const draft = await planOf(scene, 'cp-2', 'member');
    knobs.finalizer = null;

    expect(blocksOf(draft)).toEqual([]);
    expect(draft.facts).toMatchObject({ machine: { name: OLD }, newMachine: NEXT });
    expect(await scene.harness.run(etcdReplace, draft.steps)).toMatchObject({ kind: 'done' });
    expect(scene.ring()).toEqual(['cp-1', 'cp-3', 'cp-4']);
  });

  test('a health check that would delete the next one is paused meanwhile', async () => {
    const scene = await ended();
    loseMachine(scene);
    const { fake } = scene.world;
    fake.put(machineOf(NEXT, null));
    const check = { apiVersion: 'machine.openshift.io/v1beta1', kind: 'MachineHealthCheck' };
    fake.addKind({ ...check, namespaced: true, resource: 'machinehealthchecks', subresources: ['status'] });
    const selector = { matchLabels: { 'machine.openshift.io/cluster-api-machine-role': 'master' } };
    fake.put({ ...check, metadata: { name: 'masters', namespace: 'openshift-machine-api' }, spec: { selector } });
    const draft = await planOf(scene);

    expect(blocksOf(draft)).toEqual([]);
    const pauses = draft.steps.filter(({ kind }) => kind === 'foreign.pause@1').map(({ input }) => input);
    expect(JSON.stringify(pauses)).toContain('masters');
  });

  test('a next one that failed is to be deleted by hand, with the command', async () => {
    const scene = await ended();
    loseMachine(scene);
    scene.world.fake.put({ ...machineOf(NEXT, null), status: { phase: 'Failed', errorMessage: 'no capacity' } });
    const draft = await planOf(scene);

    expect(blocksOf(draft)).toEqual([expect.stringMatching(/^capacity: .*no capacity.*delete machine ocp-master-3/)]);
    expect(draft.steps).toEqual([]);
  });

  test('two Machines that carry no member: which is meant is not guessed', async () => {
    const scene = await ended();
    loseMachine(scene);
    scene.world.fake.put(machineOf(NEXT, null));
    scene.world.fake.put(machineOf('ocp-master-4', null));

    expect(blocksOf(await planOf(scene))).toEqual([
      expect.stringMatching(/^target: cp-2 is no member any more: .*ocp-master-3 and ocp-master-4/),
    ]);
  });

  test('no Machine at all: a person builds the host, or makes the one that was kept', async () => {
    const scene = await ended();
    loseMachine(scene);
    const draft = await planOf(scene);

    expect(blocksOf(draft)).toEqual([]);
    expect(draft.facts).toMatchObject({ case: 'ocp-host', machine: null, node: null });
    expect(draft.checks).toContainEqual(
      expect.objectContaining({ id: 'case', evidence: expect.stringContaining('oc create -f FILE') }),
    );
  });

  test('with a ControlPlaneMachineSet: what it makes is waited for', async () => {
    const scene = await ended('ocp-machine-cpms');
    loseMachine(scene);
    const draft = await planOf(scene);
    expect(blocksOf(draft)).toEqual([]);
    expect(draft.facts).toMatchObject({ case: 'ocp-machine-cpms', newMachine: null });
    const end = await scene.harness.run(etcdReplace, draft.steps, {
      before: (index) => {
        if (draft.steps[index]?.kind === 'ocp.await-machine@1') scene.world.fake.put(machineOf('ocp-master-x-1', null));
      },
    });
    expect(end).toMatchObject({ kind: 'done' });
    expect(scene.ring()).toEqual(['cp-1', 'cp-3', 'cp-4']);
  });

  test.each([
    ['cp-22', /^target: cp-22 is none of the members: .*it was none of the 3 voters at .*: cp-1, cp-2, cp-3$/],
    ['cp-4', /Nothing shows that it was removed before: it was none of the 3 voters/],
  ] as const)('the mistyped name %s is refused', async (name, why) => {
    const draft = await planOf(await ended(), name);
    expect(blocksOf(draft)).toEqual([expect.stringMatching(why)]);
    expect(draft.steps).toEqual([]);
  });

  test('a name whose Machine carries a member of now takes nothing of it along', async () => {
    const scene = await ended();
    const machine = JsonObject.parse(scene.world.object(machineRef('ocp-master-2')));
    const status = JsonObject.parse(machine['status']);
    // Its status is of before: the member on it is called cp-3.
    scene.world.fake.put({ ...machine, status: { ...status, nodeRef: { kind: 'Node', name: 'cp-2' } } });
    loseMachine(scene);
    const draft = await planOf(scene);

    expect(draft.facts).toMatchObject({ machine: null });
    expect(kindsOf(draft)).not.toContain('ocp.delete-machine@1');
  });
});

test('kubeadm, behind the deletion of the node: what a person joins is waited for', async () => {
  const scene = kubeadmScene({ sick: null, replace: SHORT });
  const { etcd } = scene.harness;
  recordRing(etcd, scene.store, 'kubeadm');
  scene.lose('cp-2');
  removeFrom(etcd.ring, etcd.member('cp-2').id);
  scene.fake.finish(NODE);
  const draft = await scene.plan('cp-2');

  expect(blocksOf(draft)).toEqual([]);
  expect(draft.facts).toMatchObject({ case: 'kubeadm-host', node: null });
  expect(draft.gates.map(({ id }) => id)).toEqual(['add-member', 'build-host']);
  const end = await scene.run(draft, {
    before: (index) => {
      if (draft.steps[index]?.kind === 'kubeadm.await-member@1') etcd.addLearner({ name: 'cp-4', isLearner: false });
    },
  });
  expect(end).toMatchObject({ kind: 'done' });
  expect(scene.members()).toEqual(['cp-1 voter', 'cp-3 voter', 'cp-4 voter']);
});

test('kubeadm: a mistyped name is refused', async () => {
  const scene = kubeadmScene({ sick: null });
  const { etcd } = scene.harness;
  recordRing(etcd, scene.store, 'kubeadm');
  removeFrom(etcd.ring, etcd.member('cp-2').id);
  scene.fake.finish(NODE);
  expect(blocksOf(await scene.plan('cp-9'))).toEqual([expect.stringMatching(/it was none of the 3 voters/)]);
});
