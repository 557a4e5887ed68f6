import { describe, expect, test } from 'vitest';
import { readMachine as readCapiMachine } from '../../../../../src/core/cluster-api/machine.ts';
import { causesOf } from '../../../../../src/core/etcd/diagnosis/log-causes.ts';
import { capiMachine, openshiftMachine } from '../../../../../src/core/etcd/diagnosis/machine-sign.ts';
import { heardBetween, leaseSign, operatorSign, peerSigns } from '../../../../../src/core/etcd/diagnosis/observers.ts';
import { readPodSign } from '../../../../../src/core/etcd/diagnosis/pod-sign.ts';
import { readMachine } from '../../../../../src/core/openshift/machine.ts';
import type { KubernetesObject } from '../../../../../src/core/ports/kubernetes.ts';
import { NOW_MS } from '../../../../support/member-signs.ts';

function object(kind: string, rest: object, metadata: object = {}): KubernetesObject {
  const meta = { name: 'cp-2', namespace: 'ns', uid: 'uid-2', resourceVersion: '7', ...metadata };
  return { apiVersion: 'v1', kind, metadata: meta, ...rest };
}

function etcd(status: object) {
  return { name: 'etcd', ready: false, restartCount: 0, ...status };
}

function pod(...containerStatuses: readonly object[]) {
  return readPodSign(object('Pod', { spec: { nodeName: 'cp-2' }, status: { containerStatuses } }));
}

function openshift(status: object, metadata: object = {}) {
  return openshiftMachine(readMachine(object('Machine', { spec: { providerID: 'aws:///i-1' }, status }, metadata)));
}

const KCP = { apiVersion: 'controlplane.cluster.x-k8s.io/v1beta1', kind: 'KubeadmControlPlane', name: 'cp', uid: 'u' };
const OFF = { type: 'InfrastructureReady', status: 'False', reason: 'PoweredOff', message: 'off\nsince 3' };

/** A Machine of Cluster API whose infrastructure is off. */
function poweredOff(nodeRef: object | null) {
  const status = { phase: 'Running', nodeRef, conditions: [OFF] };
  const owned = { ownerReferences: [{ ...KCP, controller: true }] };
  const made = object('Machine', { spec: { clusterName: 'capi' }, status }, owned);
  return capiMachine(readCapiMachine({ ...made, apiVersion: 'cluster.x-k8s.io/v1beta1' }));
}

describe('the pod of a member', () => {
  test('is that of the container etcd, whatever the others do', () => {
    const others = [{ name: 'etcdctl', ready: true, restartCount: 9, state: { running: {} } }];
    const last = { terminated: { exitCode: 2, finishedAt: '2026-11-22T02:59:00Z' } };
    const waiting = { waiting: { reason: 'CrashLoopBackOff' } };

    expect(pod(...others, etcd({ restartCount: 12, state: waiting, lastState: last }))).toMatchObject({
      running: false,
      ready: false,
      restarts: 12,
      waiting: 'CrashLoopBackOff',
      ended: { exitCode: 2, at: '2026-11-22T02:59:00Z' },
    });
  });

  test('runs, is ready', () => {
    expect(pod(etcd({ ready: true, state: { running: { startedAt: 'x' } } }))).toMatchObject({
      running: true,
      ready: true,
      ended: null,
    });
  });

  test('the kubelet has not told of it', () => {
    expect(pod()).toMatchObject({ running: false, ready: false, restarts: 0, waiting: '' });
  });
});

describe('the last words of etcd', () => {
  // Lines as etcd 3.4 and 3.5 write them, shortened.
  test.each([
    ['the member has been permanently removed from the cluster', ['removed']],
    [
      '{"level":"fatal","msg":"failed to purge wal file","error":"write /var/lib/etcd: no space left on device"}',
      ['no-space'],
    ],
    ['panic: failed to open WAL: walpb: crc mismatch', ['damaged-data']],
    [
      '{"level":"fatal","msg":"checkInitialHashKV failed","error":"6f0b1fc: found data inconsistency with peers"}',
      ['data-inconsistency'],
    ],
    ['tls: failed to verify certificate: x509: certificate has expired or is not yet valid', ['certificate']],
    ['{"level":"warn","msg":"request cluster ID mismatch"}', ['other-cluster']],
    ['{"level":"info","msg":"elected leader"}', []],
    ['', []],
  ] as const)('%s', (line, causes) => {
    expect(causesOf(line)).toEqual(causes);
  });
});

/** What one member says of `b`, to which it is connected, and another one of `c`. */
function tellingOf(received: number | undefined) {
  return [
    { by: 'm-1', peers: [{ id: 'b', active: true, ...(received === undefined ? {} : { received }) }] },
    { by: 'm-3', peers: [{ id: 'c', active: false, received: 7 }] },
  ];
}

describe('who else sees a member', () => {
  test('its peers, those that hear it and those that do not', () => {
    const told = [
      {
        by: 'm-1',
        peers: [
          { id: 'b', active: false },
          { id: 'c', active: true },
        ],
      },
      { by: 'm-3', peers: [{ id: 'b', active: false }] },
    ];

    expect(peerSigns('b', told)).toEqual([
      { source: 'peers', alive: false, words: 'm-1 and m-3 are not connected to it', since: null },
    ]);
    expect(peerSigns('c', told)).toEqual([
      { source: 'peers', alive: true, words: 'm-1 is connected to it', since: null },
    ]);
    expect(peerSigns('d', told)).toEqual([]);
  });

  test.each([
    ['nothing came over it, and the leader was asked', 'm-1', 100, 100, []],
    ['something came', 'm-1', 100, 101, ['b']],
    ['its bytes are not told', 'm-1', undefined, 100, ['b']],
    ['who leads was not asked', 'm-2', 100, 100, ['b']],
    ['nobody leads', null, 100, 100, ['b']],
  ])('a connection counts or not: %s', (_when, leader, before, now, connected) => {
    const told = heardBetween(tellingOf(before), tellingOf(now), leader);

    expect(told.flatMap(({ peers }) => peers.filter(({ active }) => active).map(({ id }) => id))).toEqual(connected);
    // That somebody was lost needs no second look.
    expect(told.flatMap(({ peers }) => peers.filter(({ active }) => !active).map(({ id }) => id))).toEqual(['c']);
  });

  test.each([
    ['2 of 3 members are available, cp-2 is unhealthy', 'cp-2', 'the etcd operator says: cp-2 is unhealthy'],
    [
      '1 of 3 members are available, cp-1 is unhealthy, cp-2 has not started',
      'cp-2',
      'the etcd operator says: cp-2 has not started',
    ],
    ['2 of 3 members are available, cp-22 is unhealthy', 'cp-2', undefined],
    ['2 of 3 members are available, my-cp-2 is unhealthy', 'cp-2', undefined],
    ['3 members are available', 'cp-2', undefined],
    ['', 'cp-2', undefined],
  ] as const)('the etcd operator: %s', (words, name, expected) => {
    expect(operatorSign(words, name)?.words).toBe(expected);
  });

  test('the API server beside it, by its newest Lease', () => {
    const lease = (renewTime: string, hostname = 'cp-2') =>
      object('Lease', { spec: { renewTime } }, { labels: { 'kubernetes.io/hostname': hostname } });
    const old = lease('2026-11-22T02:00:00.000000Z');
    const fresh = lease('2026-11-22T02:59:52.123456Z');

    expect(leaseSign([old, fresh], 'cp-2', NOW_MS)).toMatchObject({ alive: true, since: null });
    expect(leaseSign([old], 'cp-2', NOW_MS)).toMatchObject({
      alive: false,
      words: expect.stringContaining('has not shown itself for 1 h'),
    });
    expect(leaseSign([fresh], 'cp-1', NOW_MS)).toBeNull();
    expect(
      leaseSign([object('Lease', {}, { labels: { 'kubernetes.io/hostname': 'cp-2' } })], 'cp-2', NOW_MS),
    ).toBeNull();
  });
});

describe('Machines of both kinds', () => {
  test('OpenShift: what the provider says of the instance', () => {
    const stopped = openshift({
      phase: 'Running',
      nodeRef: { name: 'cp-2' },
      providerStatus: { instanceState: 'stopped' },
    });
    const running = openshift({ phase: 'Running', providerStatus: { instanceState: 'running' } });

    expect(stopped.sign.complaints).toEqual(['the provider says "stopped"']);
    expect(stopped).toMatchObject({ node: 'cp-2', place: { controller: 'none', bareMetal: false, kind: 'Machine' } });
    expect(running.sign.complaints).toEqual([]);
  });

  test('OpenShift: its error only where it failed, its owner, its bare-metal host', () => {
    const words = 'no capacity '.repeat(40);
    const failed = openshift(
      { phase: 'Failed', errorMessage: words },
      { annotations: { 'metal3.io/BareMetalHost': 'ns/host' } },
    );
    const owned = openshift(
      { phase: 'Running', errorMessage: 'old' },
      {
        ownerReferences: [
          {
            apiVersion: 'machine.openshift.io/v1',
            kind: 'ControlPlaneMachineSet',
            name: 'cluster',
            uid: 'u',
            controller: true,
          },
        ],
      },
    );

    expect(failed.sign.complaints[0]).toMatch(/^(?:no capacity ){16}/);
    expect(failed.sign.complaints[0]?.length).toBeLessThan(210);
    expect(failed.place.bareMetal).toBe(true);
    expect(owned).toMatchObject({
      sign: { complaints: [] },
      place: { controller: 'control-plane-machine-set', controllerName: 'ControlPlaneMachineSet/cluster' },
    });
  });

  test('Cluster API: infrastructure that is not ready, once the machine had a node', () => {
    expect(poweredOff({ name: 'cp-2', uid: 'u-2' })).toMatchObject({
      sign: { complaints: ['InfrastructureReady, PoweredOff, off since 3'] },
      place: { controller: 'kubeadm-control-plane', controllerName: 'KubeadmControlPlane/cp' },
      nodeUid: 'u-2',
    });
    expect(poweredOff(null).sign.complaints).toEqual([]);
  });
});
