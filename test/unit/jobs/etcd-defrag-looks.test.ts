import { expect, test } from 'vitest';
import { atTurn, defragScene, portError } from '../../support/defrag-scene.ts';
import { MIB } from '../../support/etcd-reading.ts';

test('an unchanged file is believed only when it is seen twice: the work may just not have begun', async () => {
  const scene = await atTurn(
    1,
    ({ harness }, name) => {
      const member = harness.etcd.member(name);
      void harness.clock.sleep(600).then(() => void (member.dbSizeBytes = member.dbSizeInUseBytes));
    },
    { etcd: { leader: 'm-1' } },
  );
  scene.harness.etcd.failOnce({ method: 'defragment', member: 'm-2', error: portError('unknown-outcome') });

  expect(await scene.run()).toMatchObject({ kind: 'done' });
  expect(scene.turns()).toEqual(['m-2', 'm-3', 'm-1']);
});

test('an unchanged file of a member that says it is at work proves nothing', async () => {
  const metrics = { busy: false };
  const scene = await atTurn(
    1,
    ({ harness }, name) => {
      const member = harness.etcd.member(name);
      metrics.busy = true;
      void harness.clock.sleep(7500).then(() => void (metrics.busy = false));
      void harness.clock.sleep(8700).then(() => void (member.dbSizeBytes = member.dbSizeInUseBytes));
    },
    {
      etcd: { leader: 'm-1' },
      wrap: (port) => ({
        ...port,
        defragInflight: async (member, call) => {
          const seen = await port.defragInflight(member, call);
          return seen.ok && metrics.busy ? { ok: true, value: true } : seen;
        },
      }),
    },
  );
  scene.harness.etcd.failOnce({ method: 'defragment', member: 'm-2', error: portError('unknown-outcome') });

  expect(await scene.run()).toMatchObject({ kind: 'done' });
  expect(scene.turns()).toEqual(['m-2', 'm-3', 'm-1']);
});

test('a compact file of a member that says it is at work proves nothing: its turn is not over', async () => {
  const compact = { dbSizeBytes: 100 * MIB, dbSizeInUseBytes: 97 * MIB };
  const metrics = { busy: false };
  const scene = await defragScene(
    {
      etcd: {
        leader: 'm-1',
        members: [compact, compact, compact],
        onCall: (call) => {
          if (call.method !== 'defragment') return;
          if (call.member !== 'm-2') return;
          metrics.busy = true;
          void scene.harness.clock.sleep(7500).then(() => void (metrics.busy = false));
        },
      },
      defrag: { pauseMs: 0 },
      wrap: (port) => ({
        ...port,
        defragInflight: async (member, call) =>
          member.name === 'm-2' ? { ok: true, value: metrics.busy } : await port.defragInflight(member, call),
      }),
    },
    { all: true },
  );
  scene.harness.etcd.failOnce({ method: 'defragment', member: 'm-2', error: portError('unknown-outcome') });

  expect(await scene.run()).toMatchObject({ kind: 'done' });
  expect(scene.turns()).toEqual(['m-2', 'm-3', 'm-1']);
  const [first] = scene.harness.acts;
  expect(Date.parse(first?.observed?.at ?? '') - Date.parse(first?.at ?? '')).toBeGreaterThanOrEqual(7500);
});

test('a member that is cut off for a moment did not go down: told, and the run goes on', async () => {
  const scene = await atTurn(
    1,
    ({ harness }, name) => {
      void harness.clock.sleep(100).then(() => harness.etcd.cut(name));
      void harness.clock.sleep(5000).then(() => harness.etcd.heal(name));
    },
    { etcd: { leader: 'm-1' } },
  );

  expect(await scene.run()).toMatchObject({ kind: 'done' });
  expect(scene.turns()).toEqual(['m-2', 'm-3', 'm-1']);
  expect(scene.harness.acts[0]?.observed).toMatchObject({
    result: 'done',
    note: expect.stringContaining('it could not be reached for a moment'),
  });
});

test('a call that was not sent to a member that stays away: not done, and nothing to wait for blindly', async () => {
  const scene = await atTurn(1, ({ harness }, name) => harness.etcd.kill(name), { etcd: { leader: 'm-1' } });

  const end = await scene.run();

  expect(end).toMatchObject({ kind: 'stop', reason: 'member-unhealthy' });
  expect(scene.harness.acts).toMatchObject([{ observed: { result: 'not-done' } }]);
});

test('two workers die over calls without effect: the third looks, stops and calls nothing', async () => {
  const scene = await atTurn(2, ({ harness }) => harness.crashAt('call-made', 1), { etcd: { leader: 'm-1' } });
  scene.harness.etcd.failOnce({ method: 'defragment', member: 'm-2', error: portError('unknown-outcome') });
  scene.harness.etcd.failOnce({ method: 'defragment', member: 'm-2', error: portError('unknown-outcome') });
  scene.harness.crashAt('call-made', 1);

  expect(await scene.run()).toMatchObject({ kind: 'stop', reason: 'not-verified' });
  expect(scene.harness.deaths()).toBe(2);
  expect(scene.turns()).toEqual(['m-2', 'm-2']);
});

test('the gate looks twice: a leader that changes between the looks is waited for', async () => {
  const { harness, run } = await defragScene({ etcd: { leader: 'm-1' } });
  void harness.clock.sleep(2500).then(() => harness.etcd.changeLeader('m-2'));

  expect(await run()).toMatchObject({ kind: 'done' });
  expect(harness.words).toContain('Waiting, the ring is not healthy: the leader changed between two looks.');
});

test('drift is seen in the second look too', async () => {
  const { harness, run, turns } = await defragScene();
  void harness.clock.sleep(2500).then(() => void (harness.etcd.member('m-3').version = '3.5.17'));

  expect(await run()).toMatchObject({ kind: 'stop', reason: 'plan-drifted' });
  expect(turns()).toEqual([]);
});

test('leadership that comes back is not moved a second time: in place', async () => {
  const { harness, run, turns } = await defragScene(
    {
      etcd: {
        leader: 'm-1',
        onCall: (call) => {
          if (call.method === 'moveLeader') void harness.clock.sleep(2000).then(() => harness.etcd.changeLeader('m-1'));
        },
      },
    },
    { moveLeader: true },
  );

  expect(await run()).toMatchObject({ kind: 'done' });
  expect(turns()).toEqual(['m-2', 'm-3', 'm-1']);
  expect(harness.etcd.calls.filter((call) => call.method === 'moveLeader')).toHaveLength(1);
});

test('a ring that is not whole at the end is no success', async () => {
  const full = { dbSizeInUseBytes: 90 * MIB };
  const scene = await atTurn(2, ({ harness }) => harness.etcd.kill('m-3'), {
    etcd: { leader: 'm-1', members: [{}, {}, full] },
  });

  const end = await scene.run();

  expect(end).toMatchObject({ kind: 'stop', reason: 'not-verified', step: 1 });
  expect(end.note).toContain('2 of 3 voters answer; m-3');
});

test('a file that is large and empty again at the end is told', async () => {
  const scene = await atTurn(3, ({ harness }) => void (harness.etcd.member('m-2').dbSizeBytes = 300 * MIB), {
    etcd: { leader: 'm-1' },
  });

  const end = await scene.run();

  expect(end).toMatchObject({ kind: 'stop', reason: 'not-verified', step: 0 });
  expect(end.note).toContain('m-2: 100 MiB → 300 MiB; 30.0 MiB in use.');
});
