import { assert, integer, property } from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  otherContradiction,
  ownContradiction,
  type RecordedCall,
  type WitnessNote,
} from '../../../src/core/witness.ts';

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

/** What the record of a run has that announced these calls. */
function recordOf(...calls: readonly Partial<WitnessNote>[]): RecordedCall[] {
  return calls.map(({ item = 'etcd-1', action = 'defragment', at = 'a' }) => ({ item, action, at }));
}

describe('what the cluster remembers of the same run', () => {
  const first = { ...NOTE, acts: 1, epoch: 2, item: 'etcd-1', at: '2026-11-21T02:59:00.000Z' };
  const record = recordOf(first, NOTE).map(({ item, action, at }) => ({ item, action, at }));

  test('nothing, or a call that stands in the record at its place, fits', () => {
    expect(ownContradiction(null, NOTE, record)).toBeNull();
    expect(ownContradiction(first, NOTE, record)).toBeNull();
  });

  test('nothing, although the record says that the cluster took note, means that the run was over', () => {
    const noted = record.map((call, at) => ({ ...call, noted: at === 0 }));

    expect(ownContradiction(null, NOTE, noted)).toBe(
      'The cluster took note of defragment of etcd-1, announced 2026-11-21T02:59:00.000Z, and remembers nothing of this run now: the run is over and its record is older than the cluster, or somebody deleted the note',
    );
    expect(ownContradiction(first, NOTE, noted)).toBeNull();
  });

  test('our own write, whose answer was lost, fits', () => {
    expect(ownContradiction(NOTE, NOTE, record)).toBeNull();
  });

  test('a call that the record does not have means that it is older than the cluster', () => {
    const lost = { ...NOTE, item: 'etcd-9', at: '2026-11-21T02:59:30.000Z' };

    expect(ownContradiction(lost, NOTE, record)).toBe(
      "The cluster remembers defragment of etcd-9, announced 2026-11-21T02:59:30.000Z, as call 2 of this run; the run's record does not have it. The record is older than the cluster",
    );
    expect(ownContradiction({ ...lost, acts: 7 }, NOTE, record)).toContain('as call 7 of this run');
  });

  test('a record that lost a call and announced another since is found as well', () => {
    const lost = { ...NOTE, acts: 1, item: 'etcd-1', at: 'lost' };

    expect(ownContradiction(lost, NOTE, record)).not.toBeNull();
  });

  test('a newer lease means that this worker is late', () => {
    expect(ownContradiction({ ...first, epoch: 4 }, NOTE, record)).toContain(
      'A worker with a newer lease (4, ours is 3)',
    );
  });

  test('a record that lost its last calls is always found, however many it made since', () => {
    assert(
      property(
        integer({ min: 1, max: 20 }),
        integer({ min: 0, max: 20 }),
        integer({ min: 1, max: 20 }),
        (lost, kept, since) => {
          const shared = Array.from({ length: kept }, (_, at) => ({ at: `shared ${at}` }));
          const remembered = { ...NOTE, item: 'etcd-1', acts: kept + lost, at: `lost ${lost}` };
          const mine = recordOf(...shared, ...Array.from({ length: since }, (_, at) => ({ at: `since ${at}` })));
          expect(ownContradiction(remembered, { ...NOTE, acts: mine.length }, mine)).not.toBeNull();
        },
      ),
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
    const lost = { ...other, locks: ['identity/ab12'], observed: false };
    const words = 'run defrag-edge-9x2m (defragment of etcd-2, announced 2026-11-21T03:00:00.000Z; its outcome was';

    expect(otherContradiction(lost, NOTE, 'unknown')).toContain(
      `${words} not noted as seen), which this Drydock does not know`,
    );
    expect(otherContradiction({ ...lost, observed: true }, NOTE, 'unknown')).toContain(`${words} seen)`);
    expect(otherContradiction(lost, NOTE, 'unknown')).toContain('or dropped it long after its end');
  });

  test('a run that ended without the call that the cluster remembers stands in the way, if it had the same lock', () => {
    expect(otherContradiction(other, NOTE, 'ended-without-it')).toContain(
      'which ended; its record does not have this call and is older than the cluster',
    );
    expect(otherContradiction({ ...other, locks: ['cluster/prod/nodegroup/a'] }, NOTE, 'ended-without-it')).toBeNull();
  });

  test('an unfinished run with the same lock must not be', () => {
    expect(otherContradiction(other, NOTE, 'unfinished')).toContain(
      'is not over and holds a lock that excludes this run',
    );
  });
});
