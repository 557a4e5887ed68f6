import { describe, expect, test } from 'vitest';
import {
  type ConditionReading,
  etcdOperatorWords,
  operatorObstacles,
  readEtcdOperator,
  updateInProgress,
} from '../../../../src/core/openshift/operator.ts';
import type { KubernetesObject } from '../../../../src/core/ports/kubernetes.ts';

function condition(type: string, status: string, reason = '', message = ''): ConditionReading {
  return { type, status, reason, message };
}

interface NodeStatus {
  readonly nodeName: string;
  readonly currentRevision: number;
  readonly targetRevision?: number;
}

function operator(nodes: readonly NodeStatus[], conditions: readonly ConditionReading[] = [], spec: object = {}) {
  const metadata = { name: 'cluster', uid: 'u', resourceVersion: '1' };
  const object: KubernetesObject = {
    apiVersion: 'operator.openshift.io/v1',
    kind: 'Etcd',
    metadata,
    spec: { managementState: 'Managed', ...spec },
    status: { latestAvailableRevision: 9, nodeStatuses: nodes, conditions },
  };
  return readEtcdOperator(object);
}

const AT_9: readonly NodeStatus[] = ['cp-1', 'cp-2', 'cp-3'].map((nodeName) => ({ nodeName, currentRevision: 9 }));
const CALM = [condition('Degraded', 'False'), condition('Progressing', 'False')];

describe('what the operator says', () => {
  test('all members, all nodes at the newest revision', () => {
    const said = [
      condition('EtcdMembersAvailable', 'True', 'EtcdQuorate', '3 members are available'),
      condition('NodeInstallerProgressing', 'False', 'AllNodesAtLatestRevision', '3 nodes are at revision 9'),
    ];
    expect(etcdOperatorWords(operator(AT_9, said))).toEqual({
      members: '3 members are available',
      membersAvailable: true,
      atLatestRevision: true,
      revision: '3 nodes are at revision 9',
    });
  });

  test('a condition that says so while its list of nodes does not, is not believed', () => {
    const said = [condition('NodeInstallerProgressing', 'False', 'AllNodesAtLatestRevision')];
    const one = [...AT_9.slice(0, 2), { nodeName: 'cp-3', currentRevision: 8, targetRevision: 9 }];
    expect(etcdOperatorWords(operator(one, said))).toMatchObject({
      atLatestRevision: false,
      revision: 'cp-3 is at revision 8 of 9',
    });
    expect(etcdOperatorWords(operator([], said))).toMatchObject({ atLatestRevision: false });
    expect(etcdOperatorWords(operator(AT_9))).toMatchObject({ atLatestRevision: false, membersAvailable: false });
  });

  test('a member that is sick', () => {
    const said = [condition('EtcdMembersAvailable', 'True', '', '2 of 3 members are available, cp-2 is unhealthy')];
    expect(etcdOperatorWords(operator(AT_9, said))).toMatchObject({ membersAvailable: false });
  });
});

function obstacles(conditions: readonly ConditionReading[], nodes = AT_9, spec: object = {}): readonly string[] {
  return operatorObstacles(conditions, operator(nodes, [], spec), ['cp-2'], ['cp-1', 'cp-3']);
}

/** Everybody at the newest revision but this one. */
function behind(name: string): readonly NodeStatus[] {
  return AT_9.map((each) => (each.nodeName === name ? { ...each, currentRevision: 8, targetRevision: 9 } : each));
}

describe('what speaks against a replacement', () => {
  test('nothing, when it is calm', () => {
    expect(obstacles(CALM)).toEqual([]);
  });

  test.each([
    'EtcdMembersDegraded: 2 of 3 members are available, cp-2 is unhealthy',
    'ClusterMemberControllerDegraded: unhealthy members found during reconciling members',
    'StaticPodsDegraded: pod/etcd-cp-2 container "etcd" is waiting: CrashLoopBackOff: back-off 5m0s',
    'NodeControllerDegraded: The master nodes not ready: node "cp-2" not ready since 2026-01-01',
    'GuardControllerDegraded: Missing operand on node cp-2',
    'EtcdMembersDegraded: 2 of 3 members are available, cp-2 is unhealthy\nNodeControllerDegraded: node "cp-2" not ready',
  ])('not that the sick member is sick: %s', (message) => {
    expect(obstacles([condition('Degraded', 'True', 'X', message), condition('Progressing', 'False')])).toEqual([]);
  });

  test.each([
    'NodeControllerDegraded: The master nodes not ready: node "cp-2" not ready, node "cp-3" not ready',
    'StaticPodsDegraded: pod/etcd-cp-3 container "etcd" is crashing',
    'InstallerControllerDegraded: missing required resources: secrets: etcd-all-certs-9',
    'EtcdMembersDegraded: 1 of 3 members are available, cp-2 is unhealthy, cp-3 is unhealthy',
    'NodeControllerDegraded: node "cp-20" not ready',
  ])('another reason does: %s', (message) => {
    expect(obstacles([condition('Degraded', 'True', 'X', message), condition('Progressing', 'False')])).toEqual([
      `it is degraded: ${message}`,
    ]);
  });

  test('a roll-out to another node does; one that waits for the sick node alone does not', () => {
    const rolling = [condition('Degraded', 'False'), condition('Progressing', 'True', 'NodeInstaller', '1 node at 8')];
    expect(obstacles(rolling, behind('cp-2'))).toEqual([]);
    expect(obstacles(rolling, behind('cp-3'))).toEqual(['it rolls out a change (NodeInstaller: 1 node at 8)']);
    expect(obstacles(rolling, [])).toHaveLength(1);
  });

  test('that it does not say how it is, or that it is not managed', () => {
    expect(obstacles([])).toEqual([
      'it does not say whether it is degraded',
      'it does not say whether it is progressing',
    ]);
    expect(obstacles(CALM, AT_9, { managementState: 'Unmanaged' })).toEqual(['it is Unmanaged, so it adds no member']);
  });

  test('an update of the cluster', () => {
    expect(updateInProgress([condition('Progressing', 'False')])).toBeNull();
    expect(updateInProgress([condition('Progressing', 'True', '', 'Working towards 4.18.4')])).toBe(
      'an update is in progress (Working towards 4.18.4)',
    );
    expect(updateInProgress([])).toMatch(/does not say/);
  });
});
