import { describe, expect, test } from 'vitest';
import { etcdDefrag } from '../../../jobs/etcd-defrag/runbook.ts';
import { portError } from '../../support/defrag-scene.ts';
import { MIB } from '../../support/etcd-reading.ts';
import { NO_KUBERNETES } from '../../support/no-kubernetes.ts';
import { NO_PORTS } from '../../support/no-ports.ts';
import { alarmed, changes, QUOTA } from '../../support/nospace-scene.ts';

test('T7: compact, defragment all with the leader last, disarm each entry, empty twice, a test write', async () => {
  const { harness, etcd, run } = await alarmed();

  expect(await run()).toMatchObject({ kind: 'done' });
  expect(changes(etcd)).toEqual([
    'compact',
    'defragment m-2',
    'defragment m-3',
    'defragment m-1',
    'disarm',
    'disarm',
    'put',
    'deleteKey',
  ]);
  expect(etcd.ring.alarms).toEqual([]);
  expect(etcd.ring.data.size).toBe(0);
  expect(harness.cleanups.get('write-probe')).toMatchObject({ done: true, kind: 'etcd.delete-probe@1' });
  expect(harness.outputs.at(-1)).toMatchObject({ report: { healthy: true } });
});

test('T7: the alarm list is looked at twice, 15 s apart', async () => {
  const { etcd, run } = await alarmed();

  await run();

  const looks = etcd.calls.filter((call) => call.method === 'alarms').map((call) => call.atMs);
  const disarmed = etcd.calls.findLast((call) => call.method === 'disarm')?.atMs ?? 0;
  const put = etcd.calls.find((call) => call.method === 'put')?.atMs ?? 0;
  const between = looks.filter((at) => at >= disarmed && at <= put);
  expect(Math.max(...between) - Math.min(...between)).toBeGreaterThanOrEqual(15_000);
});

test('compaction goes to the revision below the present one', async () => {
  const { etcd, run } = await alarmed();
  const before = etcd.ring.revision;

  await run();

  expect(etcd.calls.find((call) => call.method === 'compact')?.detail).toBe(String(before - 1n));
});

test('T8: one member still over 90 % of its quota: nothing is disarmed', async () => {
  const over = { dbSizeBytes: QUOTA, dbSizeInUseBytes: 240 * MIB };
  const { etcd, run } = await alarmed({ members: [{ dbSizeBytes: QUOTA }, over, { dbSizeBytes: QUOTA }] });

  const end = await run();

  expect(end).toMatchObject({ kind: 'stop', reason: 'still-over-quota', step: 2 });
  expect(end.note).toContain('m-2 uses 94 % of 256 MiB');
  expect(changes(etcd)).not.toContain('disarm');
  expect(etcd.ring.alarms).toHaveLength(2);
});

test('T9: a CORRUPT alarm beside it: frozen, never disarmed', async () => {
  const { etcd, run } = await alarmed();
  etcd.raise('m-1', 'CORRUPT');

  expect(await run()).toMatchObject({ kind: 'stop', reason: 'corrupt-alarm', step: 0 });
  expect(changes(etcd)).toEqual([]);
});

test('entries that went with the same call (etcdctl knows no single one) are told with it', async () => {
  const { harness, etcd, run } = await alarmed({
    onCall: (call) => {
      if (call.method === 'disarm') etcd.ring.alarms = [];
    },
  });

  expect(await run()).toMatchObject({ kind: 'done' });
  expect(changes(etcd).filter((each) => each === 'disarm')).toHaveLength(1);
  const disarm = harness.acts.find((act) => act.action === 'disarm');
  expect(disarm?.observed?.note).toMatch(/^the entry is gone, and with the same call those of m-\d$/);
});

describe('an alarm that does not stay away', () => {
  test('comes back between the two looks', async () => {
    const { harness, etcd, run } = await alarmed({
      onCall: (call) => {
        if (call.method === 'disarm') void harness.clock.sleep(8000).then(() => etcd.raise('m-2', 'NOSPACE'));
      },
    });

    expect(await run()).toMatchObject({ kind: 'stop', reason: 'alarm-not-cleared', step: 2 });
  });

  test('comes back with the test write', async () => {
    const { etcd, run } = await alarmed();
    etcd.failOnce({ method: 'put', error: portError('no-space', 'etcdserver: mvcc: database space exceeded') });

    expect(await run()).toMatchObject({ kind: 'stop', reason: 'alarm-not-cleared', step: 3 });
  });

  test('cannot be disarmed', async () => {
    const { etcd, run } = await alarmed();
    etcd.failOnce({ method: 'disarm', error: portError('refused', 'etcdserver: permission denied') });

    const end = await run();

    expect(end).toMatchObject({ kind: 'stop', reason: 'alarm-not-cleared', step: 2 });
    expect(end.note).toContain('permission denied');
  });
});

describe('compaction', () => {
  test('somebody else compacted further: that is as good', async () => {
    const { etcd, run } = await alarmed();
    etcd.failOnce({
      method: 'compact',
      error: portError('compacted', 'required revision has been compacted'),
      happens: true,
    });

    expect(await run()).toMatchObject({ kind: 'done' });
    expect(changes(etcd).filter((each) => each === 'compact')).toHaveLength(1);
  });

  test('a time-out, but it happened: seen by the hash, not repeated', async () => {
    const { etcd, run } = await alarmed();
    etcd.failOnce({ method: 'compact', error: portError('unknown-outcome'), happens: true });

    expect(await run()).toMatchObject({ kind: 'done' });
    expect(changes(etcd).filter((each) => each === 'compact')).toHaveLength(1);
  });

  test('the answer is lost and it happens a moment later: seen, not repeated', async () => {
    const { harness, etcd, run } = await alarmed({
      onCall: (call) => {
        if (call.method !== 'compact') return;
        void harness.clock.sleep(20_000).then(() => void (etcd.ring.compactRevision = BigInt(call.detail ?? '0')));
      },
    });
    etcd.failOnce({ method: 'compact', error: portError('unknown-outcome', 'etcdserver: request timed out') });

    expect(await run()).toMatchObject({ kind: 'done' });
    expect(changes(etcd).filter((each) => each === 'compact')).toHaveLength(1);
    expect(harness.acts[0]?.observed).toMatchObject({ result: 'done' });
  });

  test.each(['unknown-outcome', 'cancelled'] as const)(
    'the answer is lost (%s) and nothing is seen of it: unknown, stopped before any member is touched',
    async (code) => {
      const { harness, etcd, run } = await alarmed();
      etcd.failOnce({ method: 'compact', error: portError(code) });

      expect(await run()).toMatchObject({ kind: 'stop', reason: 'outcome-unknown', step: 0 });
      expect(changes(etcd)).toEqual(['compact']);
      expect(harness.acts).toMatchObject([{ observed: { result: 'unknown' } }]);
    },
  );

  test.each(['refused', 'unreachable', 'corrupt'] as const)('%s: not done, and told so', async (code) => {
    const { harness, etcd, run } = await alarmed();
    etcd.failOnce({ method: 'compact', error: portError(code, 'why it says so') });

    const end = await run();

    expect(end).toMatchObject({ kind: 'stop', reason: 'etcd-refused', step: 0 });
    expect(end.note).toContain('why it says so');
    expect(harness.acts).toMatchObject([{ observed: { result: 'not-done' } }]);
  });
});

test('a key that cannot be deleted is left to the cleanup of the run', async () => {
  const { harness, etcd, run } = await alarmed();
  etcd.failOnce({ method: 'deleteKey', error: portError('unknown-outcome') });

  expect(await run()).toMatchObject({ kind: 'done' });
  const left = harness.cleanups.get('write-probe');
  expect(left).toMatchObject({ done: false });
  const cleanup = etcdDefrag.cleanups.find((each) => each.kind === left?.kind);
  const time = { nowMs: () => 0, pause: async () => await Promise.resolve() };
  const ports = { ...NO_PORTS, etcd: etcd.port, kubernetes: NO_KUBERNETES };
  const context = { ...time, ports, signal: new AbortController().signal };
  expect(await cleanup?.restore(context, left?.input ?? null)).toBeNull();
  expect(await cleanup?.restore(context, left?.input ?? null)).toBeNull();
  expect(etcd.ring.data.size).toBe(0);
});

test.each([1, 2, 3, 4, 5, 6])('a worker that dies after announced call %i: each change is made once', async (nth) => {
  for (const point of ['intent-stored', 'call-made', 'observed-stored'] as const) {
    const { harness, etcd, run } = await alarmed();
    harness.crashAt(point, nth);

    expect(await run()).toMatchObject({ kind: 'done' });
    expect(harness.deaths()).toBe(1);
    expect(changes(etcd)).toEqual([
      'compact',
      'defragment m-2',
      'defragment m-3',
      'defragment m-1',
      'disarm',
      'disarm',
      'put',
      'deleteKey',
    ]);
  }
});
