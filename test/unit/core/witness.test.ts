import { assert, integer, property } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { otherContradiction, ownContradiction, type WitnessNote } from '../../../src/core/witness.ts';

const NOTE: WitnessNote = {
  run: 'defrag-prod-7f3k',
  locks: ['cluster/prod/etcd', 'identity/ab12/etcd'],
  epoch: 3,
  acts: 2,
  step: 0,
  item: 'etcd-2',
  action: 'defragment',
  at: '2026-11-21T03:00:00.000Z',
  observed: true,
};

describe('what the cluster remembers of the same run', () => {
  test('nothing, or fewer calls by an older lease, fits', () => {
    expect(ownContradiction(null, NOTE)).toBeNull();
    expect(ownContradiction({ ...NOTE, acts: 1, epoch: 2 }, NOTE)).toBeNull();
  });

  test('our own write, whose answer was lost, fits', () => {
    expect(ownContradiction(NOTE, NOTE)).toBeNull();
  });

  test('as many calls as the next one or more mean that the record is older than the cluster', () => {
    const remembered = { ...NOTE, acts: 2, at: '2026-11-21T02:59:00.000Z', item: 'etcd-1' };

    expect(ownContradiction(remembered, NOTE)).toBe(
      "the cluster remembers 2 calls of this run, the last being defragment of etcd-1, announced 2026-11-21T02:59:00.000Z; the run's record knows 1 call. The record is older than the cluster",
    );
  });

  test('a newer lease means that this worker is late', () => {
    expect(ownContradiction({ ...NOTE, acts: 1, epoch: 4 }, NOTE)).toContain(
      'a worker with a newer lease (4, ours is 3)',
    );
  });

  test('a record that lost any number of its last calls is always found', () => {
    assert(
      property(integer({ min: 1, max: 50 }), integer({ min: 1, max: 50 }), (made, lost) => {
        const remembered = { ...NOTE, acts: made + lost - 1, at: 'then' };
        expect(ownContradiction(remembered, { ...NOTE, acts: made, at: 'now' })).not.toBeNull();
      }),
    );
  });
});

describe('what the cluster remembers of other runs', () => {
  const other = { ...NOTE, run: 'defrag-edge-9x2m' };

  test('a run that ended, or one with other locks, is no trouble', () => {
    expect(otherContradiction(other, NOTE, 'ended')).toBeNull();
    expect(otherContradiction({ ...other, locks: ['cluster/prod/nodegroup/a'] }, NOTE, 'unknown')).toBeNull();
    expect(otherContradiction(NOTE, NOTE, 'unknown')).toBeNull();
  });

  test('a run that nobody here knows is another installation, or lost', () => {
    expect(otherContradiction({ ...other, locks: ['identity/ab12'] }, NOTE, 'unknown')).toContain(
      'run defrag-edge-9x2m (defragment of etcd-2, announced 2026-11-21T03:00:00.000Z), which this Drydock does not know',
    );
  });

  test('an unfinished run with the same lock must not be', () => {
    expect(otherContradiction(other, NOTE, 'unfinished')).toContain(
      'is not over and holds a lock that excludes this run',
    );
  });
});
