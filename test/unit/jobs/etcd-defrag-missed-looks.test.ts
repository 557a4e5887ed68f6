import { describe, expect, test } from 'vitest';
import type { FakeCall } from '../../fakes/etcd.ts';
import { type DefragScene, defragScene, portError } from '../../support/defrag-scene.ts';
import { alarmed, changes, type NospaceScene } from '../../support/nospace-scene.ts';

const MISSED = portError('unknown-outcome');

/** A scene that is disturbed when the n-th look at the ring begins after `steps` steps are done (1 is the first). */
async function atLook(steps: number, nth: number, disturb: (scene: NospaceScene) => void): Promise<NospaceScene> {
  const holder: { scene: NospaceScene | null } = { scene: null };
  let looks = 0;
  const onCall = (call: FakeCall): void => {
    if (call.method !== 'alarms' || holder.scene?.harness.outputs.length !== steps) return;
    looks += 1;
    if (looks === nth) disturb(holder.scene);
  };
  holder.scene = await alarmed({ onCall });
  return holder.scene;
}

describe('one look that misses a member', () => {
  test.each([1, 2, 3, 4])('before, while or after the alarm is cleared (look %i): the run goes on', async (nth) => {
    const { harness, etcd, run } = await atLook(2, nth, (scene) => {
      scene.etcd.failOnce({ method: 'status', member: 'm-1', error: MISSED });
    });

    expect(await run()).toMatchObject({ kind: 'done' });
    expect(etcd.ring.alarms).toEqual([]);
    expect(harness.outputs).toHaveLength(5);
  });

  test.each([1, 2, 3])('after the last turn, when the sizes are verified (look %i): the run goes on', async (nth) => {
    const holder: { scene: DefragScene | null } = { scene: null };
    let looks = 0;
    const onCall = (call: FakeCall): void => {
      const harness = holder.scene?.harness;
      const over = harness?.acts.filter((act) => act.observed !== null).length === 3 && harness.outputs.length === 0;
      if (call.method !== 'alarms' || !over) return;
      looks += 1;
      if (looks === nth) harness.etcd.failOnce({ method: 'status', member: 'm-2', error: MISSED });
    };
    const scene = await defragScene({ etcd: { leader: 'm-1', onCall } });
    holder.scene = scene;

    expect(await scene.run()).toMatchObject({ kind: 'done' });
    expect(looks).toBeGreaterThanOrEqual(nth);
  });
});

describe('alarms that cannot be read', () => {
  test.each([1, 2, 3, 4, 5])('in one look (%i) of the step that clears them: the run goes on', async (nth) => {
    const { etcd, run } = await atLook(2, nth, (scene) => scene.etcd.failOnce({ method: 'alarms', error: MISSED }));

    expect(await run()).toMatchObject({ kind: 'done' });
    expect(changes(etcd).filter((each) => each === 'disarm')).toHaveLength(2);
  });

  test('right after the last one was disarmed: looked at until they can be', async () => {
    const { harness, etcd, run } = await alarmed({
      onCall: (call) => {
        if (call.method === 'disarm')
          for (let at = 0; at < 3; at += 1) etcd.failOnce({ method: 'alarms', error: MISSED });
      },
    });

    expect(await run()).toMatchObject({ kind: 'done' });
    expect(harness.acts.map((act) => act.observed?.result)).not.toContain('unknown');
  });
});

test('no alarm is active any more: done, even while a member is silent', async () => {
  const { etcd, run } = await alarmed();
  await run(0, 2);
  etcd.ring.alarms = [];
  etcd.kill('m-3');

  const end = await run(2, 3);

  expect(end).toMatchObject({ kind: 'done' });
  expect(changes(etcd)).not.toContain('disarm');
});

test('a member that stays silent under an alarm: waited for, then told; nothing is disarmed', async () => {
  const { harness, etcd, run } = await alarmed();
  await run(0, 2);
  etcd.kill('m-3');
  const beganMs = harness.clock.nowMs();

  const end = await run(2, 3);

  expect(end).toMatchObject({ kind: 'stop', reason: 'member-unhealthy' });
  expect(end.note).toContain('m-3 does not answer, so its size is not known. The alarm stays.');
  expect(harness.clock.nowMs() - beganMs).toBeGreaterThanOrEqual(120_000);
  expect(changes(etcd)).not.toContain('disarm');
});

test('a list without quorum is waited for, and the ring behind it is compared before anything is disarmed', async () => {
  const broken = { quorum: true };
  const { harness, etcd, run } = await alarmed(
    {},
    {
      wrap: (port) => ({
        ...port,
        members: async (call) =>
          broken.quorum || call.linearizable === false ? await port.members(call) : { ok: false, error: MISSED },
      }),
    },
  );
  await run(0, 2);
  broken.quorum = false;
  etcd.member('m-2').version = '3.5.17';
  void harness.clock.sleep(30_000).then(() => void (broken.quorum = true));

  const end = await run(2, 3);

  expect(end).toMatchObject({ kind: 'stop', reason: 'plan-drifted' });
  expect(end.note).toContain('m-2 runs 3.5.17, not 3.5.16');
  expect(changes(etcd)).not.toContain('disarm');
});
