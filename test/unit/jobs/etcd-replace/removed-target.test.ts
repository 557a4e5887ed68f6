import { describe, expect, test } from 'vitest';
import { removalOf } from '../../../../jobs/etcd-replace/past-rings.ts';
import { type RemovedTarget, withoutNode } from '../../../../jobs/etcd-replace/removed-target.ts';
import type { Platform } from '../../../../src/core/cluster-profile.ts';
import type { MachineSeen } from '../../../../src/core/etcd/diagnosis/machine-sign.ts';
import { MACHINE } from '../../../support/case-facts.ts';
import { ringOf } from '../../../support/etcd-reading.ts';
import { nodeSign } from '../../../support/member-signs.ts';

const ring = ringOf({ members: [{}, {}] });
const [first] = ring.members;
const nodes = [nodeSign({ name: first?.member.name ?? '', addresses: ['10.0.0.1'] })];
function voter(name: string) {
  return { id: `id-${name}`, name, peerUrls: [] };
}

const removal = {
  ok: true,
  name: 'cp-9',
  peerUrls: ['https://10.0.0.9:2380'],
  words: 'it was one of 3 voters',
} as const;

function machine(deletedAt: string | null): MachineSeen {
  const { matchedBy: _, ...place } = MACHINE;
  return {
    place: { ...place, controller: 'kubeadm-control-plane', controllerName: 'KubeadmControlPlane/prod-cp' },
    sign: { name: place.name, phase: 'Running', complaints: [], deletedAt },
    node: 'cp-9',
    nodeUid: null,
    addresses: ['10.0.0.9'],
    controlPlane: true,
  };
}

function found(
  platform: Platform,
  machines: readonly MachineSeen[] | null,
  seen: typeof nodes | null = nodes,
): RemovedTarget {
  const diagnosis = { ring, members: [], withoutMember: [], looks: 3, overMs: 10_000, unseen: [] };
  return withoutNode({ diagnosis, places: { nodes: seen, machines } }, platform, removal);
}

describe.each(['cluster-api', 'eks-anywhere'] as const)('%s: a removed member without a node', (platform) => {
  test('whose Machine nobody deletes is gone on with', () => {
    expect(found(platform, [machine(null)])).toMatchObject({ ok: true, place: { machine: { name: 'ocp-master-1' } } });
  });

  test.each([
    [
      'is being deleted',
      [machine('2026-11-22T03:00:00Z')],
      /since 2026-11-22T03:00:00Z: the controller goes on by itself/,
    ],
    ['is gone', [], /Its Machine is gone: the controller makes the next one by itself/],
    ['was not read', null, /could not be read/],
  ] as const)('whose Machine %s is left to the controller', (_what, machines, why) => {
    const target = found(platform, machines);
    expect(target).toMatchObject({ ok: false, why: expect.stringMatching(why) });
    expect(target).toMatchObject({ why: expect.stringContaining('kubectl get machines -A') });
  });
});

test.each(['openshift', 'kubeadm'] as const)('%s: nothing is gone on with where nodes were not read', (platform) => {
  expect(found(platform, [], null)).toMatchObject({ ok: false });
});

test('a newer record of a larger ring that has somebody else says who is missing', () => {
  const rings = [
    { backup: 'b-2', at: 'later', voters: ['a', 'b', 'c'].map(voter) },
    { backup: 'b-1', at: 'earlier', voters: ['a', 'b', 'x'].map(voter) },
  ];
  expect(removalOf('x', 2, { ok: true, rings })).toMatchObject({
    ok: false,
    why: 'it was none of the 3 voters at later (backup b-2): a, b, c',
  });
  expect(removalOf('c', 2, { ok: true, rings })).toMatchObject({ ok: true });
});
