import { describe, expect, test } from 'vitest';
import { atTurn, defragScene, portError } from '../../support/defrag-scene.ts';

describe('cancel', () => {
  test('during a turn: the turn is settled, nothing further is started', async () => {
    const scene = await atTurn(1, ({ harness }) => harness.cancel(), { etcd: { leader: 'm-1' } });

    expect(await scene.run()).toMatchObject({ kind: 'stop', reason: 'cancelled' });
    expect(scene.turns()).toEqual(['m-2']);
    expect(scene.harness.acts).toMatchObject([{ observed: { result: 'done' } }]);
  });

  test('before the first turn: nothing is started', async () => {
    const { harness, run, turns } = await defragScene();
    harness.cancel();

    expect(await run()).toMatchObject({ kind: 'stop', reason: 'cancelled' });
    expect(turns()).toEqual([]);
  });
});

describe('T27: the ring is no longer the one that was approved', () => {
  test('a new version', async () => {
    const { harness, run, turns } = await defragScene();
    harness.etcd.member('m-2').version = '3.5.17';

    const end = await run();

    expect(end).toMatchObject({ kind: 'stop', reason: 'plan-drifted' });
    expect(end.note).toContain('m-2 runs 3.5.17, not 3.5.16');
    expect(turns()).toEqual([]);
  });

  test('a member that went in the middle', async () => {
    const scene = await atTurn(1, ({ harness }) => void harness.etcd.ring.members.pop(), {
      etcd: { leader: 'm-1', members: [{}, {}, {}, {}] },
    });

    expect(await scene.run()).toMatchObject({ kind: 'stop', reason: 'plan-drifted' });
    expect(scene.turns()).toEqual(['m-2']);
  });

  test('a NOSPACE alarm that was not there', async () => {
    const { harness, run, turns } = await defragScene();
    harness.etcd.raise('m-1', 'NOSPACE');

    expect(await run()).toMatchObject({ kind: 'stop', reason: 'plan-drifted' });
    expect(turns()).toEqual([]);
  });
});

test('T9: a CORRUPT alarm in the middle freezes everything', async () => {
  const scene = await atTurn(1, ({ harness }) => harness.etcd.raise('m-3', 'CORRUPT'), { etcd: { leader: 'm-1' } });

  expect(await scene.run()).toMatchObject({ kind: 'stop', reason: 'corrupt-alarm' });
  expect(scene.turns()).toEqual(['m-2']);
  expect(scene.harness.etcd.calls.filter((call) => call.method === 'disarm')).toEqual([]);
});

test('T2: somebody else who defragments is waited for, and stops the run when it lasts', async () => {
  const brief = await defragScene();
  brief.harness.etcd.defragmentElsewhere('m-3', 20_000);
  const endless = await defragScene();
  endless.harness.etcd.defragmentElsewhere('m-3');

  expect(await brief.run()).toMatchObject({ kind: 'done' });
  expect(await endless.run()).toMatchObject({ kind: 'stop', reason: 'foreign-operation' });
  expect(endless.turns()).toEqual([]);
});

test('the others lose their leader for long during a turn: stopped after this member', async () => {
  const scene = await atTurn(1, ({ harness }) => harness.etcd.changeLeader(null), {
    etcd: { leader: 'm-1', defragMs: 20_000 },
  });

  const end = await scene.run();

  expect(end).toMatchObject({ kind: 'stop', reason: 'quorum-at-risk' });
  expect(end.note).toContain('During the turn of m-2 the other members knew no leader');
  expect(scene.turns()).toEqual(['m-2']);
});

test('somebody else defragments a member that still answers: that is the reason, not the quorum', async () => {
  const others = { atWork: false };
  const { run, turns } = await defragScene({
    etcd: { leader: 'm-1' },
    wrap: (port) => ({
      ...port,
      defragInflight: async (member, call) =>
        others.atWork && member.name === 'm-3' ? { ok: true, value: true } : await port.defragInflight(member, call),
    }),
  });
  others.atWork = true;

  const end = await run();

  expect(end).toMatchObject({ kind: 'stop', reason: 'foreign-operation' });
  expect(end.note).toContain('m-3 is being defragmented by somebody else');
  expect(turns()).toEqual([]);
});

test('alarms that cannot be read for long: that is the reason, not the quorum', async () => {
  const alarms = { readable: true };
  const { run, turns } = await defragScene({
    wrap: (port) => ({
      ...port,
      alarms: async (call) =>
        alarms.readable ? await port.alarms(call) : { ok: false, error: portError('permission', 'permission denied') },
    }),
  });
  alarms.readable = false;

  expect(await run()).toMatchObject({ kind: 'stop', reason: 'alarms-unreadable' });
  expect(turns()).toEqual([]);
});
