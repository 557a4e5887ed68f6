import { expect, test } from 'vitest';
import { etcdDefrag } from '../../../jobs/etcd-defrag/runbook.ts';
import { status } from '../../../jobs/status/runbook.ts';
import type { EtcdPort } from '../../../src/core/ports/etcd.ts';
import { fragment } from '../../contract/etcd/filling.ts';
import { ETCD_3_4, ETCD_3_5 } from '../../contract/etcd/real-ring.ts';
import { CALL, membersOf, ok, type RingUnderTest } from '../../contract/etcd/ring-under-test.ts';
import { BY_RULE, blocking } from '../../support/defrag-scene.ts';
import { MIB } from '../../support/etcd-reading.ts';
import { createRealClock } from '../../support/real-clock.ts';
import { createStepHarness, type StepHarness } from '../../support/step-harness.ts';

/** A harness over a real ring, with intervals short enough for a test. */
function harnessOn(ring: RingUnderTest, asked: string[]): StepHarness {
  return createStepHarness({
    clock: createRealClock(),
    defrag: { sampleMs: 100, pauseMs: 200, answerWithinMs: 30_000 },
    wrap: () => ({
      ...ring.port,
      defragment: async (member, call) => {
        asked.push(member.name);
        return await ring.port.defragment(member, call);
      },
    }),
  });
}

async function leaderOf(port: EtcdPort): Promise<string> {
  const members = await membersOf(port);
  const [first] = members;
  if (first === undefined) throw new Error('an empty ring');
  const { leaderId } = ok(await port.status(first, CALL));
  return members.find((each) => each.id === leaderId)?.name ?? '';
}

test('a fragmented ring shrinks, one member after another, leader last', async () => {
  await using disposer = new AsyncDisposableStack();
  const ring = await ETCD_3_5.open();
  disposer.defer(async () => await ring.stop());
  await fragment(ring.port, 40, 4);
  const asked: string[] = [];
  const harness = harnessOn(ring, asked);

  const draft = await harness.plan(etcdDefrag, BY_RULE);
  expect(blocking(draft)).toEqual([]);
  const leader = await leaderOf(ring.port);
  const end = await harness.run(etcdDefrag, draft.steps);

  expect(end).toMatchObject({ kind: 'done' });
  expect(asked.toSorted()).toEqual(['m-1', 'm-2', 'm-3']);
  expect(asked.at(-1)).toBe(leader);
  for (const member of await membersOf(ring.port)) {
    expect(ok(await ring.port.status(member, CALL)).dbSizeBytes).toBeLessThan(12 * MIB);
  }
  const again = await harness.plan(etcdDefrag, BY_RULE);
  expect(again.steps).toEqual([]);
});

test('a NOSPACE alarm is cleared for good', async () => {
  await using disposer = new AsyncDisposableStack();
  const ring = await ETCD_3_5.open({ quotaMib: 32 });
  disposer.defer(async () => await ring.stop());
  const value = new Uint8Array(MIB);
  let full = false;
  for (let at = 0; at < 64 && !full; at += 1) full = !(await ring.port.put('same', value, CALL)).ok;
  expect(full).toBe(true);
  const harness = harnessOn(ring, []);

  const draft = await harness.plan(etcdDefrag, BY_RULE);
  expect(draft.steps.map((each) => each.kind)).toHaveLength(5);
  const end = await harness.run(etcdDefrag, draft.steps);

  expect(end).toMatchObject({ kind: 'done' });
  expect(ok(await ring.port.alarms(CALL))).toEqual([]);
  expect((await ring.port.put('after', value, CALL)).ok).toBe(true);
});

test('a ring that loses its quorum is reported, not waited for', async () => {
  await using disposer = new AsyncDisposableStack();
  const ring = await ETCD_3_4.open();
  disposer.defer(async () => await ring.stop());
  const harness = harnessOn(ring, []);
  await harness.plan(status, {});
  await ring.kill('m-2');
  await ring.kill('m-3');

  const draft = await harness.plan(status, {});
  await harness.run(status, draft.steps);

  expect(harness.outputs).toMatchObject([{ report: { healthy: false } }]);
});
