import { describe, expect, test } from 'vitest';
import type { MachineSeen } from '../../../../../src/core/etcd/diagnosis/machine-sign.ts';
import {
  placeOfRemoved,
  placesOf,
  placesWithoutMember,
  spareOf,
} from '../../../../../src/core/etcd/diagnosis/place.ts';
import type { EtcdMember } from '../../../../../src/core/ports/etcd.ts';
import { MACHINE } from '../../../../support/case-facts.ts';
import { nodeSign } from '../../../../support/member-signs.ts';

function member(name: string, host: string): EtcdMember {
  return { id: `id-${name}-${host}`, name, peerUrls: [`https://${host}:2380`], clientUrls: [], isLearner: false };
}

function node(name: string, ...addresses: readonly string[]) {
  return nodeSign({ name, uid: `uid-${name}`, addresses });
}

function machine(
  name: string,
  changes: Partial<Omit<MachineSeen, 'place' | 'sign'>> = {},
  providerId = '',
): MachineSeen {
  const { matchedBy: _, ...place } = MACHINE;
  return {
    place: { ...place, name, providerId },
    sign: { name, phase: 'Running', complaints: [], deletedAt: null },
    node: null,
    nodeUid: null,
    addresses: [],
    controlPlane: true,
    ...changes,
  };
}

const CP1 = member('cp-1', '10.0.0.1');
const CP2 = member('cp-2', '10.0.0.2');
const NODES = [node('cp-1', '10.0.0.1', 'cp-1'), node('cp-2', '10.0.0.2', 'cp-2'), node('cp-10', '10.0.0.10')];

/** The place of the first member. */
function placeOf(first: EtcdMember, nodes: typeof NODES | null, machines: readonly MachineSeen[] | null = null) {
  return placesOf([first, member('cp-3', '10.0.0.3')], {
    nodes: nodes === null ? null : [...nodes, node('cp-3', '10.0.0.3')],
    machines,
  })[0]?.place;
}

describe('a member and its node', () => {
  test.each([
    [
      'name and address',
      CP2,
      NODES,
      { node: 'cp-2', nodeUid: 'uid-cp-2', nodeState: 'ready', matchedBy: 'name-and-address' },
    ],
    ['an address as a name', member('cp-2', 'cp-2'), NODES, { node: 'cp-2', matchedBy: 'name-and-address' }],
    ['only the address', member('old', '10.0.0.2'), NODES, { node: 'cp-2', matchedBy: 'address' }],
    [
      'only the name: the node has another address now',
      member('cp-2', '10.9.9.9'),
      NODES,
      { node: 'cp-2', matchedBy: 'name' },
    ],
    [
      'the name of one and the address of another',
      member('cp-1', '10.0.0.2'),
      NODES,
      { node: 'cp-2', matchedBy: 'address' },
    ],
    [
      'two nodes of one address',
      CP2,
      [...NODES, node('twin', '10.0.0.2')],
      { node: 'cp-2', matchedBy: 'name-and-address' },
    ],
    [
      'two nodes of one address, and neither of its name',
      member('x', '10.0.0.2'),
      [...NODES, node('twin', '10.0.0.2')],
      { node: null, matchedBy: 'none' },
    ],
    ['an entry without a name', member('', '10.0.0.2'), NODES, { node: 'cp-2', matchedBy: 'address' }],
    ['no node', member('cp-9', '10.0.0.9'), NODES, { node: null, nodeState: 'absent', matchedBy: 'none' }],
    [
      'a name that begins alike is no match',
      member('cp-1', '10.0.0.9'),
      [node('cp-10', '10.0.0.10')],
      { node: null, nodeState: 'absent' },
    ],
    ['nodes that could not be read', CP2, null, { node: null, nodeState: 'not-seen', matchedBy: 'none' }],
  ] as const)('%s', (_name, first, nodes, expected) => {
    expect(placeOf(first, nodes === null ? null : [...nodes])).toMatchObject(expected);
  });

  test('where nodes carry no member at all, a missing node says nothing', () => {
    const places = placesOf([member('e-1', '10.1.0.1'), member('e-2', '10.1.0.2')], { nodes: NODES, machines: null });

    expect(places.map(({ place }) => place.nodeState)).toEqual(['not-seen', 'not-seen']);
  });

  test('a node that is not ready is said so', () => {
    const sick = nodeSign({ name: 'cp-2', addresses: ['10.0.0.2'], ready: 'unknown' });
    expect(placeOf(CP2, [sick])).toMatchObject({ nodeState: 'not-ready' });
  });
});

describe('a member and its Machine', () => {
  test.each([
    ['node name and address', [machine('m', { node: 'cp-2', addresses: ['10.0.0.2'] })], 'name-and-address'],
    ['node name and uid', [machine('m', { node: 'cp-2', nodeUid: 'uid-cp-2' })], 'name-and-address'],
    ['only the address', [machine('m', { addresses: ['10.0.0.2'] })], 'address'],
    ['only the name', [machine('m', { node: 'cp-2', addresses: ['10.9.9.9'] })], 'name'],
  ] as const)('%s', (_name, machines, matchedBy) => {
    expect(placeOf(CP2, NODES, machines)?.machine).toMatchObject({ name: 'm', matchedBy });
  });

  test('none of two that claim the same', () => {
    const two = [machine('a', { addresses: ['10.0.0.2'] }), machine('b', { addresses: ['10.0.0.2'] })];
    expect(placeOf(CP2, NODES, two)?.machine).toBeNull();
  });

  test('of a node that is gone the Machine tells how well it is matched', () => {
    const machines = [machine('m', { node: 'cp-9', addresses: ['10.0.0.9'] })];
    expect(placeOf(member('cp-9', '10.0.0.9'), NODES, machines)).toMatchObject({
      nodeState: 'absent',
      matchedBy: 'name-and-address',
    });
  });
});

test('nodes of the control plane that no member stands for', () => {
  const worker = nodeSign({ name: 'w-1', roles: ['worker'], addresses: ['10.0.0.50'] });
  const facts = { nodes: [...NODES, worker], machines: [machine('m', { node: 'cp-2', addresses: ['10.0.0.2'] })] };

  expect(placesWithoutMember([CP1], facts).map(({ node: name }) => name)).toEqual(['cp-2', 'cp-10']);
  expect(placesWithoutMember([CP1, CP2, member('cp-10', '10.0.0.10')], facts)).toEqual([]);
  expect(placesWithoutMember([member('e-1', '10.1.0.1')], facts)).toEqual([]);
});

describe('what is left of a member that is out of the list', () => {
  const was = { name: 'cp-2', peerUrls: ['https://10.0.0.2:2380'] };
  const nodes = [node('cp-1', '10.0.0.1')];

  test('its Machine, by name and address', () => {
    const machines = [machine('m-2', { node: 'cp-2', addresses: ['10.0.0.2'] }), machine('m-4')];
    expect(placeOfRemoved(was, [CP1], { nodes, machines }).place).toMatchObject({
      node: null,
      nodeState: 'absent',
      peerUrl: 'https://10.0.0.2:2380',
      machine: { name: 'm-2', matchedBy: 'name-and-address' },
    });
  });

  test.each([
    ['the address of a member of now', machine('m-2', { node: 'cp-2', addresses: ['10.0.0.1'] })],
    ['its node', machine('m-2', { node: 'cp-1', addresses: ['10.0.0.2'] })],
    ['the uid of its node', machine('m-2', { nodeUid: 'uid-cp-1', addresses: ['10.0.0.2'] })],
  ])('never a Machine that has %s', (_what, each) => {
    expect(placeOfRemoved(was, [CP1], { nodes, machines: [each] }).place.machine).toBeNull();
  });

  test('nothing is said of nodes that were not read, or that carry no member', () => {
    for (const seen of [null, [node('other', '10.9.9.9')]])
      expect(placeOfRemoved(was, [CP1], { nodes: seen, machines: null }).place.nodeState).toBe('not-seen');
  });

  test('spare is what no member stands on', () => {
    const machines = [machine('m-1', { node: 'cp-1' }), machine('m-4')];
    const spare = spareOf([CP1], { nodes: [...nodes, node('cp-4', '10.0.0.4')], machines });
    expect(spare.nodes?.map(({ name }) => name)).toEqual(['cp-4']);
    expect(spare.machines?.map(({ place }) => place.name)).toEqual(['m-4']);
  });
});
