import { expect, test } from 'vitest';
import type { FakeCall } from '../../fakes/etcd.ts';
import { alarmed, changes, type NospaceScene } from '../../support/nospace-scene.ts';

/** A run on a ring out of space whose worker is shut down as the n-th call after the plan begins; 0: never. */
async function shutDownAt(nth: number): Promise<NospaceScene & { readonly calls: () => number }> {
  const holder: { scene: NospaceScene | null } = { scene: null };
  let calls = 0;
  const onCall = (_call: FakeCall): void => {
    if (holder.scene === null) return;
    calls += 1;
    if (calls === nth) holder.scene.harness.shutDown();
  };
  holder.scene = await alarmed({ onCall }, { defrag: { pauseMs: 0 } });
  return { ...holder.scene, calls: () => calls };
}

test('a worker that is shut down as any call begins: the next one ends the run, and nothing is believed of lost answers', async () => {
  const whole = await shutDownAt(0);
  await whole.run();
  const once = changes(whole.etcd);
  expect(whole.calls()).toBeGreaterThan(200);

  for (let nth = 1; nth <= whole.calls(); nth += 3) {
    const { harness, etcd, run } = await shutDownAt(nth);
    const end = await run();

    expect([nth, end.kind, end.reason, end.note]).toEqual([nth, 'done', 'done', expect.anything()]);
    expect(harness.deaths()).toBe(1);
    expect(etcd.ring.alarms).toEqual([]);
    expect(harness.acts.map((act) => act.observed?.result)).not.toContain('unknown');
    // A call that was cut short as it began had no effect, so it is made once more: that and nothing else.
    expect(changes(etcd).length - once.length).toBeLessThanOrEqual(2);
  }
});
