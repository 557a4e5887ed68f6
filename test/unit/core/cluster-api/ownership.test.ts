import { describe, expect, test } from 'vitest';
import { managedAs } from '../../../../src/core/cluster-api/connection.ts';
import { type CapiMachine, readMachine } from '../../../../src/core/cluster-api/machine.ts';
import { machineOfMember } from '../../../../src/core/cluster-api/ownership.ts';
import type { KubernetesObject } from '../../../../src/core/ports/kubernetes.ts';
import { machineObject } from '../../../support/capi-objects.ts';

const OWNER = { uid: 'uid-of-plane', apiVersion: 'controlplane.cluster.x-k8s.io/v1beta2' };

function machine(node: string, change: Partial<CapiMachine> = {}, version = 'v1beta2'): CapiMachine {
  const object = machineObject(`cluster.x-k8s.io/${version}`, OWNER, node);
  const { metadata, ...rest } = object;
  const named = { ...Object(metadata), uid: `uid-of-machine-${node}`, resourceVersion: '1' };
  const typed: KubernetesObject = {
    ...rest,
    apiVersion: `cluster.x-k8s.io/${version}`,
    kind: 'Machine',
    metadata: named,
  };
  return { ...readMachine(typed), ...change };
}

const NODE = { name: 'cp-2', uid: 'uid-of-cp-2', providerId: 'dev:////cp-2' };
const MEMBER = { member: 'cp-2', hosts: ['10.0.0.12'] };

describe('the machine of a member', () => {
  test.each([
    ['by provider id', { ...MEMBER, hosts: [], node: NODE }, machine('cp-2'), 'node cp-2, provider id dev:////cp-2'],
    [
      'by uid, which v1beta1 tells',
      { ...MEMBER, hosts: [], node: { ...NODE, providerId: '' } },
      machine('cp-2', {}, 'v1beta1'),
      'node cp-2, its uid',
    ],
    ['by address, when the node is gone', { ...MEMBER, node: null }, machine('cp-2'), 'node cp-2, address 10.0.0.12'],
    [
      'by address, when it has no node',
      { ...MEMBER, node: null },
      machine('cp-2', { node: null }),
      'address 10.0.0.12',
    ],
  ])('%s', (_how, facts, hit, by) => {
    expect(machineOfMember(facts, [machine('cp-1'), hit, machine('cp-3')])).toMatchObject({
      kind: 'found',
      machine: { name: 'prod-cp-cp-2' },
      owner: 'kubeadm-control-plane',
      by,
    });
  });

  test.each([
    [
      'the name alone',
      { ...MEMBER, hosts: ['10.9.9.9'], node: null },
      [machine('cp-2')],
      'neither uid, provider id nor address fits',
    ],
    [
      'an address of another node',
      { ...MEMBER, node: null },
      [machine('cp-7', { addresses: ['10.0.0.12'] })],
      'names another node',
    ],
    [
      'two with one address',
      { ...MEMBER, node: null },
      [machine('cp-2'), machine('cp-2', { uid: 'other', name: 'twin', node: null })],
      'all have the address',
    ],
    [
      'one by name, another by address',
      { ...MEMBER, node: null },
      [
        machine('cp-2', { addresses: [], name: 'named' }),
        machine('cp-9', { uid: 'placed', node: null, addresses: ['10.0.0.12'] }),
      ],
      'named names the node of cp-2',
    ],
  ])('%s is not enough', (_what, facts, machines, words) => {
    const found = machineOfMember(facts, machines);
    expect(found.kind).toBe('ambiguous');
    expect('why' in found && found.why).toContain(words);
  });

  test('master-1 is not master-10', () => {
    const machines = [machine('master-10'), machine('cp-1')];
    expect(machineOfMember({ member: 'master-1', hosts: ['10.0.0.99'], node: null }, machines)).toMatchObject({
      kind: 'none',
    });
  });

  test.each([
    [null, 'nobody'],
    [
      { apiVersion: 'etcdcluster.cluster.x-k8s.io/v1beta1', kind: 'EtcdadmCluster', name: 'e', uid: 'u' },
      'etcdadm-cluster',
    ],
    [{ apiVersion: 'controlplane.example.org/v1', kind: 'KubeadmControlPlane', name: 'e', uid: 'u' }, 'other'],
  ])('its owner %j is %s', (owner, expected) => {
    expect(machineOfMember({ ...MEMBER, node: NODE }, [machine('cp-2', { owner })])).toMatchObject({ owner: expected });
  });
});

describe('which Cluster object', () => {
  const said = { 'cluster.x-k8s.io/cluster-name': 'prod', 'cluster.x-k8s.io/cluster-namespace': 'team-a' };

  test('what the nodes say', () => {
    expect(
      managedAs(
        [
          { name: 'cp-1', annotations: said },
          { name: 'worker', annotations: {} },
        ],
        null,
      ),
    ).toEqual({
      kind: 'named',
      namespace: 'team-a',
      name: 'prod',
    });
  });

  test('not another namespace than is configured, not two, not none', () => {
    expect(managedAs([{ name: 'cp-1', annotations: said }], 'team-b').kind).toBe('contradiction');
    const other = { ...said, 'cluster.x-k8s.io/cluster-name': 'stage' };
    expect(
      managedAs(
        [
          { name: 'cp-1', annotations: said },
          { name: 'cp-2', annotations: other },
        ],
        null,
      ).kind,
    ).toBe('contradiction');
    expect(managedAs([{ name: 'cp-1', annotations: {} }], null).kind).toBe('unsaid');
  });
});
