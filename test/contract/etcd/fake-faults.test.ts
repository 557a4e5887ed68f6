import { expect, test } from 'vitest';
import { createFakeEtcd, type FakeCall } from '../../fakes/etcd.ts';
import { createFakeClock, flush } from '../../support/fake-clock.ts';
import { CALL, codeOf, memberOf, ok } from './ring-under-test.ts';

// What the fake offers beyond the suite it shares with real rings.

test('a held defragmentation ends when it is released, and blocks that member only', async () => {
  const clock = createFakeClock();
  const etcd = createFakeEtcd({ clock });
  const member = await memberOf(etcd.port, 'm-1');
  const other = await memberOf(etcd.port, 'm-2');
  const release = etcd.holdDefragmentation('m-1');
  const answers: string[] = [];
  const running = etcd.port.defragment(member, { timeoutMs: 600_000 }).then((answer) => answers.push(codeOf(answer)));
  await clock.advance(60_000);

  expect(answers).toEqual([]);
  expect(ok(await etcd.port.defragInflight(member, CALL))).toBe(true);
  expect(ok(await etcd.port.status(other, CALL)).dbSizeBytes).toBe(100 * 1024 * 1024);
  const waiting = etcd.port.status(member, CALL);
  await clock.advance(10_000);
  expect(codeOf(await waiting)).toBe('unknown-outcome');
  release();
  await running;
  expect(answers).toEqual(['ok']);
  expect(etcd.member('m-1').dbSizeBytes).toBe(30 * 1024 * 1024);
});

test('a time-out leaves the server at work until its time is over', async () => {
  const clock = createFakeClock();
  const etcd = createFakeEtcd({ clock, defragMs: 5_000 });
  const member = await memberOf(etcd.port, 'm-2');
  const asked = etcd.port.defragment(member, { timeoutMs: 1_000 });
  await clock.advance(1_000);

  expect(codeOf(await asked)).toBe('unknown-outcome');
  expect(etcd.member('m-2').dbSizeBytes).toBe(100 * 1024 * 1024);
  await clock.advance(4_000);
  expect(etcd.member('m-2').dbSizeBytes).toBe(30 * 1024 * 1024);
});

test('a caller who gives up ends every call of his at once, and none on the server', async () => {
  const clock = createFakeClock();
  const etcd = createFakeEtcd({ clock, defragMs: 5_000 });
  const member = await memberOf(etcd.port, 'm-2');
  const caller = new AbortController();
  const call = { timeoutMs: 60_000, signal: caller.signal };
  const asked = etcd.port.defragment(member, call);
  await flush();
  caller.abort();

  expect(codeOf(await asked)).toBe('cancelled');
  // Figures are answered during a defragmentation, but not to somebody who gave up.
  expect(codeOf(await etcd.port.defragInflight(member, call))).toBe('cancelled');
  expect(codeOf(await etcd.port.quota(member, call))).toBe('cancelled');
  expect(ok(await etcd.port.defragInflight(member, CALL))).toBe(true);
  await clock.advance(5_000);
  expect(etcd.member('m-2').dbSizeBytes).toBe(30 * 1024 * 1024);
});

test('a caller who gives up as the call begins sends nothing, whatever was to go wrong with it', async () => {
  const caller = new AbortController();
  const etcd = createFakeEtcd({ onCall: (call) => (call.method === 'put' ? caller.abort() : undefined) });
  etcd.failOnce({ method: 'put', error: { code: 'no-space', message: 'database space exceeded' } });

  expect(codeOf(await etcd.port.put('key', new Uint8Array(), { ...CALL, signal: caller.signal }))).toBe('cancelled');
  expect(etcd.ring.data.size).toBe(0);
  expect(codeOf(await etcd.port.put('key', new Uint8Array(), CALL))).toBe('no-space');
});

test('a member killed in the middle leaves an unknown outcome and its old file', async () => {
  const clock = createFakeClock();
  const etcd = createFakeEtcd({ clock });
  const member = await memberOf(etcd.port, 'm-3');
  const asked = etcd.port.defragment(member, { timeoutMs: 60_000 });
  await flush();
  etcd.kill('m-3');

  expect(codeOf(await asked)).toBe('unknown-outcome');
  etcd.heal('m-3');
  expect(ok(await etcd.port.status(member, CALL)).dbSizeBytes).toBe(100 * 1024 * 1024);
  expect(ok(await etcd.port.defragInflight(member, CALL))).toBe(false);
});

test('somebody else who defragments is seen', async () => {
  const etcd = createFakeEtcd({ clock: createFakeClock() });
  const member = await memberOf(etcd.port, 'm-1');
  const release = etcd.defragmentElsewhere('m-1');

  expect(ok(await etcd.port.defragInflight(member, CALL))).toBe(true);
  release();
  expect(ok(await etcd.port.defragInflight(member, CALL))).toBe(false);
});

test('faults happen once, with or without their effect', async () => {
  const etcd = createFakeEtcd();
  const member = await memberOf(etcd.port, 'm-1');
  const error = { code: 'unknown-outcome', message: 'connection lost' } as const;
  etcd.failOnce({ method: 'defragment', member: 'm-1', error });
  etcd.failOnce({ method: 'defragment', error, happens: true });

  expect(await etcd.port.defragment(member, CALL)).toEqual({ ok: false, error });
  expect(etcd.member('m-1').dbSizeBytes).toBe(100 * 1024 * 1024);
  expect(await etcd.port.defragment(member, CALL)).toEqual({ ok: false, error });
  expect(etcd.member('m-1').dbSizeBytes).toBe(30 * 1024 * 1024);
  expect(codeOf(await etcd.port.defragment(member, CALL))).toBe('ok');
});

test('calls are recorded in order and can change the ring as they begin', async () => {
  const onCall = (call: FakeCall): void => {
    if (call.method === 'defragment') etcd.changeLeader('m-3');
  };
  const etcd = createFakeEtcd({ leader: 'm-2', onCall });
  const member = await memberOf(etcd.port, 'm-1');
  expect(ok(await etcd.port.status(member, CALL)).leaderId).toBe(etcd.member('m-2').id);
  ok(await etcd.port.defragment(member, CALL));
  ok(await etcd.port.put('key', new Uint8Array(), CALL));

  expect(ok(await etcd.port.status(member, CALL))).toMatchObject({ leaderId: etcd.member('m-3').id, raftTerm: 3n });
  expect(etcd.calls.map(({ method, member: name, detail }) => [method, name, detail])).toEqual([
    ['members', null, undefined],
    ['status', 'm-1', undefined],
    ['defragment', 'm-1', undefined],
    ['put', null, 'key'],
    ['status', 'm-1', undefined],
  ]);
});

test('a cut member is unreachable while the ring keeps it', async () => {
  const etcd = createFakeEtcd();
  const member = await memberOf(etcd.port, 'm-1');
  etcd.cut('m-1');

  expect(codeOf(await etcd.port.defragment(member, CALL))).toBe('unreachable');
  expect(etcd.ring.leader?.name).toBe('m-1');
  expect(codeOf(await etcd.port.put('key', new Uint8Array(), CALL))).toBe('ok');
});

test('another member at the address is told apart and left alone', async () => {
  const etcd = createFakeEtcd();
  const member = await memberOf(etcd.port, 'm-1');
  etcd.answerAs('m-1', 'abc');

  expect(codeOf(await etcd.port.status(member, CALL))).toBe('wrong-member');
  expect(codeOf(await etcd.port.defragment(member, CALL))).toBe('wrong-member');
  expect(etcd.member('m-1').dbSizeBytes).toBe(100 * 1024 * 1024);
});

test('a damaged member has another hash, a ring without leader says so', async () => {
  const etcd = createFakeEtcd();
  const [one, two] = [await memberOf(etcd.port, 'm-1'), await memberOf(etcd.port, 'm-2')];
  etcd.member('m-2').damaged = true;
  expect(ok(await etcd.port.hash(one, null, CALL)).hash).not.toBe(ok(await etcd.port.hash(two, null, CALL)).hash);

  etcd.changeLeader(null);
  expect(ok(await etcd.port.status(one, CALL))).toMatchObject({ leaderId: null, errors: ['etcdserver: no leader'] });
  expect(codeOf(await etcd.port.put('key', new Uint8Array(), CALL))).toBe('unreachable');
  etcd.changeLeader('m-2');
  expect(codeOf(await etcd.port.put('key', new Uint8Array(), CALL))).toBe('ok');
});
