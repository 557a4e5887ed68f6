import { assert, boolean, constantFrom, property, record, subarray } from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CapiMachine } from '../../../../src/core/cluster-api/machine.ts';
import { type ReplacementBefore, replacementSeen } from '../../../../src/core/cluster-api/replacement.ts';
import { isHealthyVoter } from '../../../../src/core/etcd/health-gate.ts';
import { idAt, type MemberSketch, ringOf } from '../../../support/etcd-reading.ts';

const OWNER = {
  apiVersion: 'controlplane.cluster.x-k8s.io/v1beta2',
  kind: 'KubeadmControlPlane',
  name: 'p',
  uid: 'owner',
  controller: true,
};

function machine(node: string, change: Partial<CapiMachine> = {}): CapiMachine {
  return {
    apiVersion: 'cluster.x-k8s.io/v1beta2',
    namespace: 'prod',
    name: `m-${node}`,
    uid: `uid-${node}`,
    resourceVersion: '1',
    cluster: 'prod',
    isControlPlane: true,
    owner: OWNER,
    labels: {},
    annotations: {},
    createdAt: '',
    deletingSince: null,
    finalizers: [],
    hooks: [],
    phase: 'Running',
    providerId: '',
    node,
    nodeUid: null,
    addresses: [],
    conditions: [],
    ...change,
  };
}

const MEMBERS: Readonly<Record<string, MemberSketch>> = {
  'cp-1': { id: idAt(0), name: 'cp-1' },
  'cp-2': { id: idAt(1), name: 'cp-2', silent: 'unreachable' },
  'cp-3': { id: idAt(2), name: 'cp-3' },
  'cp-4': { id: idAt(3), name: 'cp-4' },
};

function ring(...names: readonly string[]) {
  return ringOf({ members: names.flatMap((name) => MEMBERS[name] ?? { id: 'abc', name }) });
}

const BEFORE: ReplacementBefore = {
  member: idAt(1),
  machine: { name: 'm-cp-2', uid: 'uid-cp-2' },
  otherMachines: ['cp-1', 'cp-3'].map((node) => ({ name: `m-${node}`, uid: `uid-${node}` })),
  owner: 'owner',
  members: [idAt(0), idAt(1), idAt(2)],
};
const ENDING = { deletingSince: '2026-11-22T10:00:00Z' };

describe('stages', () => {
  const others = [machine('cp-1'), machine('cp-3')];
  test.each([
    ['not-begun', [...others, machine('cp-2')], ring('cp-1', 'cp-2', 'cp-3')],
    ['deleting', [...others, machine('cp-2', ENDING)], ring('cp-1', 'cp-2', 'cp-3')],
    ['member-leaving', others, ring('cp-1', 'cp-2', 'cp-3')],
    ['creating', [...others, machine('cp-2', ENDING)], ring('cp-1', 'cp-3')],
    ['booting', [...others, machine('cp-4', { node: null, phase: 'Provisioning' })], ring('cp-1', 'cp-3')],
    ['joining', [...others, machine('cp-4')], ring('cp-1', 'cp-3')],
    ['machine-ending', [...others, machine('cp-2', ENDING), machine('cp-4')], ring('cp-1', 'cp-3', 'cp-4')],
    ['in', [...others, machine('cp-4')], ring('cp-1', 'cp-3', 'cp-4')],
  ] as const)('%s', (stage, machines, now) => {
    expect(replacementSeen(BEFORE, machines, now)).toMatchObject({ stage, unexpected: [] });
  });
});

describe('what a replacement does not explain is told', () => {
  test.each([
    ['m-cp-3 is gone too', [machine('cp-1'), machine('cp-4')], ring('cp-1', 'cp-3', 'cp-4')],
    ['m-cp-3 is being deleted too', [machine('cp-1'), machine('cp-3', ENDING)], ring('cp-1', 'cp-3')],
    [`member ${idAt(2)} has left too`, [machine('cp-1'), machine('cp-3')], ring('cp-1')],
    [
      'm-cp-4, m-cp-5 are all new',
      [machine('cp-1'), machine('cp-3'), machine('cp-4'), machine('cp-5')],
      ring('cp-1', 'cp-3'),
    ],
    ['joined, and no new machine is its', [machine('cp-1'), machine('cp-3')], ring('cp-1', 'cp-3', 'stranger')],
  ])('%s', (words, machines, now) => {
    expect(replacementSeen(BEFORE, machines, now).unexpected.join('; ')).toContain(words);
  });

  test('a machine of somebody else is none of it', () => {
    const foreign = machine('cp-4', { owner: { ...OWNER, uid: 'another' } });
    expect(replacementSeen(BEFORE, [machine('cp-1'), machine('cp-3'), foreign], ring('cp-1', 'cp-3')).stage).toBe(
      'creating',
    );
  });
});

test('whatever is seen, it is in only when machine and member are gone and the new one votes and is well', () => {
  const world = record({
    machines: subarray(['cp-1', 'cp-2', 'cp-3', 'cp-4', 'cp-5']),
    members: subarray(['cp-1', 'cp-2', 'cp-3', 'cp-4', 'stranger'], { minLength: 1 }),
    old: boolean(),
    fresh: constantFrom('cp-4', null),
  });
  assert(
    property(world, ({ machines, members, old, fresh }) => {
      const seenMachines = machines.map((node) =>
        machine(node, { ...(node === 'cp-2' && old ? ENDING : {}), ...(node === 'cp-4' ? { node: fresh } : {}) }),
      );
      const now = ring(...members);
      const seen = replacementSeen(BEFORE, seenMachines, now);
      expect(seen.words).not.toBe('');
      if (seen.stage !== 'in') return;
      expect(machines).not.toContain('cp-2');
      expect(members).not.toContain('cp-2');
      expect(seen.newMember !== null && isHealthyVoter(seen.newMember)).toBe(true);
      expect(seen.newMachine?.owner?.uid).toBe('owner');
    }),
  );
});
