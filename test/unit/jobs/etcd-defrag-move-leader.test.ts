import { describe, expect, test } from 'vitest';
import { defragScene, portError } from '../../support/defrag-scene.ts';

const moving = { moveLeader: true };

function movesOf(calls: readonly { readonly method: string; readonly member: string | null }[]) {
  return calls.filter((call) => call.method === 'moveLeader').map((call) => call.member);
}

test('without --move-leader the leader is defragmented in place', async () => {
  const { harness, run } = await defragScene({ etcd: { leader: 'm-1' } });

  expect(await run()).toMatchObject({ kind: 'done' });
  expect(movesOf(harness.etcd.calls)).toEqual([]);
});

test('with it, leadership goes to a defragmented voter before the turn of the leader', async () => {
  const { harness, run, turns } = await defragScene({ etcd: { leader: 'm-1' } }, moving);

  expect(await run()).toMatchObject({ kind: 'done' });
  expect(turns()).toEqual(['m-2', 'm-3', 'm-1']);
  expect(movesOf(harness.etcd.calls)).toEqual(['m-1']);
  expect(harness.etcd.ring.leader?.name).toBe('m-2');
});

test('moving it on purpose is no flapping, even after one change that was not', async () => {
  const { harness, run } = await defragScene(
    {
      etcd: {
        leader: 'm-1',
        onCall: (call) => {
          if (call.method === 'defragment' && call.member === 'm-2') harness.etcd.changeLeader('m-3');
        },
      },
    },
    moving,
  );

  expect(await run()).toMatchObject({ kind: 'done' });
  expect(movesOf(harness.etcd.calls)).toEqual(['m-3']);
});

test('nobody to take over: in place', async () => {
  const { harness, run, turns } = await defragScene({ etcd: { members: [{}] } }, moving);

  expect(await run()).toMatchObject({ kind: 'done' });
  expect(turns()).toEqual(['m-1']);
  expect(movesOf(harness.etcd.calls)).toEqual([]);
});

describe('a move that fails is not passed over in silence', () => {
  test('refused', async () => {
    const { harness, run, turns } = await defragScene({ etcd: { leader: 'm-1' } }, moving);
    harness.etcd.failOnce({ method: 'moveLeader', error: portError('refused', 'etcdserver: bad leader transferee') });

    const end = await run();

    expect(end).toMatchObject({ kind: 'stop', reason: 'etcd-refused' });
    expect(end.note).toContain('m-1 still leads (etcdserver: bad leader transferee)');
    expect(turns()).toEqual(['m-2', 'm-3']);
  });

  test('a time-out, but it moved: done by what is seen', async () => {
    const { harness, run } = await defragScene({ etcd: { leader: 'm-1' } }, moving);
    harness.etcd.failOnce({ method: 'moveLeader', error: portError('unknown-outcome'), happens: true });

    expect(await run()).toMatchObject({ kind: 'done' });
    expect(movesOf(harness.etcd.calls)).toEqual(['m-1']);
  });

  test('no leader afterwards: cannot tell', async () => {
    const { harness, run } = await defragScene(
      {
        etcd: {
          leader: 'm-1',
          onCall: (call) => {
            if (call.method === 'moveLeader') harness.etcd.changeLeader(null);
          },
        },
      },
      moving,
    );
    harness.etcd.failOnce({ method: 'moveLeader', error: portError('unknown-outcome') });

    expect(await run()).toMatchObject({ kind: 'stop', reason: 'outcome-unknown' });
  });
});

test.each([
  ['intent-stored', 1],
  ['call-made', 1],
] as const)('a worker that dies at %s of the move: leadership moves once', async (point, moves) => {
  const { harness, run, turns } = await defragScene({ etcd: { leader: 'm-1' } }, moving);
  harness.crashAt(point, 3);

  expect(await run()).toMatchObject({ kind: 'done' });
  expect(turns()).toEqual(['m-2', 'm-3', 'm-1']);
  expect(movesOf(harness.etcd.calls)).toHaveLength(moves);
});
