import { describe, expect, test } from 'vitest';
import { type CapacityOrder, capacityOf } from '../../../../src/core/preflight/capacity.ts';
import { capacityCheck } from '../../../../src/core/preflight/capacity-check.ts';
import { volumePlaces } from '../../../../src/core/preflight/capacity-view.ts';
import { type RoomNodeSample, type RoomPodSample, roomView } from '../../../support/preflight/room.ts';

const NODES: readonly RoomNodeSample[] = ['w-1', 'w-2', 'w-3'].map((name) => ({ name }));
const BESIDE = { autoscaler: false, volumesUnseen: null };

function drain(...leaving: readonly string[]): CapacityOrder {
  return { leaving, atOnce: 1, surge: 0, returns: false };
}

function roll(surge: number, ...leaving: readonly string[]): CapacityOrder {
  return { leaving, atOnce: 1, surge, returns: true };
}

/** Pods of one owner on a node. */
function pods(count: number, node: string, sample: Partial<RoomPodSample> = {}): readonly RoomPodSample[] {
  return Array.from({ length: count }, (_, index) => ({ name: `${node}-${index}`, node, ...sample }));
}

const BIG = { requests: { cpu: '1500m', memory: '1Gi' } };
const PINNED = { spec: { nodeSelector: { 'kubernetes.io/hostname': 'w-1' } } };
const APART = {
  labels: { app: 'web' },
  spec: {
    affinity: {
      podAntiAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [
          { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { app: 'web' } } },
        ],
      },
    },
  },
};

function zone(name: string) {
  return { 'topology.kubernetes.io/zone': name };
}

function terms(value: string) {
  return {
    nodeSelectorTerms: [
      { matchExpressions: [{ key: 'topology.kubernetes.io/zone', operator: 'In', values: [value] }] },
    ],
  };
}

function meta(name: string) {
  return { name, namespace: 'web', uid: name, resourceVersion: '1' };
}

function places(value: string) {
  return volumePlaces(
    [{ apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: meta('data'), spec: { volumeName: 'pv-1' } }],
    [
      {
        apiVersion: 'v1',
        kind: 'PersistentVolume',
        metadata: meta('pv-1'),
        spec: { nodeAffinity: { required: terms(value) } },
      },
      { apiVersion: 'v1', kind: 'PersistentVolume', metadata: meta('odd'), spec: { nodeAffinity: 'none' } },
    ],
  );
}

function words(nodes: readonly RoomNodeSample[], all: readonly RoomPodSample[], order: CapacityOrder): string {
  const { verdict, evidence } = capacityCheck(capacityOf(roomView(nodes, all), order), BESIDE);
  return `${verdict}: ${evidence}`;
}

describe('room for pods', () => {
  test('they fit, with figures', () => {
    expect(words(NODES, pods(2, 'w-1', BIG), drain('w-1'))).toBe(
      'pass: 2 pods of w-1 ask for 3 CPUs and 2.0 GiB memory; 2 nodes have 8 CPUs and 16.0 GiB memory free',
    );
  });

  test('nothing has to move: static pods, pods of DaemonSets, pods that ended, pods that nobody makes anew', () => {
    const all = [
      ...pods(1, 'w-1', { ...BIG, owner: { kind: 'DaemonSet', name: 'proxy' } }),
      { name: 'static', node: 'w-1', annotations: { 'kubernetes.io/config.mirror': 'x' }, ...BIG },
      { name: 'ended', node: 'w-1', status: { phase: 'Succeeded' }, ...BIG },
      { name: 'bare', node: 'w-1', owner: null, ...BIG },
    ];
    expect(words(NODES, all, drain('w-1'))).toBe('pass: no pod has to move');
  });

  test('more than there is: each fits alone, all together cannot', () => {
    const all = [...pods(2, 'w-1', BIG), ...pods(2, 'w-2', BIG), ...pods(2, 'w-3', BIG)];
    expect(words(NODES, all, drain('w-1', 'w-2'))).toBe(
      'block: 4 pods of w-1, w-2 ask for 6 CPUs and 4.0 GiB memory; 1 node has 1 CPU and 6.0 GiB memory free; ReplicaSet web/web: 4 pods without a place: it asks for 1.5 CPUs, and the most that a node has free is 1 CPU (w-3); add a node that may take them, or change what they ask for',
    );
  });

  test('together they were not seen to fit, though the sum would do', () => {
    const all = pods(3, 'w-1', { owner: { kind: 'StatefulSet', name: 'db' }, requests: { cpu: '2500m' } });
    const finding = capacityOf(roomView(NODES, all), drain('w-1'));
    expect(finding).toMatchObject({
      verdict: 'tight',
      unplaced: [
        {
          what: 'StatefulSet web/db',
          pods: 1,
          of: 3,
          why: 'each of them fits alone, and together with the others they do not',
        },
      ],
    });
    expect(capacityCheck(finding, BESIDE)).toMatchObject({ verdict: 'warn', title: 'Pods may not all have room' });
  });

  test.each<[string, readonly RoomNodeSample[], Partial<RoomPodSample>, string]>([
    ['pinned to its node', NODES, PINNED, 'its node selector or affinity fits no other node'],
    [
      'tainted',
      NODES.map((node) => ({ ...node, spec: { taints: [{ key: 'gpu', effect: 'NoSchedule' }] } })),
      {},
      'taints keep it from every other node that its selector fits',
    ],
    ['cordoned', [{ name: 'w-1' }, { name: 'w-2', spec: { unschedulable: true } }], {}, 'no other node takes pods'],
    ['not ready', [{ name: 'w-1' }, { name: 'w-2', ready: 'Unknown' }], {}, 'no other node takes pods'],
    [
      'too large',
      NODES,
      { requests: { memory: '9Gi' } },
      'it asks for 9.0 GiB memory, and the most that a node has free is 8.0 GiB memory (w-2)',
    ],
    [
      'a device that no other node has',
      NODES,
      { requests: { 'nvidia.com/gpu': '1' } },
      'it asks for 1 nvidia.com/gpu, and the most that a node has free is 0 nvidia.com/gpu (w-2)',
    ],
  ])('nowhere: %s', (_, nodes, sample, why) => {
    const found = words(nodes, pods(1, 'w-1', sample), drain('w-1'));
    expect(found).toMatch(/^block: /);
    expect(found).toContain(`ReplicaSet web/web: 1 pod without a place: ${why}; add a node`);
  });

  test('its own kind is on every other node, or its port is', () => {
    const apart = NODES.map(({ name }) => ({ name: `p-${name}`, node: name, ...APART }));
    expect(words(NODES, apart, drain('w-1'))).toContain(
      'another pod of its kind, which it keeps apart from, is on every',
    );
    const ports = NODES.map(({ name }) => ({ name: `p-${name}`, node: name, ports: [{ hostPort: 80 }] }));
    expect(words(NODES, ports, drain('w-1'))).toContain(
      'its host port is taken on every node that may take it (TCP/80)',
    );
    expect(words(NODES, apart.slice(0, 2), drain('w-1'))).toMatch(/^pass: /);
  });

  test('a volume that is bound to a zone', () => {
    const nodes = NODES.map((node, index) => ({ ...node, labels: zone(index === 1 ? 'b' : index === 0 ? 'a' : 'c') }));
    const sample = { spec: { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }] } };
    const found = (value: string) => capacityOf(roomView(nodes, pods(1, 'w-1', sample), places(value)), drain('w-1'));
    expect(found('a').unplaced[0]?.why).toBe('its volume is bound to a place where no other node is');
    expect(found('b').verdict).toBe('fits');
  });

  test('a roll-out: a new node of the same kind takes what the old one had', () => {
    const label = { pool: 'gpu' };
    const nodes = [{ name: 'w-1', labels: label }, { name: 'w-2' }];
    const all = pods(2, 'w-1', { ...BIG, spec: { nodeSelector: label } });
    expect(words(nodes, all, roll(1, 'w-1'))).toBe(
      'pass: 2 pods of w-1 ask for 3 CPUs and 2.0 GiB memory; 1 new node has 4 CPUs and 8.0 GiB memory free',
    );
    expect(words(nodes, all, roll(0, 'w-1'))).toMatch(
      /^warn: .*its node selector or affinity fits no other node; they stay pending until the new node is ready: raise the surge/,
    );
  });

  test('a roll-out: what is pinned to the name of a node has no place on a new one', () => {
    expect(words(NODES, pods(1, 'w-1', PINNED), roll(1, 'w-1'))).toMatch(/^block: /);
  });

  test('a roll-out: the node that is hardest to empty counts, and what every node of its kind carries', () => {
    const all = [
      ...pods(1, 'w-2', { ...BIG, owner: { kind: 'DaemonSet', name: 'agent' } }),
      ...pods(2, 'w-3', { requests: { cpu: '4' } }).slice(0, 1),
      ...pods(2, 'w-2', { requests: { cpu: '1200m' } }),
      ...pods(1, 'w-1', { requests: { cpu: '3500m' } }),
    ];
    const finding = capacityOf(roomView(NODES, all), roll(0, 'w-1', 'w-2', 'w-3'));
    expect([finding.verdict, finding.nodes]).toEqual(['waits', ['w-2']]);
    expect(capacityOf(roomView(NODES, all), roll(1, 'w-1', 'w-2', 'w-3'))).toMatchObject({ verdict: 'fits', fresh: 1 });
  });

  test('several nodes at once', () => {
    const all = NODES.flatMap(({ name }) => pods(1, name, { requests: { cpu: '2' } }));
    const order = { leaving: ['w-1', 'w-2', 'w-3'], surge: 0, returns: true };
    expect(capacityOf(roomView(NODES, all), { ...order, atOnce: 1 }).verdict).toBe('fits');
    expect(capacityOf(roomView(NODES, all), { ...order, atOnce: 2 }).verdict).toBe('waits');
  });

  test('what could not be looked at is told, and nothing is placed on it', () => {
    const nodes = [{ name: 'w-1' }, { name: 'w-2', allocatable: {} }];
    const finding = capacityOf(roomView(nodes, pods(1, 'w-1')), drain('w-1'));
    const check = capacityCheck(finding, { autoscaler: true, volumesUnseen: 'list persistentvolumes is not allowed' });
    expect(check).toEqual({
      id: 'capacity',
      verdict: 'warn',
      title: 'Pods have no room elsewhere',
      evidence:
        '1 pod of w-1; 1 node has 0 pods free; ReplicaSet web/web: 1 pod without a place: it asks for 1 pod, and the most that a node has free is 0 pods (w-2); not looked at: w-2 does not say what room there is; not looked at: where volumes can be used: list persistentvolumes is not allowed; reading it takes the right to list persistentvolumeclaims and persistentvolumes: grant that, or plan again when the cluster answers; an autoscaler is there and may add nodes; whether it can for these pods was not judged',
    });
  });

  test('volumes that were not looked at block, wherever pods would fit otherwise; an autoscaler may help', () => {
    const fits = capacityOf(roomView(NODES, pods(1, 'w-1')), drain('w-1'));
    const volumesUnseen = 'list persistentvolumes is not allowed';
    expect(fits.verdict).toBe('fits');
    expect(capacityCheck(fits, { autoscaler: false, volumesUnseen })).toMatchObject({
      verdict: 'block',
      title: 'Where volumes can be used was not looked at',
    });
    expect(capacityCheck(fits, { autoscaler: true, volumesUnseen })).toMatchObject({ verdict: 'warn' });
    expect(capacityCheck(fits, { autoscaler: false, volumesUnseen: null })).toMatchObject({ verdict: 'pass' });
  });

  test('an empty view, a node that is not there, many kinds', () => {
    expect(words([], [], drain('w-9'))).toBe('pass: no pod has to move');
    const all = Array.from({ length: 7 }, (_, index) => ({
      name: `p-${index}`,
      node: 'w-1',
      owner: { kind: 'Job', name: `j-${index}` },
      ...PINNED,
    }));
    expect(words(NODES, all, drain('w-1'))).toContain('; and 2 more kinds of pods; ');
  });
});
