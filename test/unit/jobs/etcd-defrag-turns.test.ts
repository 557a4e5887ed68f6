import { describe, expect, test } from 'vitest';
import { atTurn, defragScene, portError } from '../../support/defrag-scene.ts';
import { MIB } from '../../support/etcd-reading.ts';

test('followers first, the fullest first, the leader last, a pause apart; the report shows before and after', async () => {
  const { harness, run, turns } = await defragScene({
    etcd: { leader: 'm-1', members: [{}, {}, { dbSizeBytes: 200 * MIB }] },
  });

  const end = await run();

  expect(end).toMatchObject({ kind: 'done' });
  expect(turns()).toEqual(['m-3', 'm-2', 'm-1']);
  expect(harness.pauses.filter((ms) => ms === 60_000)).toHaveLength(2);
  expect(harness.outputs.at(-1)).toMatchObject({
    report: {
      healthy: true,
      tables: [
        {
          rows: [
            ['m-1', 'leader', '3.5.16', '100 MiB', '30.0 MiB', '30.0 MiB (100 %)', '1 %'],
            expect.anything(),
            expect.anything(),
          ],
        },
      ],
    },
  });
});

test('the call has a deadline of ten minutes at least, and the turn is announced with the sizes before', async () => {
  const { harness, run } = await defragScene();

  await run();

  expect(harness.acts).toHaveLength(3);
  expect(harness.acts[0]).toMatchObject({
    action: 'defragment',
    facts: { before: { size: 100 * MIB, inUse: 30 * MIB } },
    observed: { result: 'done' },
  });
});

test('T1: a call that times out while the server goes on: done by what is seen, no second call', async () => {
  const { harness, run, turns } = await defragScene({ etcd: { leader: 'm-1' } });
  harness.etcd.failOnce({ method: 'defragment', member: 'm-2', error: portError('unknown-outcome'), happens: true });

  expect(await run()).toMatchObject({ kind: 'done' });
  expect(turns()).toEqual(['m-2', 'm-3', 'm-1']);
});

test('T1: the next member has no turn before the last one answers', async () => {
  const scene = await atTurn(
    2,
    ({ harness }) => {
      expect(harness.etcd.ring.members.filter((each) => each.busyUntilMs !== null)).toEqual([]);
    },
    { etcd: { leader: 'm-1', defragMs: 700_000 } },
  );

  expect(await scene.run()).toMatchObject({ kind: 'done' });
  expect(scene.turns()).toEqual(['m-2', 'm-3', 'm-1']);
});

test('a member that stays silent: needs a person, nothing else is touched, nothing is repeated', async () => {
  const { harness, run, turns } = await defragScene({ etcd: { leader: 'm-1' } });
  harness.etcd.holdDefragmentation('m-2');

  const end = await run();

  expect(end).toMatchObject({ kind: 'stop', reason: 'member-silent' });
  expect(turns()).toEqual(['m-2']);
  expect(harness.acts).toMatchObject([{ observed: { result: 'unknown' } }]);
});

describe('T3: a member that is frozen or dies', () => {
  test.each(['freeze', 'kill'] as const)('%s before the run: the gate stops it, nothing is touched', async (how) => {
    const { harness, run, turns } = await defragScene();
    harness.etcd[how]('m-3');

    expect(await run()).toMatchObject({ kind: 'stop', reason: 'member-unhealthy' });
    expect(turns()).toEqual([]);
  });

  test('another member dies during a turn: that turn is settled, no further member is touched', async () => {
    const scene = await atTurn(1, ({ harness }) => harness.etcd.kill('m-3'), { etcd: { leader: 'm-1' } });

    const end = await scene.run();

    expect(end).toMatchObject({ kind: 'stop', reason: 'member-unhealthy' });
    expect(end.note).not.toMatch(/Defragmented|touched/);
    expect(scene.turns()).toEqual(['m-2']);
  });

  test('the member itself dies in its turn and comes back as it was: told, and stopped', async () => {
    const scene = await atTurn(
      1,
      ({ harness }, member) => {
        harness.etcd.failOnce({
          method: 'defragment',
          member,
          error: portError('unknown-outcome', 'the connection was lost'),
        });
        harness.etcd.kill(member);
        void harness.clock.sleep(10_000).then(() => harness.etcd.heal(member));
      },
      { etcd: { leader: 'm-1' } },
    );

    const end = await scene.run();

    expect(end).toMatchObject({ kind: 'stop', reason: 'member-unhealthy' });
    expect(end.note).toContain('m-2 went down and came back during its turn');
    expect(scene.turns()).toEqual(['m-2']);
    expect(scene.harness.acts).toMatchObject([{ observed: { result: 'not-done' } }]);
  });

  test.each([
    [true, 'member-unhealthy', 'm-2 went down and came back during its turn'],
    [false, 'call-without-effect', 'whether it was restarted meanwhile cannot be seen in this way'],
  ])('it is back before anybody looked; its metrics can be seen: %s', async (showsMetrics, reason, words) => {
    const scene = await atTurn(
      1,
      ({ harness }, member) => {
        harness.etcd.failOnce({
          method: 'defragment',
          member,
          error: portError('unknown-outcome', 'the connection broke'),
        });
        harness.etcd.kill(member);
        harness.etcd.heal(member);
      },
      { etcd: { leader: 'm-1', members: [{ showsMetrics }, { showsMetrics }, { showsMetrics }] } },
    );

    const end = await scene.run();

    expect(end).toMatchObject({ kind: 'stop', reason });
    expect(end.note).toContain(words);
    expect(end.note).toContain('the connection broke');
    expect(scene.turns()).toEqual(['m-2']);
  });

  test('a member that is back before the gate gives up costs nothing but time', async () => {
    const { harness, run, turns } = await defragScene();
    harness.etcd.kill('m-3');
    void harness.clock.sleep(30_000).then(() => harness.etcd.heal('m-3'));

    expect(await run()).toMatchObject({ kind: 'done' });
    expect(turns()).toHaveLength(3);
  });
});

test('T4: the leader changes in the middle: it is last again, each member has one turn, one change is no drift', async () => {
  const scene = await atTurn(2, ({ harness }) => harness.etcd.changeLeader('m-2'), {
    etcd: { leader: 'm-1', members: [{}, {}, {}, {}, {}] },
  });

  expect(await scene.run()).toMatchObject({ kind: 'done' });
  expect(scene.turns().toSorted()).toEqual(['m-1', 'm-2', 'm-3', 'm-4', 'm-5']);
});

test('T4: leadership goes to a member that is still to come: it waits for its turn', async () => {
  const scene = await atTurn(1, ({ harness }) => harness.etcd.changeLeader('m-3'), { etcd: { leader: 'm-1' } });

  expect(await scene.run()).toMatchObject({ kind: 'done' });
  expect(scene.turns()).toEqual(['m-2', 'm-1', 'm-3']);
});

test('a leader that changes twice is flapping: stopped before the next turn', async () => {
  const { harness, run, turns } = await defragScene({
    etcd: {
      leader: 'm-1',
      members: [{}, {}, {}, {}, {}],
      onCall: (call) => {
        if (call.method === 'defragment')
          harness.etcd.changeLeader(harness.etcd.ring.leader?.name === 'm-1' ? 'm-5' : 'm-1');
      },
    },
  });

  expect(await run()).toMatchObject({ kind: 'stop', reason: 'leader-flapping' });
  expect(turns()).toHaveLength(2);
});

test('T5: a member with two addresses has one turn', async () => {
  const twice = { clientUrls: ['https://10.0.0.11:2379', 'https://etcd-1.example:2379'] };
  const { run, turns } = await defragScene({ etcd: { leader: 'm-1', members: [twice, twice, {}] } });

  expect(await run()).toMatchObject({ kind: 'done' });
  expect(turns()).toEqual(['m-2', 'm-3', 'm-1']);
});

describe('errors of the call are judged by what is seen', () => {
  test.each([
    ['unknown-outcome', 'call-without-effect'],
    ['refused', 'etcd-refused'],
    ['permission', 'access-refused'],
    ['access-unusable', 'access-refused'],
    ['wrong-member', 'etcd-refused'],
    ['cancelled', 'call-without-effect'],
    ['unreachable', 'member-unhealthy'],
  ] as const)('%s and an unchanged file: not done, stopped, never repeated', async (code, reason) => {
    const { harness, run, turns } = await defragScene({ etcd: { leader: 'm-1' } });
    harness.etcd.failOnce({ method: 'defragment', member: 'm-2', error: portError(code, 'why it says it failed') });

    const end = await run();

    expect(end).toMatchObject({ kind: 'stop', reason });
    expect(end.note).toContain('why it says it failed');
    expect(turns()).toEqual(['m-2']);
    expect(harness.acts).toMatchObject([{ observed: { result: 'not-done' } }]);
  });
});

test('a ring of one is defragmented in place', async () => {
  const { run, turns } = await defragScene({ etcd: { members: [{}] } });

  expect(await run()).toMatchObject({ kind: 'done' });
  expect(turns()).toEqual(['m-1']);
});

test('still over half of the quota afterwards: advice in the report', async () => {
  const { harness, run } = await defragScene({ etcd: { quotaBytes: 50 * MIB } });

  expect(await run()).toMatchObject({ kind: 'done' });
  expect(JSON.stringify(harness.outputs.at(-1))).toContain(
    'm-1 uses 60 % of its quota of 50.0 MiB, 30.0 MiB of it for data: raise the quota or delete data.',
  );
});
