import { REMEDIATE_MACHINE } from '../../../src/core/cluster-api/names.ts';
import { JsonObject } from '../../../src/core/json.ts';
import type { ObjectRef } from '../../../src/core/ports/kubernetes.ts';
import type { FakeEtcdOptions } from '../../fakes/etcd.ts';
import type { FakeKubernetes } from '../../fakes/kubernetes.ts';
import { createCapiCase, createEksaCase } from '../capi-case.ts';
import { nodeOf } from '../ocp-replace/objects.ts';
import { OCP_MEMBERS, type OcpSceneOptions, ocpScene } from '../ocp-replace/scene.ts';
import { createSmallVault } from '../small-vault.ts';
import { hasShell, type MatrixScene, paramsOf, SHORT, wordsOf } from './scene.ts';

const SMALL = { dbSizeBytes: 64 * 1024, dbSizeInUseBytes: 32 * 1024 };
const MACHINES = { apiVersion: 'machine.openshift.io/v1beta1', namespace: 'openshift-machine-api' };
const CHECK: ObjectRef = { ...MACHINES, kind: 'MachineHealthCheck', name: 'masters' };
const NO_DEFRAG: ObjectRef = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  namespace: 'openshift-etcd-operator',
  name: 'etcd-disable-defrag',
};

/** A check that would delete the machine by itself, and so is paused. */
function putHealthCheck(fake: FakeKubernetes): void {
  const { apiVersion, kind, namespace, name } = CHECK;
  fake.addKind({ apiVersion, kind, namespaced: true, resource: 'machinehealthchecks', subresources: ['status'] });
  fake.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'openshift-etcd-operator' } });
  fake.put({
    apiVersion,
    kind,
    metadata: { name, namespace },
    spec: { selector: { matchLabels: { 'machine.openshift.io/cluster-api-machine-role': 'master' } } },
  });
}

/** Its machine is a host of metal, which a person builds anew. */
function putMetal(fake: FakeKubernetes): void {
  const object = JsonObject.parse(fake.read({ ...MACHINES, kind: 'Machine', name: 'ocp-master-1' }));
  const metadata = JsonObject.parse(object['metadata']);
  fake.put({
    ...object,
    metadata: { ...metadata, annotations: { 'metal3.io/BareMetalHost': 'openshift-machine-api/host-2' } },
  });
}

async function openshift(options: OcpSceneOptions): Promise<MatrixScene> {
  const given: Omit<FakeEtcdOptions, 'clock'> = options.etcd ?? {};
  const scene = await ocpScene({
    ...options,
    pace: 0.1,
    replace: SHORT,
    backups: createSmallVault().vault,
    etcd: { ...given, members: (given.members ?? OCP_MEMBERS).map((each) => Object.assign({}, each, SMALL)) },
    prepare: ({ fake }) => {
      putHealthCheck(fake);
      if (options.case === 'ocp-host') putMetal(fake);
    },
  });
  const { world, harness } = scene;
  const { fake } = world;
  return {
    harness,
    params: paramsOf('cp-2'),
    targetId: harness.etcd.member('cp-2').id,
    other: 'cp-3',
    person: () => void fake.put(nodeOf('cp-4', true)),
    left: () =>
      wordsOf({
        'the quorum guard is off': world.overrides() !== null,
        'defragmentation is paused': fake.read(NO_DEFRAG) !== null,
        'a health check is paused': JSON.stringify(fake.read(CHECK)?.metadata.annotations ?? {}) !== '{}',
        'a shell on a node': hasShell(fake),
        'the manifest is aside': world.files.manifest('cp-2') === 'aside',
        'a learner in the list': harness.etcd.ring.members.some(({ isLearner }) => isLearner),
      }),
  };
}

/** The machine of `cp-2` does not run; a new one is made. */
export async function ocpMachine(): Promise<MatrixScene> {
  return await openshift({ case: 'ocp-machine' });
}

/** A ControlPlaneMachineSet makes the new machine. */
export async function ocpMachineSet(): Promise<MatrixScene> {
  return await openshift({ case: 'ocp-machine-cpms' });
}

/** A person builds the new host. */
export async function ocpHost(): Promise<MatrixScene> {
  return await openshift({ case: 'ocp-host' });
}

/** The pod of `cp-2` crash-loops. */
export async function ocpPod(): Promise<MatrixScene> {
  return await openshift({ case: 'ocp-pod' });
}

/** `cp-2` leads, and has other data than the others. */
export async function ocpPodLeads(): Promise<MatrixScene> {
  const members = OCP_MEMBERS.map((each) => Object.assign({ damaged: each.name === 'cp-2' }, each));
  return await openshift({ case: 'ocp-pod', differs: true, etcd: { members, leader: 'cp-2' } });
}

/** A KubeadmControlPlane replaces the machine of `cp-2`. */
export function kcp(): MatrixScene {
  const { harness, world } = createCapiCase({ backups: createSmallVault().vault, replace: SHORT });
  return {
    harness,
    params: paramsOf('cp-2'),
    targetId: harness.etcd.member('cp-2').id,
    other: 'cp-3',
    person: () => undefined,
    left: () =>
      wordsOf({
        'the request to replace the machine':
          world.management.read(world.machine('cp-2'))?.metadata.annotations?.[REMEDIATE_MACHINE] !== undefined,
        'a learner in the list': harness.etcd.ring.members.some(({ isLearner }) => isLearner),
      }),
  };
}

/** The controller of external etcd replaces the machine of `etcd-2`. */
export function eksa(): MatrixScene {
  const { harness } = createEksaCase({ backups: createSmallVault().vault, replace: SHORT });
  return {
    harness,
    params: paramsOf('etcd-2'),
    targetId: harness.etcd.member('etcd-2').id,
    other: 'etcd-3',
    person: () => undefined,
    left: () => wordsOf({ 'a learner in the list': harness.etcd.ring.members.some(({ isLearner }) => isLearner) }),
  };
}
