import { array, assert, boolean, constantFrom, integer, property, record } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { capacityOf } from '../../../../src/core/preflight/capacity.ts';
import { type RoomNodeSample, type RoomPodSample, roomView } from '../../../support/preflight/room.ts';

const zones = constantFrom('a', 'b');
const nodes = array(
  record({ cpu: integer({ min: 0, max: 8 }), zone: zones, cordoned: boolean(), tainted: boolean() }),
  { minLength: 1, maxLength: 5 },
).map((all): readonly RoomNodeSample[] =>
  all.map(({ cpu, zone, cordoned, tainted }, index) => ({
    name: `n-${index}`,
    labels: { zone },
    allocatable: { cpu: `${cpu}`, pods: '4' },
    spec: { unschedulable: cordoned, taints: tainted ? [{ key: 'own', effect: 'NoSchedule' }] : [] },
  })),
);
const pods = array(
  record({ node: integer({ min: 0, max: 4 }), cpu: integer({ min: 0, max: 8 }), zone: zones, picky: boolean() }),
  { maxLength: 8 },
).map((all): readonly RoomPodSample[] =>
  all.map(({ node, cpu, zone, picky }, index) => ({
    name: `p-${index}`,
    node: `n-${node}`,
    requests: { cpu: `${cpu}` },
    spec: picky ? { nodeSelector: { zone } } : {},
  })),
);
const orders = record({ surge: integer({ min: 0, max: 2 }), atOnce: integer({ min: 1, max: 3 }), returns: boolean() });

/** Nodes that could take this pod if nothing but what stays were there; written anew, without groups. */
function takers(all: readonly RoomNodeSample[], others: readonly RoomPodSample[], pod: RoomPodSample): number {
  return all.filter(({ name, labels, spec, allocatable }) => {
    const there = others.filter(({ node }) => node === name);
    const used = there.reduce((sum, { requests }) => sum + Number(requests?.['cpu'] ?? 0), 0);
    const selector = Object.entries(pod.spec ?? {}).flatMap(([, value]) => Object.values(value ?? {}));
    const isOpen = spec?.['unschedulable'] !== true && JSON.stringify(spec?.['taints']) === '[]';
    const isPlace = selector.length === 0 || selector.includes(labels?.['zone']);
    const asked = Number(pod.requests?.['cpu'] ?? 0);
    const fits = (asked === 0 || used + asked <= Number(allocatable?.['cpu'] ?? 0)) && there.length < 4;
    return isOpen && isPlace && fits;
  }).length;
}

describe('room for pods, whatever the cluster', () => {
  test('nothing fits where a pod fits nowhere, and nothing is called impossible that fits into one node', () => {
    assert(
      property(nodes, pods, integer({ min: 0, max: 4 }), (all, some, left) => {
        const leaving = `n-${left}`;
        const finding = capacityOf(roomView(all, some), { leaving: [leaving], atOnce: 1, surge: 0, returns: false });
        const isThere = all.some(({ name }) => name === leaving);
        const staying = all.filter(({ name }) => name !== leaving);
        const others = some.filter(({ node }) => node !== leaving);
        const moving = isThere ? some.filter(({ node }) => node === leaving) : [];
        const lost = moving.filter((pod) => takers(staying, others, pod) === 0);
        expect(lost.length > 0 && finding.verdict !== 'nowhere').toBe(false);
        expect(moving.length === 1 && lost.length === 0 && finding.verdict !== 'fits').toBe(false);
        expect(finding.pods).toBe(moving.length);
        expect(finding.unplaced.reduce((sum, each) => sum + each.pods, 0)).toBeLessThanOrEqual(moving.length);
      }),
      { numRuns: 300 },
    );
  });

  test('more room makes nothing worse, and the verdict is that of the worst kind', () => {
    const rank = ['fits', 'tight', 'waits', 'nowhere'];
    assert(
      property(nodes, pods, orders, (all, some, order) => {
        const asked = { ...order, leaving: ['n-0', 'n-1'] };
        const finding = capacityOf(roomView(all, some), asked);
        const worst = finding.unplaced.reduce((most, { verdict }) => Math.max(most, rank.indexOf(verdict)), 0);
        expect(rank[worst]).toBe(finding.verdict);
        const roomy = [
          ...all,
          ...['a', 'b'].map((zone) => ({
            name: `big-${zone}`,
            labels: { zone },
            allocatable: { cpu: '999', pods: '999' },
          })),
        ];
        expect(capacityOf(roomView(roomy, some), asked).verdict).toBe('fits');
      }),
      { numRuns: 300 },
    );
  });

  test('5,000 pods on 100 nodes take well under two seconds', () => {
    const many = Array.from({ length: 100 }, (_, index) => ({
      name: `n-${index}`,
      labels: { zone: 'a' },
      allocatable: { cpu: '32', memory: '128Gi', pods: '110' },
    }));
    const busy = Array.from({ length: 5000 }, (_, index) => ({
      name: `p-${index}`,
      node: `n-${index % 100}`,
      owner: { kind: 'ReplicaSet', name: `r-${index % 150}` },
      requests: { cpu: `${100 + (index % 40) * 10}m`, memory: '1Gi' },
      spec: { nodeSelector: { zone: 'a' } },
    }));
    const began = process.threadCpuUsage();
    const view = roomView(many, busy);
    const order = { leaving: many.map(({ name }) => name), atOnce: 1, surge: 1, returns: true };
    expect(capacityOf(view, order).verdict).toBe('fits');
    const { user, system } = process.threadCpuUsage(began);
    expect((user + system) / 1e6).toBeLessThan(2);
  });
});
