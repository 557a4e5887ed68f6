import { describe, expect, test } from 'vitest';
import { isPoweredOn, readMachine, whatHolds } from '../../../../src/core/openshift/machine.ts';
import { machineSetBusy, readMachineSet } from '../../../../src/core/openshift/machine-set.ts';
import {
  inlineCredential,
  nextMachineName,
  replacementMachine,
} from '../../../../src/core/openshift/replacement-machine.ts';
import type { KubernetesObject } from '../../../../src/core/ports/kubernetes.ts';

/** As in the document that people follow, with what newer versions have besides. */
const OLD: KubernetesObject = {
  apiVersion: 'machine.openshift.io/v1beta1',
  kind: 'Machine',
  metadata: {
    name: 'clustername-8qw5l-master-0',
    namespace: 'openshift-machine-api',
    uid: 'acca4411',
    resourceVersion: '13861',
    generation: 3,
    creationTimestamp: '2020-04-20T13:53:50Z',
    selfLink: '/apis/machine.openshift.io/v1beta1/namespaces/openshift-machine-api/machines/clustername-8qw5l-master-0',
    annotations: { 'machine.openshift.io/instance-state': 'stopped' },
    finalizers: ['machine.machine.openshift.io'],
    labels: {
      'machine.openshift.io/cluster-api-cluster': 'clustername-8qw5l',
      'machine.openshift.io/cluster-api-machine-role': 'master',
    },
    ownerReferences: [
      {
        apiVersion: 'machine.openshift.io/v1',
        kind: 'ControlPlaneMachineSet',
        name: 'cluster',
        uid: 'x',
        controller: true,
      },
    ],
    managedFields: [{ manager: 'machine-api' }],
  },
  spec: {
    lifecycleHooks: { preDrain: [{ name: 'EtcdQuorumOperator', owner: 'clusteroperator/etcd' }] },
    metadata: {},
    providerID: 'aws:///us-east-1a/i-0fdb85790d76d0c3f',
    providerSpec: {
      value: {
        ami: { id: 'ami-1' },
        credentialsSecret: { name: 'aws-cloud-credentials' },
        userDataSecret: { name: 'master-user-data' },
        instanceType: 'm4.xlarge',
      },
    },
  },
  status: {
    phase: 'Running',
    nodeRef: { kind: 'Node', name: 'ip-10-0-131-183.ec2.internal', uid: 'u' },
    addresses: [
      { type: 'InternalIP', address: '10.0.131.183' },
      { type: 'Hostname', address: 'ip-10-0-131-183.ec2.internal' },
    ],
    providerStatus: { instanceId: 'i-0fdb85790d76d0c3f', instanceState: 'stopped' },
  },
};

describe('the Machine that replaces another', () => {
  test('has a new name and nothing of what the old one had become', () => {
    const taken = ['clustername-8qw5l-master-0', 'clustername-8qw5l-master-1', 'clustername-8qw5l-master-2'];

    expect(replacementMachine(OLD, taken)).toEqual({
      apiVersion: 'machine.openshift.io/v1beta1',
      kind: 'Machine',
      metadata: {
        name: 'clustername-8qw5l-master-3',
        namespace: 'openshift-machine-api',
        labels: {
          'machine.openshift.io/cluster-api-cluster': 'clustername-8qw5l',
          'machine.openshift.io/cluster-api-machine-role': 'master',
        },
      },
      spec: {
        metadata: {},
        providerSpec: {
          value: {
            ami: { id: 'ami-1' },
            credentialsSecret: { name: 'aws-cloud-credentials' },
            userDataSecret: { name: 'master-user-data' },
            instanceType: 'm4.xlarge',
          },
        },
      },
    });
  });

  test.each([
    { name: 'm-0', taken: ['m-0', 'm-1', 'm-2'], next: 'm-3' },
    { name: 'm-2', taken: ['m-0', 'm-1'], next: 'm-3' },
    { name: 'm-9', taken: ['m-9', 'm-10'], next: 'm-11' },
    { name: 'm-0', taken: ['m-0', 'm-7', 'm-x', 'other-12', 'm-1-5'], next: 'm-8' },
    { name: 'master', taken: ['master', 'master-0'], next: 'master-1' },
    { name: 'master', taken: ['master'], next: 'master-0' },
    { name: 'm-99999999999999999999', taken: [], next: 'm-100000000000000000000' },
  ])('after $name comes $next', ({ name, taken, next }) => {
    expect(nextMachineName(name, taken)).toBe(next);
  });

  test('one that holds a credential in itself is told by its path, and one that names a Secret is not', () => {
    expect(inlineCredential(OLD)).toBeNull();
    expect(inlineCredential({ spec: { value: { adminPassword: 'hunter2' } } })).toBe('spec.value.adminPassword');
    expect(inlineCredential({ spec: { keys: ['a', '-----BEGIN PRIVATE KEY-----\nabc'] } })).toBe('spec.keys[1]');
    expect(inlineCredential({ userData: 'I2Nsb3VkLWNvbmZpZw==' })).toBe('userData');
    expect(inlineCredential({ credentialsSecret: { name: 'vsphere-cloud-credentials' }, secretName: 'x' })).toBeNull();
    expect(inlineCredential({ secret: 'Xy7+Qp/2' })).toBe('secret');
  });
});

describe('a Machine as it is', () => {
  test('phase, node, addresses, power, owner, hooks', () => {
    expect(readMachine(OLD)).toMatchObject({
      phase: 'Running',
      node: 'ip-10-0-131-183.ec2.internal',
      addresses: ['10.0.131.183'],
      providerId: 'aws:///us-east-1a/i-0fdb85790d76d0c3f',
      instanceState: 'stopped',
      owner: 'ControlPlaneMachineSet/cluster',
      controlPlane: true,
      deletedAt: null,
    });
    expect(isPoweredOn(readMachine(OLD))).toBe(false);
    expect(isPoweredOn({ instanceState: 'RUNNING' })).toBe(true);
    expect(isPoweredOn({ instanceState: 'poweredOff' })).toBe(false);
    expect(isPoweredOn({ instanceState: null })).toBeNull();
  });

  test('one that has nothing yet', () => {
    const { name, uid, resourceVersion } = OLD.metadata;
    const bare = { ...OLD, metadata: { name, uid, resourceVersion }, spec: {}, status: undefined };
    expect(readMachine(bare)).toMatchObject({
      phase: '',
      node: null,
      providerId: '',
      instanceState: null,
      owner: null,
    });
  });

  test('an error that repeats a secret does not', () => {
    const failed = {
      ...OLD,
      status: { phase: 'Failed', errorReason: 'InvalidConfiguration', errorMessage: 'password=hunter2' },
    };
    expect(readMachine(failed).error).toBe('InvalidConfiguration: password=[redacted]');
  });

  test('what holds one that is being deleted', () => {
    expect(whatHolds(readMachine(OLD))).toEqual({
      words: 'hook EtcdQuorumOperator of clusteroperator/etcd',
      byEtcdOnly: true,
    });
    const foreign = {
      ...OLD,
      metadata: { ...OLD.metadata, finalizers: ['machine.machine.openshift.io', 'somebody/else'] },
    };
    expect(whatHolds(readMachine(foreign))).toEqual({
      words: 'hook EtcdQuorumOperator of clusteroperator/etcd, finalizer somebody/else',
      byEtcdOnly: false,
    });
    const other = { ...OLD, spec: { lifecycleHooks: { preTerminate: [{ name: 'backup', owner: 'us' }] } } };
    expect(whatHolds(readMachine(other))).toMatchObject({ words: 'hook backup of us', byEtcdOnly: false });
    expect(whatHolds(readMachine({ ...OLD, spec: {} }))).toMatchObject({
      words: 'its controller has not finished (phase Running)',
      byEtcdOnly: false,
    });
  });
});

describe('a ControlPlaneMachineSet replaces machines of its own accord', () => {
  const ACTIVE = { state: 'Active', replicas: 3, strategy: { type: 'RollingUpdate' } };

  test.each([
    { name: 'never: all are updated', spec: ACTIVE, updated: 3, notReady: 0, busy: null },
    { name: 'never: it is inactive', spec: { state: 'Inactive', replicas: 3 }, updated: 1, notReady: 0, busy: null },
    { name: 'never: it says nothing', spec: { replicas: 3 }, updated: null, notReady: 0, busy: null },
    { name: 'not: one is not ready, and not counted', spec: ACTIVE, updated: 2, notReady: 1, busy: null },
    { name: 'not: two of five are not ready', spec: { ...ACTIVE, replicas: 5 }, updated: 3, notReady: 2, busy: null },
    {
      name: 'not: somebody deletes them',
      spec: { ...ACTIVE, strategy: { type: 'OnDelete' } },
      updated: 1,
      notReady: 1,
      busy: null,
    },
    {
      name: 'it has one more',
      spec: ACTIVE,
      there: 4,
      updated: 2,
      notReady: 1,
      busy: 'it has 4 machines instead of 3',
    },
    {
      name: 'one that is ready is outdated',
      spec: ACTIVE,
      updated: 2,
      notReady: 0,
      busy: '1 of 3 machines are of an older specification',
    },
    {
      name: 'all are outdated: a status leaves 0 out',
      spec: ACTIVE,
      updated: undefined,
      notReady: 1,
      busy: '2 of 3 machines are of an older specification',
    },
    {
      name: 'one beside that which is not ready',
      spec: ACTIVE,
      updated: 1,
      notReady: 1,
      busy: '1 of 3 machines are of an older specification',
    },
  ])('$name', ({ spec, there, updated, notReady, busy }) => {
    const metadata = { name: 'cluster', uid: 'u', resourceVersion: '1' };
    const status = updated === null ? undefined : { replicas: there ?? spec.replicas, updatedReplicas: updated };
    const object = { apiVersion: 'machine.openshift.io/v1', kind: 'ControlPlaneMachineSet', metadata, spec, status };
    const set = readMachineSet(object);
    expect(set.active).toBe('state' in spec && spec.state === 'Active');
    expect(machineSetBusy(set, notReady)).toBe(busy);
  });
});
